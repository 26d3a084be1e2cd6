/// Where a payment service listens: HTTPS, or HTTP on this machine.
public struct FacilitatorAddress: Hashable, Sendable {
    /// Without a slash at the end; paths of the protocol are put behind it.
    let base: String
    /// Host, and port where one is named: all of the address that may be shown.
    public let host: String
    /// The path of `base`, without a slash at the end.
    let path: String

    /// Nil for anything but `https://host[:port][/path]`, or `http://` where the host is this machine.
    public init?(_ text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://"), text.utf8.count <= 500, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        var base = text[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        let rest = base.dropFirst(isSecure ? 8 : 7)
        let host = rest.prefix { $0 != "/" }
        guard !host.isEmpty, !rest.contains(where: { "@?#\\".contains($0) }) else { return nil }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        let isHere = name == "localhost" || name == "::1" || (name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." })
        guard !name.isEmpty, isSecure || isHere else { return nil }
        self.base = String(base)
        self.host = String(host)
        path = String(rest.dropFirst(host.count))
    }
}
