/// Money of a paid payment that goes back to the wallet that paid.
public struct Refund: Hashable, Sendable {
    /// How it is paid.
    public enum Way: String, CaseIterable, Sendable {
        /// By a transaction of the refund wallet.
        case chain
        /// Practice money, in the books alone.
        case practice
        /// The owner paid it from a wallet of theirs and said so.
        case record
    }

    public let id: Int64
    public let paymentID: Int64
    /// Above zero; together with the payment's other refunds never more than was paid.
    public let amount: AtomicAmount
    public let state: RefundState
    public let way: Way
    /// Whether the buyer's access to what this payment bought ends when it is settled.
    public let endsAccess: Bool
    /// Why, in the words of who asked for it; may be empty.
    public let reason: String
    /// Why nothing has been sent yet although it is approved, in one sentence; nil when nothing stands in its way.
    public let waiting: String?
    /// Why it failed, in one sentence.
    public let failure: String?
    /// Who asked for it, approved it or declined it, as the audit log names them.
    public let requestedBy: String
    public let approvedBy: String?
    /// The newest transaction, 32 bytes; of a settled one the one that paid.
    public let transaction: [UInt8]?
    public let createdAt: Timestamp
    public let approvedAt: Timestamp?
    /// When bytes for it were signed first.
    public let sentAt: Timestamp?
    public let settledAt: Timestamp?

    public init(
        id: Int64, paymentID: Int64, amount: AtomicAmount, state: RefundState, way: Way, endsAccess: Bool, reason: String, waiting: String?,
        failure: String?, requestedBy: String, approvedBy: String?, transaction: [UInt8]?, createdAt: Timestamp, approvedAt: Timestamp?,
        sentAt: Timestamp?, settledAt: Timestamp?
    ) {
        self.id = id
        self.paymentID = paymentID
        self.amount = amount
        self.state = state
        self.way = way
        self.endsAccess = endsAccess
        self.reason = reason
        self.waiting = waiting
        self.failure = failure
        self.requestedBy = requestedBy
        self.approvedBy = approvedBy
        self.transaction = transaction
        self.createdAt = createdAt
        self.approvedAt = approvedAt
        self.sentAt = sentAt
        self.settledAt = settledAt
    }
}
