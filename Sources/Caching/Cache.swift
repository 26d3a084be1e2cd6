import Synchronization

/// A bounded cache whose entries expire. One flight a key: whoever asks for a key that is being fetched waits for that fetch.
///
/// Full, it throws away the entry that was stored first; the working set of a shop fits many times over.
public final class Cache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let expires: ContinuousClock.Instant
        let stamp: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var flights: [Key: Task<Value, any Error>] = [:]
        var stamp: UInt64 = 0
        /// What was stored, oldest first from `head` on; an entry with another stamp by now has been stored again since.
        var order: [(key: Key, stamp: UInt64)] = []
        var head = 0
    }

    private enum Found {
        case value(Value)
        case flight(Task<Value, any Error>)
    }

    private let state = Mutex(State())
    private let limit: Int
    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - limit: how many entries are kept, at least 1.
    ///   - lifetime: how long an entry is good.
    ///   - now: the clock; a test gives its own.
    public init(limit: Int, lifetime: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        precondition(limit > 0, "a cache holds something")
        self.limit = limit
        self.lifetime = lifetime
        self.now = now
    }

    /// What is stored under `key` and still good.
    public func value(_ key: Key) -> Value? {
        state.withLock { state in
            guard let entry = state.entries[key], entry.expires > now() else { return nil }
            return entry.value
        }
    }

    public func store(_ value: Value, for key: Key) {
        state.withLock { keep(value, key, &$0) }
    }

    /// What is stored, else what `fetch` returns, which is then stored. A fetch that throws is not remembered.
    public func value(_ key: Key, orFetch fetch: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let found = state.withLock { state -> Found in
            if let entry = state.entries[key], entry.expires > now() { return .value(entry.value) }
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
            state.entries[key] = nil
        }
    }

    public func removeAll() {
        state.withLock { state in
            state.flights = [:]
            state.entries = [:]
        }
    }

    public var count: Int { state.withLock { $0.entries.count } }

    private func keep(_ value: Value, _ key: Key, _ state: inout State) {
        state.stamp += 1
        state.entries[key] = Entry(value: value, expires: now() + lifetime, stamp: state.stamp)
        state.order.append((key, state.stamp))
        // All live equally long, so the oldest is also the first to expire.
        while state.entries.count > limit, state.head < state.order.count {
            let oldest = state.order[state.head]
            state.head += 1
            if state.entries[oldest.key]?.stamp == oldest.stamp { state.entries[oldest.key] = nil }
        }
        if state.order.count > 2 * limit + 16 {
            let entries = state.entries
            state.order = state.order[state.head...].filter { entries[$0.key]?.stamp == $0.stamp }
            state.head = 0
        }
    }
}
