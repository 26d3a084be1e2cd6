/// A block of addresses in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`; a bare address is a block of one.
///
/// IPv4 and IPv6 are kept apart: `::/0` is all of IPv6 and holds no IPv4 address, however that is written.
public struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    public let first: InternetAddress
    /// The bits that all its addresses share, of the 32 or 128 that the family has.
    public let prefix: Int
    /// The shared bits, as masks of `high` and `low`.
    private let mask: (high: UInt64, low: UInt64)

    /// Nil for what is no block, and for one with bits behind its prefix: whoever writes `10.1.2.3/8` may mean that one address.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bits = InternetAddress.read(parts[0]), let first = InternetAddress(parts[0]) else { return nil }
        // Counted in the notation that was used: `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let isDotted = !parts[0].utf8.contains(0x3A)
        var length = 128
        if parts.count == 2 {
            guard let number = StrictDigits.parse(parts[1].utf8), number <= (isDotted ? 32 : 128) else { return nil }
            length = Int(number) + (isDotted ? 96 : 0)
        }
        let mask: UInt128 = length == 0 ? 0 : ~0 << (128 - length)
        // A block that holds more than the mapped addresses is not one of IPv4.
        guard bits & ~mask == 0, !first.isIPv4 || length >= 96 else { return nil }
        self.first = first
        prefix = first.isIPv4 ? length - 96 : length
        self.mask = (UInt64(truncatingIfNeeded: mask >> 64), UInt64(truncatingIfNeeded: mask))
    }

    public func contains(_ address: InternetAddress) -> Bool {
        address.high & mask.high == first.high && address.low & mask.low == first.low && address.isIPv4 == first.isIPv4
    }

    /// False for what is no address.
    public func contains(_ address: some StringProtocol) -> Bool { InternetAddress(address).map { contains($0) } ?? false }

    /// False for anything but 4 or 16 bytes.
    public func contains(bytes: some Collection<UInt8>) -> Bool { InternetAddress(bytes: bytes).map { contains($0) } ?? false }

    public var description: String { "\(first)/\(prefix)" }

    public static func == (a: AddressBlock, b: AddressBlock) -> Bool { a.first == b.first && a.prefix == b.prefix }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(first)
        hasher.combine(prefix)
    }
}
