public import CoreMetrics
import Synchronization

/// A number that only grows, until the process ends. What is not a positive number is not added.
public final class PrometheusCounter: PrometheusSeries, CounterHandler, FloatingPointCounterHandler {
    /// Whole numbers and fractions apart: adding 1 is then a single instruction.
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicSum()

    init() {}

    public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.value }

    public func increment() { whole.wrappingAdd(1, ordering: .relaxed) }

    public func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    public func increment(by amount: Double) {
        if amount > 0, amount.isFinite { fraction.add(amount) }
    }

    public func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.set(0)
    }

    public func write(_ name: String, _ labels: String, to text: inout String) { PrometheusText.line(name, labels, value, to: &text) }
}
