/// Counts what keys, people, wallets and addresses do, and says when it is enough.
///
/// All in memory: a restart forgives. The memory is fixed, see `RateLimitTable`.
public final class RateLimiter: Sendable {
    public let limits: RateLimits
    private let tables: [RateLimitBudget: RateLimitTable]
    private let start: ContinuousClock.Instant
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - capacity: how many buckets each limited budget has; 16 bytes each.
    ///   - now: the clock; a test gives its own.
    public init(_ limits: RateLimits = .standard, capacity: Int = 32_768, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        precondition(capacity > 0, "a limiter remembers somebody")
        self.limits = limits
        self.now = now
        start = now()
        tables = Dictionary(
            uniqueKeysWithValues: RateLimitBudget.allCases.filter { limits[$0] != nil }.map { ($0, RateLimitTable(capacity: capacity)) })
    }

    /// How many buckets were forgotten while they still counted: somebody comes from more addresses than there is memory for.
    public var forgotten: Int { tables.values.reduce(0) { $0 + $1.forgotten } }

    /// For how many seconds a subject has no turn left, which counts as a refusal; nil when it has one. Takes nothing: it may not be proved yet that it is the subject who asks.
    public func wait(_ budget: RateLimitBudget, for subject: RateLimitSubject) -> Int? {
        guard let limit = limits[budget], let table = tables[budget] else { return nil }
        let most = Int64(limit.burst) * limit.interval
        let moment = start.duration(to: now()).inNanoseconds
        let debt = table.add(limit.interval, to: Self.fingerprint(subject), at: moment, most: most, charging: false)
        guard debt > most else { return nil }
        table.countRefusal()
        return Self.seconds(debt - most)
    }

    /// How many requests a budget has refused.
    public func refusals(_ budget: RateLimitBudget) -> Int { tables[budget]?.refusals ?? 0 }

    /// Takes one turn from each of the subjects' buckets, or, when one of them has none left, from nobody's.
    ///
    /// A turn that is given back, because a later subject was refused, was gone for some nanoseconds: two requests that race for the
    /// last turn may both be refused, never both be let in.
    /// - Parameter subjects: each of them once.
    public func take(_ budget: RateLimitBudget, by subjects: [RateLimitSubject]) -> RateLimitDecision {
        guard let limit = limits[budget], let table = tables[budget], !subjects.isEmpty else { return .unlimited }
        let moment = start.duration(to: now()).inNanoseconds
        let most = Int64(limit.burst) * limit.interval
        var (worst, charged) = (0 as Int64, 0)
        for subject in subjects {
            let debt = table.add(limit.interval, to: Self.fingerprint(subject), at: moment, most: most, charging: worst <= most)
            worst = max(worst, debt)
            if worst <= most { charged += 1 }
        }
        guard worst > most else {
            return .allowed(
                budget, limit: limit, remaining: Int((most - worst) / limit.interval), resetSeconds: Self.seconds(worst))
        }
        for subject in subjects.prefix(charged) { table.takeBack(limit.interval, from: Self.fingerprint(subject)) }
        table.countRefusal()
        return .refused(budget, limit: limit, retryAfterSeconds: Self.seconds(worst - most))
    }

    private static func fingerprint(_ subject: RateLimitSubject) -> UInt64 {
        UInt64(truncatingIfNeeded: subject.hashValue)
    }

    /// Rounded up, so that whoever waits as told is let in.
    private static func seconds(_ nanoseconds: Int64) -> Int { Int((nanoseconds + 999_999_999) / 1_000_000_000) }
}

extension Duration {
    fileprivate var inNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
