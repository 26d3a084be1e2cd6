/// A count of an asset's smallest unit. Never negative, never rounded; 128 bits hold every supply in use.
public struct AtomicAmount: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var units: UInt128

    public init(_ units: UInt128) { self.units = units }

    /// Reads the wire form of x402: ASCII digits only, no sign, blank or exponent, no leading zero, at most 128 bits.
    public init?(wire text: some StringProtocol) {
        guard let units = StrictDigits.parse(text.utf8) else { return nil }
        self.units = units
    }

    /// The wire form: plain decimal digits.
    public var description: String { String(units) }

    public static func < (a: AtomicAmount, b: AtomicAmount) -> Bool { a.units < b.units }
}

/// Decimal digits as money wants them read.
enum StrictDigits {
    /// Nil for anything but one or more ASCII digits without a needless leading zero that fit 128 bits.
    static func parse(_ text: some Collection<UInt8>) -> UInt128? {
        guard !text.isEmpty, text.count <= 39, text.count == 1 || text.first != 0x30 else { return nil }
        var value: UInt128 = 0
        for byte in text {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt128(byte - 0x30))
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }
}
