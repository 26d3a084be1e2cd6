/// What may be given back of a payment, and what becomes of the access that it gave.
public enum RefundRules {
    /// What has not been given back, or promised to be, of a payment of `paid`; zero where more is promised than was paid.
    public static func left(of paid: AtomicAmount, after refunds: some Sequence<(state: RefundState, amount: AtomicAmount)>) -> AtomicAmount {
        var left = paid.units
        for refund in refunds where refund.state.counts { left -= min(left, refund.amount.units) }
        return AtomicAmount(left)
    }

    /// Whether access ends when nobody said: it does once nothing of the price remains with the shop.
    public static func endsAccess(giving amount: AtomicAmount, of left: AtomicAmount) -> Bool { amount >= left }
}
