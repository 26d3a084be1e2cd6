/// What one step of comparing the ledger with a chain came to.
public struct ChainCheckStep: Sendable {
    /// The chain; nil where the shop takes no real money.
    public var network: Network?
    /// The blocks that were compared; nil where none were.
    public var blocks: ClosedRange<UInt64>?
    /// Where to go on, and the newest block that can be compared.
    public var next: UInt64?
    public var final: UInt64?
    /// Transfers that the chain showed, sales among them, and income that was found now and listed.
    public var transfers = 0
    public var sales = 0
    public var foreign = 0
    /// What does not agree, in sentences.
    public var findings: [String] = []
    /// Nothing is left to compare on this chain.
    public var isDone = false
    /// Why it cannot go on, and whether that passes by itself.
    public var problem: String?
    public var problemPasses = false
    /// The chain that comes after this one.
    public var following: Network?

    public init(network: Network?) { self.network = network }

    /// It cannot go on.
    public mutating func stop(_ sentence: String, passes: Bool) {
        problem = sentence
        problemPasses = passes
    }
}
