/// One cache as whoever watches the process sees it.
public struct CacheMeter: Sendable {
    /// The same in every process, and no other cache's: `products`.
    public let name: String
    /// Asked whenever somebody looks; cheap.
    public let load: @Sendable () -> CacheLoad

    public init(_ name: String, load: @escaping @Sendable () -> CacheLoad) {
        self.name = name
        self.load = load
    }
}
