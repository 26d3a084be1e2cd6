import Domain

/// What the shop is willing to pay the chain for its sales. All limits of one network.
public struct FeePolicy: Sendable {
    /// The most that one settlement may cost, in wei.
    public var capPerSettlement: UInt128
    /// The most that settlements may cost in 24 hours, in wei; nil where the chain's coin is worth nothing.
    public var dailyBudget: UInt128?
    /// What one whole coin of the chain is taken to cost, in whole units of the price's currency; 0 on a test network.
    public var coinPrice: UInt64
    /// By how much a fee may exceed the price of the sale, in whole units of the currency.
    public var maximumLoss: UInt64

    public init(capPerSettlement: UInt128, dailyBudget: UInt128?, coinPrice: UInt64, maximumLoss: UInt64) {
        self.capPerSettlement = capPerSettlement
        self.dailyBudget = dailyBudget
        self.coinPrice = coinPrice
        self.maximumLoss = maximumLoss
    }

    /// Cautious defaults for a chain.
    public static func standard(chainID: UInt64) -> FeePolicy {
        let milliCoin: UInt128 = 1_000_000_000_000_000
        return switch chainID {
        case 84532, 43113: FeePolicy(capPerSettlement: 100 * milliCoin, dailyBudget: nil, coinPrice: 0, maximumLoss: 1)
        case 137: FeePolicy(capPerSettlement: 2000 * milliCoin, dailyBudget: 100_000 * milliCoin, coinPrice: 1, maximumLoss: 1)
        case 43114: FeePolicy(capPerSettlement: 50 * milliCoin, dailyBudget: 2000 * milliCoin, coinPrice: 60, maximumLoss: 1)
        case 1: FeePolicy(capPerSettlement: 2 * milliCoin, dailyBudget: 50 * milliCoin, coinPrice: 5000, maximumLoss: 1)
        default: FeePolicy(capPerSettlement: milliCoin, dailyBudget: 100 * milliCoin, coinPrice: 5000, maximumLoss: 1)
        }
    }

    static let weiPerCoin: UInt128 = 1_000_000_000_000_000_000

    /// Whether a sale of `amount` is worth its fee: the fee may exceed the price by the maximum loss at most.
    func isWorth(_ amount: AtomicAmount, decimals: Int, fee: UInt128) -> Bool {
        var unit: UInt128 = 1
        for _ in 0..<decimals {
            let (next, overflow) = unit.multipliedReportingOverflow(by: 10)
            if overflow { return true }
            unit = next
        }
        // fee ÷ weiPerCoin × coinPrice ≤ amount ÷ unit + maximumLoss, in whole numbers
        let cost = fee.multipliedFullWidth(by: UInt128(coinPrice))
        let worth = amount.units.addingReportingOverflow(UInt128(maximumLoss).multipliedReportingOverflow(by: unit).partialValue).partialValue
            .multipliedFullWidth(by: Self.weiPerCoin)
        let scaled = cost.low.multipliedFullWidth(by: unit)
        guard cost.high == 0 else { return false }
        return scaled.high != worth.high ? scaled.high < worth.high : scaled.low <= worth.low
    }
}
