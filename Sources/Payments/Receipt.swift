public import Domain

/// Proof that a payment settled and that no refund took back what it bought. Only this module makes one, and nothing is delivered without it.
public struct Receipt: Sendable {
    public let payment: Payment
    /// True when the goods were owned before and the payment just shown was not taken.
    public let wasOwned: Bool

    init?(_ payment: Payment, wasOwned: Bool = false) {
        guard payment.state.isPaid, payment.orderID != nil, !payment.accessEnded else { return nil }
        self.payment = payment
        self.wasOwned = wasOwned
    }

    public var content: ContentDigest { payment.content }
    public var orderNumber: String { Order.number(id: payment.orderID ?? 0, at: payment.settledAt ?? payment.claimedAt) }
}
