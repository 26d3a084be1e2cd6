import Synchronization

/// How often the links of each payment were revoked: in memory, so that making a link asks no database.
public final class LinkSeries: Sendable {
    private let series: Mutex<[Int64: Int64]>

    /// - Parameter series: what was revoked before, by the payment's number.
    public init(_ series: [Int64: Int64] = [:]) { self.series = Mutex(series) }

    /// Links of an earlier series are worth nothing from now on.
    public func set(_ number: Int64, paymentID: Int64) {
        series.withLock { series in series[paymentID] = max(number, series[paymentID] ?? 0) }
    }

    func current(_ paymentID: Int64) -> Int64 { series.withLock { $0[paymentID] ?? 0 } }
}
