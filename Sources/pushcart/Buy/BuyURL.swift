/// An http or https address in its one normal spelling (RFC 3986, section 6.2.2), so that two are equal when the texts are.
///
/// Reads ASCII only and no user info: an address that two readers could understand differently is none. What is asked of the
/// network is the normal text, so what was compared is what was asked.
struct BuyURL: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    let scheme: String
    /// In lower case; an IPv6 address in its brackets.
    let host: String
    let port: UInt16
    let path: String
    let query: String?

    static let maximumLength = 4096

    /// Nil for anything but an absolute http or https address. A fragment is dropped: it is never sent.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy(Self.isAllowed), let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        guard scheme == "http" || scheme == "https", text[text.index(after: colon)...].hasPrefix("//") else { return nil }
        let (authority, tail) = text[colon...].dropFirst(3).cut(before: { "/?#".contains($0) })
        guard let (host, port) = Self.authority(authority, scheme: scheme), let (path, query) = Self.target(tail) else { return nil }
        (self.scheme, self.host, self.port, self.path, self.query) = (scheme, host, port, path, query)
    }

    private init(_ base: BuyURL, path: String, query: String?) {
        (scheme, host, port) = (base.scheme, base.host, base.port)
        (self.path, self.query) = (path, query)
    }

    /// The address that `reference` (of a `Location` or `Link`) means, seen from this one (RFC 3986, section 5.2).
    func resolving(_ reference: String) -> BuyURL? {
        if let absolute = BuyURL(reference) { return absolute }
        guard reference.utf8.count <= Self.maximumLength, reference.utf8.allSatisfy(Self.isAllowed) else { return nil }
        if reference.hasPrefix("//") { return BuyURL("\(scheme):\(reference)") }
        if reference.isEmpty || reference.hasPrefix("#") { return self }
        // A colon before the first slash would be another scheme.
        guard !reference.prefix(while: { !"/?#".contains($0) }).contains(":") else { return nil }
        let base = reference.hasPrefix("?") ? path : String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
        guard let (path, query) = Self.target(Substring(reference.hasPrefix("/") ? reference : base + reference)) else { return nil }
        return BuyURL(self, path: path, query: query)
    }

    /// Another path of the same origin; nil for what no path can be.
    func at(_ path: String, query: String? = nil) -> BuyURL? {
        guard path.hasPrefix("/"), path.utf8.count <= Self.maximumLength, path.utf8.allSatisfy(Self.isAllowed),
            let (path, _) = Self.target(Substring(path))
        else { return nil }
        return BuyURL(self, path: path, query: query)
    }

    /// Whether the host is this machine.
    var isLoopback: Bool {
        host == "localhost" || host == "[::1]" || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || Self.isDigit($0) })
    }

    func isSameOrigin(_ other: BuyURL) -> Bool { scheme == other.scheme && host == other.host && port == other.port }

    var origin: String { port == Self.defaultPort(scheme) ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)" }

    var description: String { origin + path + (query.map { "?" + $0 } ?? "") }

    // MARK: Parts

    private static func authority(_ text: Substring, scheme: String) -> (host: String, port: UInt16)? {
        var (host, portText) = text.hasPrefix("[") ? text.cut(after: "]") : text.cut(before: { $0 == ":" })
        var port = defaultPort(scheme)
        if let colon = portText.popFirst() {
            guard colon == ":", portText.utf8.allSatisfy(isDigit) else { return nil }
            if !portText.isEmpty {
                guard let number = UInt16(portText), number > 0 else { return nil }
                port = number
            }
        }
        let isNumeric = host.hasPrefix("[")
        let named = isNumeric ? host.dropFirst().dropLast() : host
        guard !named.isEmpty, named.utf8.count <= 253, !isNumeric || host.hasSuffix("]"),
            named.utf8.allSatisfy({ isDigit($0) || isLetter($0) || $0 == 0x2E || (isNumeric ? $0 == 0x3A : $0 == 0x2D || $0 == 0x5F) })
        else { return nil }
        return (host.lowercased(), port)
    }

    private static func target(_ text: Substring) -> (path: String, query: String?)? {
        let (target, _) = text.cut(before: { $0 == "#" })
        let (path, query) = target.cut(before: { $0 == "?" })
        guard let path = normal(path) else { return nil }
        guard !query.isEmpty else { return (withoutDots(path), nil) }
        guard let query = normal(query.dropFirst()) else { return nil }
        return (withoutDots(path), query)
    }

    /// Escapes in capitals, and none of what needs none; nil for a percent sign that escapes nothing.
    private static func normal(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
            let value = high << 4 | low
            if isUnreserved(value) { bytes.append(value) } else { bytes += [byte, capital(high), capital(low)] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// RFC 3986, section 5.2.4; an empty path is the root.
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for segment in segments where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        if let last = segments.last, last == "." || last == ".." { kept.append("") }
        return "/" + kept.joined(separator: "/")
    }

    private static func defaultPort(_ scheme: String) -> UInt16 { scheme == "https" ? 443 : 80 }

    private static func isAllowed(_ byte: UInt8) -> Bool { isUnreserved(byte) || "%:/?#[]@!$&'()*+,;=".utf8.contains(byte) }
    private static func isUnreserved(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || "-._~".utf8.contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) && byte < 0x80 }

    private static func digit(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - 0x30 }
        let lower = byte | 0x20
        return (0x61...0x66).contains(lower) ? lower - 0x61 + 10 : nil
    }

    private static func capital(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x41 + nibble - 10 }
}

extension Substring {
    /// The text before the first character that ends it, and the rest from there.
    fileprivate func cut(before isEnd: (Character) -> Bool) -> (Substring, Substring) {
        let place = firstIndex(where: isEnd) ?? endIndex
        return (self[..<place], self[place...])
    }

    /// The text up to and with a character, and the rest.
    fileprivate func cut(after end: Character) -> (Substring, Substring) {
        guard let place = firstIndex(of: end) else { return (self, self[endIndex...]) }
        return (self[...place], self[index(after: place)...])
    }
}
