/// Something that happened: an entry of the audit log, which is also the outbox, appended in the write that made it so.
public struct Event: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case shopSetUp = "shop.set_up"
        case settingsEdited = "settings.edited"
        case networkSet = "network.set"
        case networkRemoved = "network.removed"
        case productCreated = "product.created"
        case productEdited = "product.edited"
        case orderPaid = "order.paid"
        case paymentUncertain = "payment.uncertain"
        case paymentFailed = "payment.failed"
        case paymentReorganised = "payment.reorganised"
        case paymentRestored = "payment.restored"
        case paymentRefundDue = "payment.refund_due"
        case incomeUnmatched = "income.unmatched"
        case personCreated = "person.created"
        case personEdited = "person.edited"
        case personRoleChanged = "person.role_changed"
        case personDisabled = "person.disabled"
        case personEnabled = "person.enabled"
        case personErased = "person.erased"
        case passwordChanged = "password.changed"
        case twoStepEnabled = "two_step.enabled"
        case twoStepDisabled = "two_step.disabled"
        case recoveryCodeUsed = "two_step.recovery_code_used"
        case setupLinkMade = "setup_link.made"
        case setupLinkUsed = "setup_link.used"
        case sessionStarted = "session.started"
        case sessionEnded = "session.ended"
        case sessionReuse = "session.reuse"
        case keyCreated = "key.created"
        case keyEdited = "key.edited"
        case keyRevoked = "key.revoked"
        case signingKeyMade = "signing_key.made"
        case recordsRetired = "records.retired"
        case settledForOthers = "payment.settled_for_others"
        case linksRevoked = "links.revoked"
        case gasPaid = "gas.paid"
        case refundRequested = "refund.requested"
        case refundApproved = "refund.approved"
        case refundCancelled = "refund.cancelled"
        case refundSent = "refund.sent"
        case refundUncertain = "refund.uncertain"
        case refundSettled = "refund.settled"
        case refundFailed = "refund.failed"
        case ledgerOpened = "ledger.opened"
    }

    public let sequence: Int64
    public let kind: Kind
    /// The row that it is about: a product, an order, a payment or a refund; a person (also for passwords, two steps and set-up links, where 0 is
    /// the owner to come), a session or a key; a chain's id;
    /// 1 where it is about the shop.
    public let subject: Int64
    /// Who did it, such as `local:1000` or `payer`.
    public let actor: String
    /// From where it was asked for: `session:12`, or a network such as `203.0.113.0/24`; empty where there is none.
    public let origin: String
    public let at: Timestamp
    public let details: EventDetails

    public init(
        sequence: Int64, kind: Kind, subject: Int64, actor: String, origin: String = "", at: Timestamp, details: EventDetails = .none
    ) {
        self.sequence = sequence
        self.kind = kind
        self.subject = subject
        self.actor = actor
        self.origin = origin
        self.at = at
        self.details = details
    }
}
