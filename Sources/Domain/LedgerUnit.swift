/// How people write amounts of an asset.
public struct LedgerUnit: Hashable, Sendable {
    /// Such as `USDC`.
    public let symbol: String
    /// How many digits of an atomic amount stand behind the point.
    public let decimals: Int

    public init(symbol: String, decimals: Int) {
        self.symbol = symbol
        self.decimals = decimals
    }

    /// An amount for machines, such as `0.01`.
    public func decimal(_ amount: AtomicAmount) -> String { decimalText(amount.units, scale: decimals, atLeast: 2) }
    /// An amount for people, such as `0.01 USDC`.
    public func text(_ amount: AtomicAmount) -> String { "\(decimal(amount)) \(symbol)" }
}
