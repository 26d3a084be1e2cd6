/// One signed transaction that may pay a refund, stored before it is sent and never overwritten. All attempts at one refund have the same
/// account nonce, so that a chain can mine one of them at most.
public struct RefundAttempt: Hashable, Sendable {
    public let id: Int64
    public let refundID: Int64
    /// Hash of the transaction, 32 bytes.
    public let transaction: [UInt8]
    /// The signed bytes, as sent.
    public let raw: [UInt8]
    /// The refund wallet, 20 bytes, and its nonce.
    public let wallet: [UInt8]
    public let accountNonce: UInt64
    /// The most that the transaction can cost in fees, in wei.
    public let feeLimit: UInt64
    public let at: Timestamp

    public init(
        id: Int64, refundID: Int64, transaction: [UInt8], raw: [UInt8], wallet: [UInt8], accountNonce: UInt64, feeLimit: UInt64, at: Timestamp
    ) {
        self.id = id
        self.refundID = refundID
        self.transaction = transaction
        self.raw = raw
        self.wallet = wallet
        self.accountNonce = accountNonce
        self.feeLimit = feeLimit
        self.at = at
    }
}
