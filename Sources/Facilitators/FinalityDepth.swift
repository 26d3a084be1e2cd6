/// When a chain's block can no longer be taken back.
public enum FinalityDepth: Hashable, Sendable {
    /// So many blocks have been made after it.
    case blocks(UInt64)
    /// The node's `finalized` block is it or a later one.
    case finalized

    /// What is usual on a chain.
    public static func standard(chainID: UInt64) -> FinalityDepth {
        switch chainID {
        // One sequencer makes the blocks; what it takes back lies within seconds.
        case 8453, 84532, 10: .blocks(30)
        // Blocks are agreed upon before they are shown.
        case 43114, 43113: .blocks(3)
        // Known for deep reorganisations.
        case 137: .blocks(128)
        case 1: .finalized
        default: .blocks(64)
        }
    }

    /// Nil for what is neither `finalized` nor a number of blocks from 1 to 100,000.
    public init?(_ text: String) {
        if text == "finalized" { self = .finalized; return }
        guard let blocks = UInt64(text), String(blocks) == text, (1...100_000).contains(blocks) else { return nil }
        self = .blocks(blocks)
    }
}
