/// How far the ledger has been compared with a chain without a finding.
public struct ChainCheckpoint: Hashable, Sendable {
    /// The first block that was compared, and the next one to compare.
    public let first: UInt64
    public var next: UInt64
    /// How many blocks the node was asked for at once.
    public var width: UInt64
    /// How many sales the chain has shown between the two.
    public var sales: Int64

    public init(first: UInt64, next: UInt64, width: UInt64, sales: Int64) {
        self.first = first
        self.next = next
        self.width = width
        self.sales = sales
    }
}
