import Domain

/// Whose request it is when proxies stand between: the nearest address that is not one of ours.
///
/// What a header says is believed only as far as somebody trusted wrote it: each proxy appends the address that it saw, so the list is
/// walked from its end, and the walk goes on only while the address found is a trusted one too. Anything unreadable ends it.
enum ForwardedFor {
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwarded: the values of `Forwarded` (RFC 7239) in their order.
    ///   - xForwardedFor: the values of `X-Forwarded-For` in their order.
    ///   - trusted: our own proxies.
    /// - Returns: the client; the peer itself when it is not trusted, or when both headers are there and disagree: a proxy that writes only one
    ///   passes the other on as the client made it. So a proxy's address may be anybody's: it proves nothing, above all not that
    ///   whoever asks is on this machine.
    static func client(
        peer: InternetAddress, forwarded: [String], xForwardedFor: [String], trusted: [AddressBlock]
    ) -> InternetAddress {
        guard trusted.contains(where: { $0.contains(peer) }) else { return peer }
        let clients = [forwarded.flatMap(hops), xForwardedFor.flatMap(addresses)].filter { !$0.isEmpty }.map { walk($0, from: peer, trusted) }
        guard let client = clients.first, clients.allSatisfy({ $0 == client }) else { return peer }
        return client
    }

    private static func walk(_ hops: [InternetAddress?], from peer: InternetAddress, _ trusted: [AddressBlock]) -> InternetAddress {
        var client = peer
        for hop in hops.reversed() {
            guard let hop, trusted.contains(where: { $0.contains(client) }) else { break }
            client = hop
        }
        return client
    }

    /// The addresses of an `X-Forwarded-For`, nil for what is none.
    private static func addresses(_ value: String) -> [InternetAddress?] {
        value.utf8.split(separator: 0x2C, omittingEmptySubsequences: false).map { address(trimmed($0)) }
    }

    /// The `for` of each element of a `Forwarded`, nil for an element that has none, or is malformed.
    private static func hops(_ value: String) -> [InternetAddress?] {
        var (hops, rest) = ([InternetAddress?](), value.utf8[...])
        while true {
            let element = element(&rest)
            hops.append(element.flatMap { address($0[...].utf8) })
            guard rest.popFirst() == 0x2C else { return hops }
        }
    }

    /// Reads up to a comma that is not quoted, or to the end.
    private static func element(_ rest: inout Substring.UTF8View) -> String? {
        var (found, isSound) = (nil as String?, true)
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            let name = rest.prefix { !delimiters.contains($0) }
            rest = rest.dropFirst(name.count)
            guard rest.first == 0x3D else { break }
            rest.removeFirst()
            var value: String?
            if rest.first == 0x22 {
                value = quoted(&rest)
            } else {
                let token = rest.prefix { !delimiters.contains($0) }
                rest = rest.dropFirst(token.count)
                value = String(token)
            }
            if String(name)?.lowercased() == "for" {
                isSound = isSound && found == nil
                found = value
            }
            isSound = isSound && value != nil
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard rest.first == 0x3B else { break }
            rest.removeFirst()
        }
        let left = rest.prefix { $0 != 0x2C }
        rest = rest.dropFirst(left.count)
        return isSound && left.isEmpty ? found : nil
    }

    private static let delimiters: [UInt8] = Array(" \t=;,\"".utf8)

    /// A quoted string; nil when it does not end.
    private static func quoted(_ rest: inout Substring.UTF8View) -> String? {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while var byte = rest.popFirst() {
            if byte == 0x22 { return String(decoding: bytes, as: UTF8.self) }
            if byte == 0x5C {
                guard let next = rest.popFirst() else { return nil }
                byte = next
            }
            bytes.append(byte)
        }
        return nil
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
    private static func address(_ text: Substring.UTF8View) -> InternetAddress? {
        if text.first == 0x5B {
            guard let end = text.firstIndex(of: 0x5D), isPort(text[text.index(after: end)...]) else { return nil }
            return InternetAddress(Substring(text[text.index(after: text.startIndex)..<end]))
        }
        guard let colon = text.firstIndex(of: 0x3A), text[text.index(after: colon)...].firstIndex(of: 0x3A) == nil else {
            return InternetAddress(Substring(text))
        }
        return isPort(text[colon...]) ? InternetAddress(Substring(text[..<colon])) : nil
    }

    /// Nothing, or a colon with one to five digits.
    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        text.isEmpty || (text.first == 0x3A && (2...6).contains(text.count) && text.dropFirst().allSatisfy { (0x30...0x39).contains($0) })
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        let start = text.drop { $0 == 0x20 || $0 == 0x09 }
        guard let end = start.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return start }
        return start[...end]
    }
}
