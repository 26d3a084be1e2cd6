import Access
import Domain
import Synchronization
import Testing

@Suite struct RateLimiterTests {
    /// A clock that stands until it is moved.
    private final class Watch: Sendable {
        private let elapsed = Mutex(Duration.zero)
        private let start = ContinuousClock.now

        var now: ContinuousClock.Instant { elapsed.withLock { start + $0 } }
        func pass(_ span: Duration) { elapsed.withLock { $0 += span } }
    }

    private let watch = Watch()

    private func limiter(_ limit: RateLimit, capacity: Int = 1024) -> RateLimiter {
        RateLimiter(RateLimits(reading: limit, offers: nil), capacity: capacity, now: { [watch] in watch.now })
    }

    private func address(_ text: String) throws -> RateLimitSubject { .address(try #require(InternetAddress(text))) }

    // MARK: One bucket

    @Test func `looking whether a turn is left takes none`() {
        let limiter = limiter(RateLimit(60, burst: 2))
        for _ in 1...5 { #expect(limiter.wait(.reading, for: .key(id: 1)) == nil) }
        for _ in 1...2 { _ = limiter.take(.reading, by: [.key(id: 1)]) }
        for _ in 1...5 { #expect(limiter.wait(.reading, for: .key(id: 1)) == 1) }
        watch.pass(.seconds(1))
        #expect(limiter.wait(.reading, for: .key(id: 1)) == nil)
        #expect(limiter.wait(.offers, for: .key(id: 1)) == nil)
    }

    @Test func `a burst passes at once, the next one waits for its turn to come back`() {
        let limit = RateLimit(60, burst: 3)
        let limiter = limiter(limit)
        for (remaining, reset) in [(2, 1), (1, 2), (0, 3)] {
            #expect(limiter.take(.reading, by: [.key(id: 1)]) == .allowed(.reading, limit: limit, remaining: remaining, resetSeconds: reset))
        }
        #expect(limiter.take(.reading, by: [.key(id: 1)]) == .refused(.reading, limit: limit, retryAfterSeconds: 1))
        watch.pass(.milliseconds(999))
        #expect(limiter.take(.reading, by: [.key(id: 1)]) == .refused(.reading, limit: limit, retryAfterSeconds: 1))
        watch.pass(.milliseconds(1))
        #expect(limiter.take(.reading, by: [.key(id: 1)]) == .allowed(.reading, limit: limit, remaining: 0, resetSeconds: 3))
        watch.pass(.seconds(3))
        #expect(limiter.take(.reading, by: [.key(id: 1)]) == .allowed(.reading, limit: limit, remaining: 2, resetSeconds: 1))
    }

    @Test func `refusals are counted by budget`() {
        let limiter = limiter(RateLimit(60, burst: 2))
        for _ in 0..<5 { _ = limiter.take(.reading, by: [.key(id: 1)]) }
        for _ in 0..<5 { _ = limiter.take(.offers, by: [.key(id: 1)]) }
        #expect(RateLimitBudget.allCases.map(limiter.refusals) == RateLimitBudget.allCases.map { $0 == .reading ? 3 : 0 })
    }

    @Test func `on the long run the quota passes, however hard somebody tries`() {
        let limiter = limiter(RateLimit(600, burst: 200))
        var passed = 0
        for _ in 0..<60_000 {
            if limiter.take(.reading, by: [.person(id: 1)]).isAllowed { passed += 1 }
            watch.pass(.milliseconds(1))
        }
        #expect(passed == 600 + 200 - 1 || passed == 600 + 200)
    }

    @Test func `whoever comes back when told is let in`() throws {
        let limiter = limiter(RateLimit(7, window: 100, burst: 2))
        for _ in 0..<50 {
            while case .allowed = limiter.take(.reading, by: [.key(id: 1)]) {}
            guard case .refused(_, _, let seconds) = limiter.take(.reading, by: [.key(id: 1)]) else {
                Issue.record("not refused")
                return
            }
            #expect((1...15).contains(seconds))
            watch.pass(.seconds(seconds))
            #expect(limiter.take(.reading, by: [.key(id: 1)]).isAllowed)
        }
    }

    // MARK: Several subjects

    @Test func `nobody is charged when one subject is refused`() {
        let limiter = limiter(RateLimit(60, burst: 5))
        for _ in 0..<5 { #expect(limiter.take(.reading, by: [.person(id: 1)]).isAllowed) }
        for _ in 0..<20 {
            #expect(!limiter.take(.reading, by: [.key(id: 1), .person(id: 1), .key(id: 2)]).isAllowed)
            #expect(!limiter.take(.reading, by: [.person(id: 1), .key(id: 1)]).isAllowed)
        }
        for id: Int64 in [1, 2] {
            guard case .allowed(_, _, let remaining, _) = limiter.take(.reading, by: [.key(id: id)]) else {
                Issue.record("key \(id) was charged")
                continue
            }
            #expect(remaining == 4)
        }
    }

    @Test func `the subject with the least room is the one that is told of`() {
        let limit = RateLimit(60, burst: 5)
        let limiter = limiter(limit)
        for _ in 0..<3 { _ = limiter.take(.reading, by: [.key(id: 1)]) }
        #expect(limiter.take(.reading, by: [.person(id: 1), .key(id: 1)]) == .allowed(.reading, limit: limit, remaining: 1, resetSeconds: 4))
        for _ in 0..<5 { _ = limiter.take(.reading, by: [.person(id: 2)]) }
        watch.pass(.milliseconds(500))
        for _ in 0..<3 { _ = limiter.take(.reading, by: [.key(id: 3)]) }
        // Both are waited for, whichever comes first.
        while limiter.take(.reading, by: [.key(id: 3)]).isAllowed {}
        let refused = RateLimitDecision.refused(.reading, limit: limit, retryAfterSeconds: 1)
        #expect(limiter.take(.reading, by: [.person(id: 2), .key(id: 3)]) == refused)
        #expect(limiter.take(.reading, by: [.key(id: 3), .person(id: 2)]) == refused)
    }

    @Test func `subjects of different kinds and budgets do not meet`() throws {
        let limits = RateLimits(reading: RateLimit(1), writing: RateLimit(1), signIn: RateLimit(1), offers: RateLimit(1), payments: RateLimit(1))
        let limiter = RateLimiter(limits, now: { [watch] in watch.now })
        let subjects: [RateLimitSubject] = [
            .key(id: 1), .person(id: 1), .key(id: 2), .wallet([1]), .wallet([1, 0]), try address("192.0.2.1"), try address("192.0.2.2"),
            try address("2001:db8::1"), try address("2001:db8:0:1::1"),
        ]
        for budget in RateLimitBudget.allCases {
            for subject in subjects { #expect(limiter.take(budget, by: [subject]).isAllowed, "\(budget) \(subject)") }
            for subject in subjects { #expect(!limiter.take(budget, by: [subject]).isAllowed, "\(budget) \(subject)") }
        }
    }

    @Test func `an IPv6 network and a mapped IPv4 address are counted as one`() throws {
        let limiter = limiter(RateLimit(1))
        #expect(limiter.take(.reading, by: [try address("2001:db8::1")]).isAllowed)
        #expect(!limiter.take(.reading, by: [try address("2001:db8::ffff:1:2:3")]).isAllowed)
        #expect(limiter.take(.reading, by: [try address("192.0.2.1")]).isAllowed)
        #expect(!limiter.take(.reading, by: [try address("::ffff:192.0.2.1")]).isAllowed)
    }

    // MARK: Memory

    @Test func `an attacker from countless addresses neither grows the table nor frees an exhausted bucket`() throws {
        let limit = RateLimit(10)
        let limiter = limiter(limit, capacity: 8192)
        while limiter.take(.reading, by: [.person(id: 1)]).isAllowed {}
        for number in 0..<200_000 {
            let bytes = [32, 1, 13, 184, 0] + (0..<3).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } + [UInt8](repeating: 0, count: 8)
            #expect(limiter.take(.reading, by: [.address(try #require(InternetAddress(bytes: bytes)))]).isAllowed)
        }
        #expect(limiter.forgotten >= 200_000 - 8192)
        #expect(!limiter.take(.reading, by: [.person(id: 1)]).isAllowed)
    }

    @Test func `a bucket that has run full again makes room before any other`() {
        let limiter = limiter(RateLimit(60, burst: 10), capacity: 8)
        for round: Int64 in 0..<100 {
            for id: Int64 in 0..<8 { #expect(limiter.take(.reading, by: [.key(id: round * 8 + id)]).isAllowed) }
            watch.pass(.seconds(1))
        }
        #expect(limiter.forgotten == 0)
        _ = limiter.take(.reading, by: [.key(id: 0), .key(id: 1), .key(id: 2), .key(id: 3), .key(id: 4), .key(id: 5), .key(id: 6), .key(id: 7)])
        _ = limiter.take(.reading, by: [.key(id: 8)])
        #expect(limiter.forgotten == 1)
    }

    @Test func `many threads together get exactly what there is`() async {
        let limiter = limiter(RateLimit(1000, window: 3600, burst: 1000))
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1000).filter { _ in limiter.take(.reading, by: [.key(id: 1)]).isAllowed }.count }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 1000)
    }

    // MARK: Settings and headers

    @Test func `what is switched off, and what nobody asks for, is not limited`() {
        let limiter = RateLimiter(.off)
        for budget in RateLimitBudget.allCases {
            for _ in 0..<5000 { #expect(limiter.take(budget, by: [.key(id: 1)]) == .unlimited) }
            #expect(RateLimits.standard[budget] != nil)
        }
        #expect(RateLimiter().take(.signIn, by: []) == .unlimited)
        #expect(RateLimitDecision.unlimited.headers == nil)
        #expect(RateLimitDecision.unlimited.isAllowed)
    }

    @Test func `the standard lets people work and guessers wait`() {
        let limiter = RateLimiter(now: { [watch] in watch.now })
        let counts = RateLimitBudget.allCases.map { budget in
            var count = 0
            while limiter.take(budget, by: [.key(id: 1)]).isAllowed { count += 1 }
            return count
        }
        #expect(counts == [200, 120, 10, 1000, 300])
        #expect(limiter.limits == .standard)
    }

    @Test func `a decision is told as the draft's two fields`() throws {
        let limit = RateLimit(600, burst: 200)
        let allowed = try #require(RateLimitDecision.allowed(.reading, limit: limit, remaining: 12, resetSeconds: 3).headers)
        #expect(allowed == (#""reading";q=600;w=60"#, #""reading";r=12;t=3"#))
        let refused = try #require(RateLimitDecision.refused(.signIn, limit: RateLimit(10), retryAfterSeconds: 6).headers)
        #expect(refused == (#""sign-in";q=10;w=60"#, #""sign-in";r=0;t=6"#))
    }
}
