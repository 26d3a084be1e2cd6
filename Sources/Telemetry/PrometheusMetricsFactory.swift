public import CoreMetrics

/// What libraries count through swift-metrics, in the same registry as our own. Dots in names become `_`; a timer's name ends in `_seconds`.
public struct PrometheusMetricsFactory: MetricsFactory {
    private let registry: PrometheusRegistry
    private let buckets: [String: [Double]]

    /// - Parameter buckets: for recorders and timers whose label is named here; else `PrometheusHistogram.seconds` and `.sizes`.
    public init(_ registry: PrometheusRegistry, buckets: [String: [Double]] = [:]) {
        self.registry = registry
        self.buckets = buckets
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        registry.counter(label, labels: dimensions)
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        registry.counter(label, labels: dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        registry.gauge(label, labels: dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return registry.gauge(label, labels: dimensions) }
        return registry.histogram(label, labels: dimensions, buckets: buckets[label] ?? PrometheusHistogram.sizes)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("seconds") ? label : "\(label)_seconds"
        return registry.histogram(name, labels: dimensions, buckets: buckets[label] ?? PrometheusHistogram.seconds)
    }

    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    private func forget(_ handler: AnyObject) {
        if let series = handler as? any PrometheusSeries { registry.remove(series) }
    }
}
