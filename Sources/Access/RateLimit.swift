/// How often something may be done: `quota` times in `window` seconds on the long run, `burst` times at once after a rest.
public struct RateLimit: Hashable, Sendable {
    public let quota: Int
    /// Seconds.
    public let window: Int
    public let burst: Int
    /// How long one turn takes to come back, in nanoseconds.
    let interval: Int64

    /// - Parameter burst: as many as the quota unless given.
    public init(_ quota: Int, window: Int = 60, burst: Int? = nil) {
        precondition(quota > 0 && window > 0 && window <= 31_536_000 && (burst ?? 1) > 0, "a limit lets something through")
        self.quota = quota
        self.window = window
        self.burst = min(burst ?? quota, 1_000_000)
        interval = max(Int64(window) * 1_000_000_000 / Int64(quota), 1)
    }
}
