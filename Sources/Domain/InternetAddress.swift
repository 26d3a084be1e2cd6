/// An address of the Internet Protocol. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
///
/// Read strictly, because limits and trust hang on it: no octal or short forms of IPv4, no zones, no ports.
public struct InternetAddress: Hashable, Sendable, CustomStringConvertible {
    /// The 128 bits as IPv6 has them; IPv4 stands in `::ffff:0:0/96`.
    let high: UInt64
    let low: UInt64

    private init(_ bits: UInt128) {
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    public init?(_ text: some StringProtocol) {
        guard let bits = Self.read(text) else { return nil }
        self.init(bits)
    }

    /// - Parameter bytes: 4 or 16 of them, as they go over the wire; nil for any other number.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let bits = bytes.reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
        self.init(bytes.count == 4 ? Self.mapped | bits : bits)
    }

    public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// 4 bytes or 16, as they go over the wire.
    public var bytes: [UInt8] {
        let all = [high, low].flatMap { half in stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt64($0)) } }
        return isIPv4 ? [UInt8](all[12...]) : all
    }

    /// As RFC 5952 writes it.
    /// The network that it is in, coarse enough to be nobody's: /24 of IPv4, /48 of IPv6.
    public var network: AddressBlock? {
        let (bytes, kept) = (bytes, isIPv4 ? 3 : 6)
        let first = bytes.prefix(kept) + [UInt8](repeating: 0, count: bytes.count - kept)
        return InternetAddress(bytes: first).flatMap { AddressBlock("\($0)/\(kept * 8)") }
    }

    public var description: String {
        if isIPv4 { return bytes.map(\.description).joined(separator: ".") }
        let groups = [high, low].flatMap { half in stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> UInt64($0)) } }
        func text(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        // The first of the longest runs of at least two zeros is left out.
        var (longest, start) = (0..<0, 0)
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        return longest.isEmpty ? text(0..<8) : "\(text(0..<longest.lowerBound))::\(text(longest.upperBound..<8))"
    }

    private static let mapped: UInt128 = 0xFFFF << 32

    static func read(_ text: some StringProtocol) -> UInt128? {
        let bytes = Array(text.utf8.prefix(46))  // the longest address has 45
        return bytes.contains(0x3A) ? ipv6(bytes[...]) : ipv4(bytes[...]).map { mapped | $0 }
    }

    private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt128? {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt128 = 0
        for part in parts {
            guard let number = StrictDigits.parse(part), number <= 255 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    private static func ipv6(_ text: ArraySlice<UInt8>) -> UInt128? {
        var (bits, count) = (0 as UInt128, 0)
        /// How many groups stand before `::`.
        var gap: Int?
        var rest = text
        if rest.starts(with: [0x3A, 0x3A]) {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            guard count < 8 else { return nil }
            let digits = rest.prefix { $0 != 0x3A && $0 != 0x2E }
            if rest.dropFirst(digits.count).first == 0x2E {
                guard let tail = ipv4(rest) else { return nil }
                (bits, count) = (bits << 32 | tail, count + 2)
                break
            }
            guard let group = hexadecimal(digits) else { return nil }
            (bits, count) = (bits << 16 | group, count + 1)
            rest = rest.dropFirst(digits.count)
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.first == 0x3A {
                guard gap == nil else { return nil }
                gap = count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        guard let gap else { return count == 8 ? bits : nil }
        guard count < 8 else { return nil }
        let tail = 16 * (count - gap)
        return (bits >> tail) << (128 - 16 * gap) | bits & ((1 << tail) - 1)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt128? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt128 = 0
        for digit in digits {
            guard digit < 0x80, let number = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            value = value << 4 | UInt128(number)
        }
        return value
    }
}
