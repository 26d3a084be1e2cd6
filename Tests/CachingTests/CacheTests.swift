import Caching
import Synchronization
import Testing

@Suite struct CacheTests {
    /// A clock that stands still until it is moved.
    final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        func now() -> ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ span: Duration) { instant.withLock { $0 += span } }
    }

    /// A fetch that waits until it is told what to return, and counts its calls.
    final class Source: Sendable {
        private let called = AsyncStream<CheckedContinuation<Int, any Error>>.makeStream()
        private let calls = Mutex(0)
        var count: Int { calls.withLock { $0 } }

        func fetch() async throws -> Int {
            try await withCheckedThrowingContinuation { continuation in
                calls.withLock { $0 += 1 }
                called.continuation.yield(continuation)
            }
        }

        /// The next fetch that has begun.
        func begun() async -> CheckedContinuation<Int, any Error> {
            for await continuation in called.stream { return continuation }
            preconditionFailure("the stream never ends")
        }
    }

    struct Broken: Error {}

    @Test func `what was stored is found until it expires`() {
        let clock = Clock()
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10), now: clock.now)
        #expect(cache.value("a") == nil)
        cache.store(1, for: "a")
        #expect(cache.value("a") == 1)
        clock.advance(.milliseconds(9_999))
        #expect(cache.value("a") == 1)
        clock.advance(.milliseconds(1))
        #expect(cache.value("a") == nil)
        cache.store(2, for: "a")
        #expect(cache.value("a") == 2)
    }

    @Test func `a hundred who ask at once are served by one fetch`() async throws {
        let source = Source()
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10))
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await cache.value("a", orFetch: source.fetch) } }
            await source.begun().resume(returning: 7)
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == [Int](repeating: 7, count: 100))
        #expect(source.count == 1)
        #expect(cache.value("a") == 7)
    }

    @Test func `an entry that is good is not fetched, one that has expired is`() async throws {
        let clock = Clock()
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10), now: clock.now)
        #expect(try await cache.value("a") { 1 } == 1)
        #expect(try await cache.value("a") { 2 } == 1)
        clock.advance(.seconds(10))
        #expect(try await cache.value("a") { 3 } == 3)
        #expect(cache.value("a") == 3)
    }

    @Test func `keys are fetched beside each other`() async throws {
        let source = Source()
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10))
        async let a = cache.value("a", orFetch: source.fetch)
        async let b = cache.value("b", orFetch: source.fetch)
        let (first, second) = (await source.begun(), await source.begun())
        first.resume(returning: 1)
        second.resume(returning: 2)
        #expect(try await [a, b].sorted() == [1, 2])
        #expect(source.count == 2)
    }

    @Test func `a fetch that throws tells whoever waits and is not remembered`() async throws {
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10))
        await #expect(throws: Broken.self) { try await cache.value("a") { throw Broken() } }
        #expect(cache.value("a") == nil)
        #expect(try await cache.value("a") { 5 } == 5)
    }

    @Test func `a full cache throws away what was stored first`() {
        let cache = Cache<Int, Int>("test", limit: 3, bytes: 1 << 20, lifetime: .seconds(10))
        for key in 0..<3 { cache.store(key, for: key) }
        cache.store(10, for: 0)  // again: now the newest
        cache.store(3, for: 3)
        #expect(cache.count == 3)
        #expect(cache.value(1) == nil)
        #expect([0, 2, 3].map { cache.value($0) } == [10, 2, 3])
    }

    @Test func `a full cache throws away what has expired before what is good`() {
        let clock = Clock()
        let cache = Cache<Int, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10), now: clock.now)
        cache.store(0, for: 0)
        clock.advance(.seconds(5))
        cache.store(1, for: 1)
        clock.advance(.seconds(5))
        cache.store(2, for: 2)
        #expect(cache.count == 2)
        #expect(cache.value(1) == 1)
        #expect(cache.value(2) == 2)
    }

    @Test func `ten thousand keys never take more room than the limit`() {
        let cache = Cache<Int, Int>("test", limit: 16, bytes: 1 << 20, lifetime: .seconds(10))
        for key in 0..<10_000 {
            cache.store(key, for: key)
            #expect(cache.count <= 16)
        }
        #expect(cache.value(9_999) == 9_999)
    }

    @Test func `what is removed is gone, and the rest stays`() {
        let cache = Cache<String, Int>("test", limit: 3, bytes: 1 << 20, lifetime: .seconds(10))
        for (index, key) in ["a", "b", "c"].enumerated() { cache.store(index, for: key) }
        cache.remove("a")
        #expect(cache.value("a") == nil)
        #expect(cache.value("b") == 1)
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(cache.value("c") == nil)
    }

    @Test(arguments: [false, true]) func `a fetch that began before an invalidation is not kept`(_ all: Bool) async throws {
        let source = Source()
        let cache = Cache<String, Int>("test", limit: 3, bytes: 1 << 20, lifetime: .seconds(10))
        async let early = cache.value("a", orFetch: source.fetch)
        let flight = await source.begun()
        if all { cache.removeAll() } else { cache.remove("a") }
        flight.resume(returning: 1)
        #expect(try await early == 1)
        #expect(cache.value("a") == nil)
    }

    @Test func `whoever asks after an invalidation is not given what was fetched before it`() async throws {
        let source = Source()
        let cache = Cache<String, Int>("test", limit: 3, bytes: 1 << 20, lifetime: .seconds(10))
        async let early = cache.value("a", orFetch: source.fetch)
        let before = await source.begun()
        cache.remove("a")
        async let late = cache.value("a", orFetch: source.fetch)
        let after = await source.begun()
        after.resume(returning: 2)
        #expect(try await late == 2)
        before.resume(returning: 1)
        #expect(try await early == 1)
        #expect(cache.value("a") == 2)
    }

    @Test func `an invalidation of one key leaves the flights of others alone`() async throws {
        let source = Source()
        let cache = Cache<String, Int>("test", limit: 3, bytes: 1 << 20, lifetime: .seconds(10))
        async let value = cache.value("a", orFetch: source.fetch)
        let flight = await source.begun()
        cache.remove("b")
        flight.resume(returning: 1)
        #expect(try await value == 1)
        #expect(cache.value("a") == 1)
    }

    // MARK: Memory

    /// What an entry of these tests costs beside what the test says.
    private static let overhead = Cache<Int, Int>.overhead

    /// A cache whose entries cost what they say, with room for so many bytes of them beside the overhead of `entries`.
    private func weighing(_ bytes: Int, entries: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) -> Cache<Int, Int> {
        Cache("weighed", limit: 100, bytes: bytes + entries * Self.overhead, lifetime: .seconds(10), cost: { $1 }, now: now)
    }

    @Test func `what costs too much together makes room, oldest first`() {
        let cache = weighing(1000, entries: 3)
        for (key, cost) in [(1, 400), (2, 400), (3, 200)] { cache.store(cost, for: key) }
        #expect(cache.load.bytes == 1000 + 3 * Self.overhead)
        cache.store(300, for: 4)
        #expect([1, 2, 3, 4].map { cache.hit($0) } == [nil, 400, 200, 300])
        #expect(cache.load.entries == 3 && cache.load.evictions == 1)
        cache.store(1000, for: 5)
        #expect([2, 3, 4, 5].map { cache.hit($0) } == [nil, nil, nil, 1000])
        #expect(cache.load.bytes == 1000 + Self.overhead)
    }

    @Test func `what is larger than the cache is not kept, and what it was before is gone`() async throws {
        let cache = weighing(100, entries: 2)
        cache.store(10, for: 1)
        cache.store(20, for: 2)
        cache.store(5000, for: 1)
        #expect([1, 2].map { cache.hit($0) } == [nil, 20])
        #expect(try await cache.value(3) { 5000 } == 5000)
        #expect(cache.count == 1 && cache.load.bytes == 20 + Self.overhead && cache.load.evictions == 0)
    }

    @Test func `bytes are given back by every way out`() {
        let clock = Clock()
        let cache = weighing(100, entries: 2, now: clock.now)
        cache.store(50, for: 1)
        cache.store(30, for: 1)
        #expect(cache.load.bytes == 30 + Self.overhead)
        cache.remove(1)
        cache.remove(1)
        #expect(cache.load.bytes == 0)
        cache.store(50, for: 2)
        clock.advance(.seconds(11))
        // It had expired, so nobody misses it: not an eviction.
        cache.store(100, for: 3)
        cache.store(100, for: 4)
        #expect(cache.load.evictions == 1 && cache.load.bytes == 100 + Self.overhead)
        cache.removeAll()
        #expect(cache.load.bytes == 0 && cache.load.entries == 0)
    }

    @Test func `ten thousand values never cost more than the limit`() {
        let cache = weighing(1000, entries: 10)
        for key in 0..<10_000 {
            cache.store(key * 7919 % 400, for: key % 50)
            #expect(cache.load.bytes <= 1000 + 10 * Self.overhead)
        }
        let known = (0..<50).compactMap { cache.hit($0) }
        #expect(!known.isEmpty && cache.load.bytes == known.reduce(0, +) + known.count * Self.overhead)
    }

    // MARK: Counting

    @Test func `hits and misses are counted once for each look-up`() async throws {
        let clock = Clock()
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10), now: clock.now)
        _ = cache.value("a")
        #expect(cache.hit("a") == nil)
        _ = try await cache.value("a") { 1 }
        _ = try await cache.value("a") { 2 }
        #expect(cache.hit("a") == 1 && cache.value("a") == 1)
        clock.advance(.seconds(10))
        _ = cache.value("a")
        let load = cache.meter.load()
        #expect(load.hits == 3 && load.misses == 3 && load.evictions == 0 && load.entries == 1)
        #expect(cache.meter.name == "test")
    }

    @Test func `each of those who wait for one fetch has missed`() async throws {
        let source = Source()
        let cache = Cache<String, Int>("test", limit: 2, bytes: 1 << 20, lifetime: .seconds(10))
        async let first = cache.value("a", orFetch: source.fetch)
        let flight = await source.begun()
        async let second = cache.value("a", orFetch: source.fetch)
        while cache.load.misses < 2 { await Task.yield() }
        flight.resume(returning: 1)
        #expect(try await [first, second] == [1, 1])
        #expect(cache.load.hits == 0 && cache.load.misses == 2 && source.count == 1)
    }
}
