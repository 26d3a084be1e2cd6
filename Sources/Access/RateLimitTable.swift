import Synchronization

/// The buckets of one budget (GCRA: a bucket is the moment at which it will be full again) in a fixed amount of memory.
///
/// It is built like a processor's cache: a bucket may stand in one of `ways` places that its fingerprint names, so no look-up is longer than
/// that, and nothing is ever allocated or swept. What is needed goes to the place whose bucket is full again first. That is an expired one
/// if there is any; else the one with the least debt. So whoever floods the table with fresh addresses pushes out fresh addresses,
/// and an exhausted bucket, such as that of somebody whose password is being guessed, stays.
///
/// Fingerprints are seeded anew in each process: nobody outside can choose which place an address falls on.
final class RateLimitTable: Sendable {
    private struct Bucket {
        var fingerprint: UInt64 = 0
        /// Nanoseconds of the limiter's clock.
        var full: Int64 = .min
    }

    private final class Shard: Sendable {
        let buckets: Mutex<[Bucket]>
        init(sets: Int) { buckets = Mutex([Bucket](repeating: Bucket(), count: sets * RateLimitTable.ways)) }
    }

    private static let ways = 8
    private let shards: [Shard]
    private let sets: UInt64
    private let pushedOut = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)

    /// - Parameter capacity: buckets at least; rounded up to a power of two. 16 bytes each.
    init(capacity: Int) {
        let count = capacity >= 4096 ? 16 : 1
        var sets = 1
        while sets * Self.ways * count < capacity { sets *= 2 }
        self.sets = UInt64(sets)
        shards = (0..<count).map { _ in Shard(sets: sets) }
    }

    /// How many buckets were forgotten while they still counted.
    var forgotten: Int { pushedOut.load(ordering: .relaxed) }

    /// How many requests were refused because of a bucket in here.
    var refusals: Int { refused.load(ordering: .relaxed) }

    func countRefusal() { refused.wrappingAdd(1, ordering: .relaxed) }

    /// How long the bucket of `fingerprint` will have been waiting to be full, in nanoseconds, when `cost` is added; adds it when that is at most `most`.
    /// - Parameter charging: whether it is added at all.
    func add(_ cost: Int64, to fingerprint: UInt64, at now: Int64, most: Int64, charging: Bool) -> Int64 {
        at(fingerprint) { bucket, isKnown in
            let start = isKnown ? max(bucket.full, now) : now
            let debt = start - now + cost
            guard charging, debt <= most else { return debt }
            if !isKnown, bucket.full > now { pushedOut.wrappingAdd(1, ordering: .relaxed) }
            bucket = Bucket(fingerprint: fingerprint, full: start + cost)
            return debt
        }
    }

    /// Takes back what was added. Nothing happens when the bucket has been forgotten since.
    func takeBack(_ cost: Int64, from fingerprint: UInt64) {
        at(fingerprint) { bucket, isKnown in
            if isKnown { bucket.full -= cost }
        }
    }

    /// The bucket's place: where it stands, else where it would go.
    private func at<Value: Sendable>(_ fingerprint: UInt64, _ body: (inout Bucket, _ isKnown: Bool) -> Value) -> Value {
        let shard = shards[Int(truncatingIfNeeded: fingerprint % UInt64(shards.count))]
        let first = Int(truncatingIfNeeded: (fingerprint >> 8) & (sets - 1)) * Self.ways
        return shard.buckets.withLock { buckets in
            var place = first
            for index in first..<first + Self.ways {
                if buckets[index].fingerprint == fingerprint, buckets[index].full != .min { return body(&buckets[index], true) }
                if buckets[index].full < buckets[place].full { place = index }
            }
            return body(&buckets[place], false)
        }
    }
}
