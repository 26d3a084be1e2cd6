extension InternetAddress {
    /// Whether the address is one of the open Internet: not of this machine, a private or link-local network, a cloud's metadata service, a
    /// multicast group or any block that is kept for other ends (the IANA special-purpose registries). What leads to IPv4 from within IPv6
    /// is judged by the address inside.
    public var isPublic: Bool {
        if let inner = embeddedIPv4 { return inner.isPublic }
        return !Self.special.contains { $0.contains(self) } && (isIPv4 || Self.global.contains(self))
    }

    /// The IPv4 address inside an address of 6to4 (2002::/16) or NAT64 (64:ff9b::/96); mapped addresses are IPv4 already.
    private var embeddedIPv4: InternetAddress? {
        guard !isIPv4 else { return nil }
        let bytes = bytes
        if bytes[0] == 0x20, bytes[1] == 0x02 { return InternetAddress(bytes: bytes[2..<6]) }
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return InternetAddress(bytes: bytes[12...]) }
        return nil
    }

    /// All that is given out of IPv6.
    private static let global = block("2000::/3")

    private static let special = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "3fff::/20",
    ].map(block)

    private static func block(_ text: String) -> AddressBlock {
        guard let block = AddressBlock(text) else { preconditionFailure("\(text) is a block") }
        return block
    }
}
