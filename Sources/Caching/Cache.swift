import Synchronization

/// A cache whose entries expire, bounded by their number and by what they cost in memory. One flight a key: whoever asks for a key that is
/// being fetched waits for that fetch.
///
/// Full, it throws away the entry that was stored first; the working set of a shop fits many times over.
public final class Cache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let expires: ContinuousClock.Instant
        let stamp: UInt64
        let cost: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var flights: [Key: Task<Value, any Error>] = [:]
        var stamp: UInt64 = 0
        /// What was stored, oldest first from `head` on; an entry with another stamp by now has been stored again since.
        var order: [(key: Key, stamp: UInt64)] = []
        var head = 0
        /// All but the number of entries, which `entries` knows.
        var load = CacheLoad()

        mutating func drop(_ key: Key) {
            if let entry = entries.removeValue(forKey: key) { load.bytes -= entry.cost }
        }
    }

    private enum Found {
        case value(Value)
        case flight(Task<Value, any Error>)
    }

    /// What the cache is called where its measurements are shown.
    public let name: String
    private let state = Mutex(State())
    private let limit: Int
    private let bytes: Int
    private let lifetime: Duration
    private let cost: @Sendable (Key, Value) -> Int
    private let now: @Sendable () -> ContinuousClock.Instant

    /// What an entry costs beside its key's and value's own bytes: its place in the table and in the order, and what allocations round up.
    public static var overhead: Int { 2 * (MemoryLayout<Key>.stride + MemoryLayout<Entry>.stride) }

    /// - Parameters:
    ///   - limit: how many entries are kept, at least 1.
    ///   - bytes: what they may cost together. What costs more alone is not kept.
    ///   - lifetime: how long an entry is good.
    ///   - cost: what lies on the heap for a key and its value, in bytes, as an honest estimate; `overhead` is added.
    ///   - now: the clock; a test gives its own.
    public init(
        _ name: String, limit: Int, bytes: Int, lifetime: Duration, cost: @escaping @Sendable (Key, Value) -> Int = { _, _ in 0 },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        precondition(limit > 0 && bytes > 0, "a cache holds something")
        self.name = name
        self.limit = limit
        self.bytes = bytes
        self.lifetime = lifetime
        self.now = now
        self.cost = cost
    }

    /// What is stored under `key` and still good.
    public func value(_ key: Key) -> Value? {
        state.withLock { state in
            if let value = good(key, &state) { return value }
            state.load.misses += 1
            return nil
        }
    }

    /// The same, for whoever goes on to `value(_:orFetch:)`, which counts the miss.
    public func hit(_ key: Key) -> Value? { state.withLock { good(key, &$0) } }

    public func store(_ value: Value, for key: Key) {
        state.withLock { keep(value, key, &$0) }
    }

    /// What is stored, else what `fetch` returns, which is then stored. A fetch that throws is not remembered.
    public func value(_ key: Key, orFetch fetch: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let found = state.withLock { state -> Found in
            if let value = good(key, &state) { return .value(value) }
            state.load.misses += 1
            if let flight = state.flights[key] { return .flight(flight) }
            let flight = Task { try await fetch() }
            state.flights[key] = flight
            return .flight(flight)
        }
        switch found {
        case .value(let value): return value
        case .flight(let task):
            let result = await task.result
            state.withLock { state in
                // A flight that was dropped, because the key was removed meanwhile, is neither kept nor joined.
                guard state.flights[key] == task else { return }
                state.flights[key] = nil
                if case .success(let value) = result { keep(value, key, &state) }
            }
            return try result.get()
        }
    }

    public func remove(_ key: Key) {
        state.withLock { state in
            state.flights[key] = nil
            state.drop(key)
        }
    }

    public func removeAll() {
        state.withLock { state in
            state.flights = [:]
            state.entries = [:]
            state.load.bytes = 0
        }
    }

    public var count: Int { state.withLock { $0.entries.count } }

    /// What it holds and how often it helped.
    public var load: CacheLoad {
        state.withLock { state in
            var load = state.load
            load.entries = state.entries.count
            return load
        }
    }

    /// The cache for whoever watches the process.
    public var meter: CacheMeter { CacheMeter(name) { [self] in load } }

    private func good(_ key: Key, _ state: inout State) -> Value? {
        guard let entry = state.entries[key], entry.expires > now() else { return nil }
        state.load.hits += 1
        return entry.value
    }

    private func keep(_ value: Value, _ key: Key, _ state: inout State) {
        let (moment, cost) = (now(), cost(key, value) + Self.overhead)
        state.drop(key)
        guard cost <= bytes else { return }
        state.stamp += 1
        state.entries[key] = Entry(value: value, expires: moment + lifetime, stamp: state.stamp, cost: cost)
        state.load.bytes += cost
        state.order.append((key, state.stamp))
        // All live equally long, so the oldest is also the first to expire.
        while state.entries.count > limit || state.load.bytes > bytes, state.head < state.order.count {
            let oldest = state.order[state.head]
            state.head += 1
            guard let entry = state.entries[oldest.key], entry.stamp == oldest.stamp else { continue }
            if entry.expires > moment { state.load.evictions += 1 }
            state.drop(oldest.key)
        }
        if state.order.count > 2 * limit + 16 {
            let entries = state.entries
            state.order = state.order[state.head...].filter { entries[$0.key]?.stamp == $0.stamp }
            state.head = 0
        }
    }
}
