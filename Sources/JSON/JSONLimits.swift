/// How much a JSON text may ask of the parser.
public struct JSONLimits: Sendable, Hashable {
    /// The longest text in bytes, with its white space.
    public let maxBytes: Int
    /// How many arrays and objects may stand in each other; `[]` is one, `1` none.
    public let maxDepth: Int
    /// How many values and object keys together.
    public let maxNodes: Int

    /// Deeper than this is never allowed, because values are walked by recursion.
    public static let deepest = 512

    /// 1 MiB, 32 levels, 50,000 values and keys.
    public static let `default` = JSONLimits()

    /// A depth above ``deepest`` is taken as ``deepest``, a negative limit as 0.
    public init(maxBytes: Int = 1 << 20, maxDepth: Int = 32, maxNodes: Int = 50_000) {
        self.maxBytes = max(0, min(maxBytes, Int.max - 1))
        self.maxDepth = max(0, min(maxDepth, JSONLimits.deepest))
        self.maxNodes = max(0, maxNodes)
    }
}
