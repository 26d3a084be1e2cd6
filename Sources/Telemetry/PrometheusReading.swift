/// A number that is asked for when somebody looks.
final class PrometheusReading: PrometheusSeries {
    private let read: @Sendable () -> Double?

    init(_ read: @escaping @Sendable () -> Double?) { self.read = read }

    func write(_ name: String, _ labels: String, to text: inout String) {
        if let value = read() { PrometheusText.line(name, labels, value, to: &text) }
    }
}
