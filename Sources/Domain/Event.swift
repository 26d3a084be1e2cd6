/// Something that happened, appended to the outbox in the write that made it so.
public struct Event: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case shopSetUp = "shop.set_up"
        case productCreated = "product.created"
        case productEdited = "product.edited"
        case orderPaid = "order.paid"
        case paymentUncertain = "payment.uncertain"
        case paymentFailed = "payment.failed"
        case incomeUnmatched = "income.unmatched"
    }

    public let sequence: Int64
    public let kind: Kind
    /// The row that it is about: a product, an order or a payment.
    public let subject: Int64
    /// Who did it, such as `local:1000` or `payer`.
    public let actor: String
    public let at: Timestamp

    public init(sequence: Int64, kind: Kind, subject: Int64, actor: String, at: Timestamp) {
        self.sequence = sequence
        self.kind = kind
        self.subject = subject
        self.actor = actor
        self.at = at
    }
}
