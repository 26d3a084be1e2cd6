/// One signed transaction that may settle a payment, stored before it is sent and never overwritten.
public struct Attempt: Sendable {
    public let id: Int64
    public let paymentID: Int64
    /// Hash of the transaction, 32 bytes.
    public let transaction: [UInt8]
    /// The signed bytes, as sent.
    public let raw: [UInt8]
    /// The account that sends and pays the fee, 20 bytes, and its nonce.
    public let settler: [UInt8]
    public let accountNonce: UInt64
    /// The most that the transaction can cost in fees, in wei; 64 bits hold 18 coins, far beyond any cap.
    public let feeLimit: UInt64
    public let at: Timestamp

    public init(
        id: Int64, paymentID: Int64, transaction: [UInt8], raw: [UInt8], settler: [UInt8], accountNonce: UInt64, feeLimit: UInt64, at: Timestamp
    ) {
        self.id = id
        self.paymentID = paymentID
        self.transaction = transaction
        self.raw = raw
        self.settler = settler
        self.accountNonce = accountNonce
        self.feeLimit = feeLimit
        self.at = at
    }
}
