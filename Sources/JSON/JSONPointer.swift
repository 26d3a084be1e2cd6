/// The place of a value in a JSON document (RFC 6901).
public struct JSONPointer: Sendable {
    /// The reference tokens, unescaped.
    public let tokens: [String]

    /// The whole document; its text is empty.
    public static let root = JSONPointer(tokens: [])

    public init(tokens: [String]) { self.tokens = tokens }

    /// Parses the text form; nil unless it is empty or begins with a slash, and every `~` is followed by 0 or 1.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            self = .root
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = JSONPointer.unescape(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// The member with that key in the value at this pointer.
    public func appending(_ key: String) -> JSONPointer { JSONPointer(tokens: tokens + [key]) }

    /// The element with that index, from 0, in the array at this pointer.
    public func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

    /// The value at this place; nil when there is none. `-`, the place after an array's last element, never has one.
    public func resolve(in document: JSONValue) -> JSONValue? {
        var value = document
        for token in tokens {
            switch value {
            case .object(let object):
                guard let member = object[token] else { return nil }
                value = member
            case .array(let elements):
                guard let index = JSONPointer.index(token), elements.indices.contains(index) else { return nil }
                value = elements[index]
            default:
                return nil
            }
        }
        return value
    }

    /// RFC 6901, section 4: digits without a leading zero, without a sign.
    private static func index(_ token: String) -> Int? {
        guard token.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), token == "0" || token.utf8.first != 0x30 else { return nil }
        return Int(token)
    }

    private static func unescape(_ part: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONPointer: Hashable {
    public static func == (lhs: JSONPointer, rhs: JSONPointer) -> Bool { lhs.tokens.elementsEqual(rhs.tokens, by: JSONKey.same) }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(tokens.count)
        for token in tokens { hasher.combine(JSONKey(token)) }
    }
}

extension JSONPointer: CustomStringConvertible {
    /// The text form, with `~` and `/` of keys escaped as `~0` and `~1`.
    public var description: String {
        var bytes: [UInt8] = []
        for token in tokens {
            bytes.append(UInt8(ascii: "/"))
            for byte in token.utf8 {
                switch byte {
                case UInt8(ascii: "~"): bytes.append(contentsOf: "~0".utf8)
                case UInt8(ascii: "/"): bytes.append(contentsOf: "~1".utf8)
                default: bytes.append(byte)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
