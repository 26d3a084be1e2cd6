public import CoreMetrics
import Synchronization

/// How often values fell below fixed limits, and their sum. Durations are in seconds.
public final class PrometheusHistogram: PrometheusSeries, RecorderHandler, TimerHandler {
    private final class Bucket: Sendable {
        let limit: Double
        let count = Atomic<UInt64>(0)
        init(_ limit: Double) { self.limit = limit }
    }

    /// For what takes between a tenth of a millisecond and ten seconds.
    public static let seconds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// For bytes, rows and other counts.
    public static let sizes = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000].map(Double.init)

    /// Rising; each counts only what its lower neighbour did not take. The last one is infinite.
    private let buckets: [Bucket]
    private let sum = AtomicSum()

    init(buckets: [Double]) {
        self.buckets = (Set(buckets.filter(\.isFinite)).sorted() + [.infinity]).map(Bucket.init)
    }

    /// What is not a number is not counted.
    public func record(_ value: Double) {
        guard !value.isNaN else { return }
        var (low, high) = (0, buckets.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if value <= buckets[middle].limit { high = middle } else { low = middle + 1 }
        }
        buckets[low].count.wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    public func record(_ value: Int64) { record(Double(value)) }
    public func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    public func record(_ duration: Duration) {
        record(Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1_000_000_000_000_000_000)
    }

    public func write(_ name: String, _ labels: String, to text: inout String) {
        let comma = labels.isEmpty ? "" : ","
        var count: UInt64 = 0
        for bucket in buckets {
            count += bucket.count.load(ordering: .relaxed)
            PrometheusText.line("\(name)_bucket", "\(labels)\(comma)le=\"\(PrometheusText.number(bucket.limit))\"", Double(count), to: &text)
        }
        PrometheusText.line("\(name)_sum", labels, sum.value, to: &text)
        PrometheusText.line("\(name)_count", labels, Double(count), to: &text)
    }
}
