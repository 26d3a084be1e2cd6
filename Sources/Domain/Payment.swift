/// What makes an authorization one and the same on a chain, in bytes and never in wire text.
public struct PaymentKey: Hashable, Sendable {
    public let network: Network
    /// Contract of the asset, 20 bytes.
    public let asset: [UInt8]
    /// The wallet that pays, 20 bytes.
    public let payer: [UInt8]
    /// EIP-3009 nonce, 32 bytes.
    public let nonce: [UInt8]

    public init(network: Network, asset: [UInt8], payer: [UInt8], nonce: [UInt8]) {
        self.network = network
        self.asset = asset
        self.payer = payer
        self.nonce = nonce
    }
}

/// A signed permission to move money, as the payer wrote it.
public struct Authorization: Hashable, Sendable {
    public let key: PaymentKey
    /// Where the money goes, 20 bytes.
    public let payTo: [UInt8]
    public let amount: AtomicAmount
    /// Unix seconds; the window is open after the first and before the second (EIP-3009).
    public let validAfter: UInt64
    public let validBefore: UInt64
    /// 64, 65 or, for contract wallets, more bytes.
    public let signature: [UInt8]

    public init(key: PaymentKey, payTo: [UInt8], amount: AtomicAmount, validAfter: UInt64, validBefore: UInt64, signature: [UInt8]) {
        self.key = key
        self.payTo = payTo
        self.amount = amount
        self.validAfter = validAfter
        self.validBefore = validBefore
        self.signature = signature
    }
}

/// An authorization that the shop wants to take for a product.
public struct Claim: Sendable {
    public let authorization: Authorization
    /// Practice money: nothing moves on a chain.
    public let sandbox: Bool
    public let productID: Int64
    public let repeatable: Bool
    /// What is sold: the order pins it.
    public let content: ContentDigest
    /// x402 version of the client, 1 or 2.
    public let protocolVersion: Int
    /// SHA-256 of the sealed offer that came with the payment, if one came.
    public let sealHash: [UInt8]?
    public let token: PaymentToken
    /// The payer's own name for the payment, if it gave one: one name, one payment.
    public let identifier: PaymentIdentifier?
    /// Whether it is for a call of an API, whose request `content` is the digest of.
    public let isCall: Bool
    public let at: Timestamp

    public init(
        authorization: Authorization, sandbox: Bool, productID: Int64, repeatable: Bool, content: ContentDigest, protocolVersion: Int,
        sealHash: [UInt8]?, token: PaymentToken, identifier: PaymentIdentifier? = nil, isCall: Bool = false, at: Timestamp
    ) {
        self.authorization = authorization
        self.sandbox = sandbox
        self.productID = productID
        self.repeatable = repeatable
        self.content = content
        self.protocolVersion = protocolVersion
        self.sealHash = sealHash
        self.token = token
        self.identifier = identifier
        self.isCall = isCall
        self.at = at
    }

    /// See ``Authorization/fingerprint(productID:sandbox:call:)``.
    public var fingerprint: [UInt8] { authorization.fingerprint(productID: productID, sandbox: sandbox, call: isCall ? content : nil) }
}

/// A claimed payment, as stored.
public struct Payment: Sendable {
    public let id: Int64
    public let authorization: Authorization
    public let sandbox: Bool
    public let productID: Int64
    /// The edition that was sold; of an API the digest of the request: method, path, query and body.
    public let content: ContentDigest
    public let protocolVersion: Int
    public let sealHash: [UInt8]?
    public let token: PaymentToken
    public var state: PaymentState
    /// Why it failed, in the specification's code; nil otherwise.
    public var reason: String?
    /// Hash of the transaction that settled it, or of the newest attempt; 32 bytes.
    public var transaction: [UInt8]?
    public let claimedAt: Timestamp
    public var settledAt: Timestamp?
    /// The order that the payment bought, once settled.
    public var orderID: Int64?
    /// The block in which it settled; nil before, for practice money, and where nobody told.
    public var block: ChainBlock?
    /// Paid, and a chain could still take it back.
    public var isRevocable = false
    /// Since when it is owed back: the money arrived and what it was for could not be given.
    public var refundDueAt: Timestamp?
    /// A refund took back the access that it gave: nothing goes out for it any more.
    public var accessEnded: Bool

    public init(
        id: Int64, authorization: Authorization, sandbox: Bool, productID: Int64, content: ContentDigest, protocolVersion: Int,
        sealHash: [UInt8]?, token: PaymentToken, state: PaymentState, reason: String?, transaction: [UInt8]?, claimedAt: Timestamp,
        settledAt: Timestamp?, orderID: Int64?, block: ChainBlock? = nil, isRevocable: Bool = false, refundDueAt: Timestamp? = nil,
        accessEnded: Bool = false
    ) {
        self.id = id
        self.authorization = authorization
        self.sandbox = sandbox
        self.productID = productID
        self.content = content
        self.protocolVersion = protocolVersion
        self.sealHash = sealHash
        self.token = token
        self.state = state
        self.reason = reason
        self.transaction = transaction
        self.claimedAt = claimedAt
        self.settledAt = settledAt
        self.orderID = orderID
        self.block = block
        self.isRevocable = isRevocable
        self.refundDueAt = refundDueAt
        self.accessEnded = accessEnded
    }

    public init(id: Int64, claim: Claim) {
        self.init(
            id: id, authorization: claim.authorization, sandbox: claim.sandbox, productID: claim.productID, content: claim.content,
            protocolVersion: claim.protocolVersion, sealHash: claim.sealHash, token: claim.token, state: .claimed, reason: nil,
            transaction: nil, claimedAt: claim.at, settledAt: nil, orderID: nil)
    }

    public var receiptID: ReceiptID { ReceiptID(paymentID: id, token: token) }

    /// Nil for what was never charged.
    public var finality: PaymentFinality? {
        if state.isOpen { return .pending }
        guard state.isPaid else { return nil }
        return isRevocable ? .settled : .final
    }
}
