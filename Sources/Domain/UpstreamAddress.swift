/// Where the calls of a paid API go: `http://127.0.0.1:9000`, `https://api.example/v1`.
public struct UpstreamAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end; a call's path is put behind it.
    public let description: String
    public let isSecure: Bool
    /// In lower case, an IPv6 address without its brackets.
    public let host: String
    public let port: Int

    public static let maximumLength = 500

    /// Nil for anything but an absolute http or https address of ASCII without user, query and fragment.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return nil }
        var base = text[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        let rest = base.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" }
        guard APIPath(rest.dropFirst(authority.count))?.query == "" else { return nil }
        var name = authority[...]
        var port = isSecure ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            let digits = authority[authority.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(digits),
                (1...65535).contains(number)
            else { return nil }
            port = number
            name = authority[..<colon]
        }
        if name.hasPrefix("[") {
            name = name.dropFirst().dropLast()
            guard let address = InternetAddress(name), !address.isIPv4 || name.utf8.contains(0x3A) else { return nil }
        } else {
            guard !name.isEmpty, name.utf8.count <= 253, name.utf8.allSatisfy(Self.isOfName) else { return nil }
        }
        host = name.lowercased()
        self.port = port
        description = String(base)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
