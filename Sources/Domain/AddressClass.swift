/// Addresses that one customer of a network has at will, and that are therefore counted as one: an IPv4 address, an IPv6 /64.
public struct AddressClass: Hashable, Sendable, CustomStringConvertible {
    /// The IPv4 address, or the upper half of the IPv6 address.
    private let bits: UInt64
    private let isIPv4: Bool

    public init(_ address: InternetAddress) {
        isIPv4 = address.isIPv4
        bits = isIPv4 ? address.low & 0xFFFF_FFFF : address.high
    }

    /// As a block: `192.0.2.1/32`, `2001:db8:0:1::/64`.
    public var description: String {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) }
        let first = isIPv4 ? InternetAddress(bytes: bytes.suffix(4)) : InternetAddress(bytes: bytes + [UInt8](repeating: 0, count: 8))
        return "\(first.map(\.description) ?? "")/\(isIPv4 ? 32 : 64)"
    }
}
