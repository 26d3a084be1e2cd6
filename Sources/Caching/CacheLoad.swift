/// How much a cache holds and how often it helped since it was made.
public struct CacheLoad: Hashable, Sendable {
    /// Look-ups that found something good.
    public var hits: Int64 = 0
    /// Look-ups that found nothing, or something that had expired; whoever joined a fetch is among them.
    public var misses: Int64 = 0
    /// Entries that were still good and had to make room.
    public var evictions: Int64 = 0
    public var entries = 0
    /// What the entries cost by their owner's estimate.
    public var bytes = 0

    public init() {}
}
