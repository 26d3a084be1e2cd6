/// The part of a request's target that belongs to a paid API: what follows the product's name. Gate, route and service see this one value;
/// nothing is decoded, and what two readers could understand differently is refused.
public struct APIPath: Hashable, Sendable {
    /// As it is sent on: empty for the product's own address, else with a slash at the beginning.
    public let text: String
    /// With its question mark, as it is sent on; empty where there is none.
    public let query: String
    /// What stands between the slashes; none for the root.
    public let segments: [String]

    public static let maximumLength = 1024
    public static let maximumQuery = 4096

    /// Nil for what is no path of ours: escapes that hide a slash, a backslash, a dot, a letter, another escape or a control character,
    /// escapes that are no UTF-8, empty segments and those of dots, `;`, a backslash, and anything that is not ASCII.
    public init?(_ target: some StringProtocol) {
        guard let cut = Self.cut(target) else { return nil }
        (text, query) = cut
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        segments = parts == [""] ? [] : parts
        guard text.isEmpty || text.hasPrefix("/"), text.utf8.count <= Self.maximumLength, query.utf8.count <= Self.maximumQuery,
            // A slash at the end makes an empty segment, which is the last.
            segments.dropLast().allSatisfy({ !$0.isEmpty }), !segments.contains(where: { $0 == "." || $0 == ".." }),
            Self.isSound(text.utf8, isQuery: false), Self.isSound(query.utf8.dropFirst(), isQuery: true)
        else { return nil }
    }

    private static func cut(_ target: some StringProtocol) -> (String, String)? {
        let bytes = Array(target.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        return (String(decoding: bytes[..<end], as: UTF8.self), String(decoding: bytes[end...], as: UTF8.self))
    }

    private static func isSound(_ bytes: some Sequence<UInt8>, isQuery: Bool) -> Bool {
        var escaped: [UInt8] = []
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = hexBytes(String(decoding: rest.prefix(2), as: UTF8.self))?.first else { return false }
                rest = rest.dropFirst(2)
                guard value >= 0x20, value != 0x7F else { return false }
                if !isQuery {
                    guard !isUnreserved(value), !"/\\;".utf8.contains(value) else { return false }
                    // An escape of an escape: whoever decodes twice would read another path.
                    if value == UInt8(ascii: "%"), rest.count >= 2, hexBytes(String(decoding: rest.prefix(2), as: UTF8.self)) != nil { return false }
                }
                escaped.append(value)
                continue
            }
            guard isUnreserved(byte) || "!$&'()*+,=:@/".utf8.contains(byte) || (isQuery && "?;[]|^`{}\"\\<>".utf8.contains(byte)) else {
                return false
            }
            escaped.append(byte)
        }
        return String(validating: escaped, as: UTF8.self) != nil
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
