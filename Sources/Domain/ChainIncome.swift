/// A transfer of an asset to an address of the shop's, as its chain shows it.
public struct ChainIncome: Hashable, Sendable {
    public let block: ChainBlock
    /// Hash of the transaction, 32 bytes, and which of the block's logs it is.
    public let transaction: [UInt8]
    public let logIndex: UInt64
    /// 20 bytes each.
    public let asset: [UInt8]
    public let payer: [UInt8]
    public let payTo: [UInt8]
    public let amount: AtomicAmount
    /// The nonce of the authorization by which it came, 32 bytes; nil for a plain transfer.
    public let nonce: [UInt8]?

    public init(
        block: ChainBlock, transaction: [UInt8], logIndex: UInt64, asset: [UInt8], payer: [UInt8], payTo: [UInt8], amount: AtomicAmount,
        nonce: [UInt8]?
    ) {
        self.block = block
        self.transaction = transaction
        self.logIndex = logIndex
        self.asset = asset
        self.payer = payer
        self.payTo = payTo
        self.amount = amount
        self.nonce = nonce
    }
}
