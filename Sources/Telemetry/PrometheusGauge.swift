public import CoreMetrics

/// A number that goes up and down.
public final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    private let sum = AtomicSum()

    init() {}

    public var value: Double { sum.value }

    public func set(_ value: Double) { sum.set(value) }
    public func set(_ value: Int64) { sum.set(Double(value)) }
    public func increment(by amount: Double) { sum.add(amount) }
    public func decrement(by amount: Double) { sum.add(-amount) }

    /// The last one recorded is the one that is told.
    public func record(_ value: Double) { set(value) }
    public func record(_ value: Int64) { set(value) }

    public func write(_ name: String, _ labels: String, to text: inout String) { PrometheusText.line(name, labels, value, to: &text) }
}
