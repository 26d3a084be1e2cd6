extension Money {
    /// The exact sum; nil for two currencies, and for what is too large to be written.
    public func adding(_ other: Money) -> Money? {
        guard let (a, b, scale) = aligned(other) else { return nil }
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : Self.of(sum, scale: scale, currency)
    }

    /// The exact difference; nil for two currencies, and for less than nothing.
    public func subtracting(_ other: Money) -> Money? {
        guard let (a, b, scale) = aligned(other), a >= b else { return nil }
        return Self.of(a - b, scale: scale, currency)
    }

    /// False for two currencies.
    public func isAtMost(_ other: Money) -> Bool { aligned(other).map { $0.0 <= $0.1 } ?? false }

    /// What an amount of an asset stands for; nil for what is too large or too fine to be written.
    public static func of(_ amount: AtomicAmount, _ asset: Asset) -> Money? { of(amount.units, scale: asset.decimals, asset.currency) }

    private static func of(_ units: UInt128, scale: Int, _ currency: Currency) -> Money? {
        try? Money(decimalText(units, scale: scale, atLeast: 0), currency)  // what cannot be written is none
    }

    /// Both in units of the finer one.
    private func aligned(_ other: Money) -> (UInt128, UInt128, Int)? {
        let scale = max(scale, other.scale)
        // What is too large to be compared is too large to be spent.
        guard currency == other.currency,
            let a = try? atomic(decimals: scale),  // too large
            let b = try? other.atomic(decimals: scale)  // too large
        else { return nil }
        return (a.units, b.units, scale)
    }
}
