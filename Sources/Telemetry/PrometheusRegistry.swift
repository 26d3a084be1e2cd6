import Synchronization

/// What the process counts, as Prometheus reads it (text exposition format 0.0.4).
///
/// A series is looked up once and kept: adding to it then takes no lock and no memory. The number of series is bounded; what comes
/// after that is counted together in one series of its family, `overflow="true"`, so that no visitor's invention can fill the memory.
public final class PrometheusRegistry: Sendable {
    private struct Family {
        let kind: PrometheusKind
        var help: String
        /// By rendered labels.
        var series: [String: any PrometheusSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var count = 0
    }

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    private static let overflow = #"overflow="true""#

    private let state = Mutex(State())
    private let maximumSeries: Int
    private let turnedAway = PrometheusCounter()

    /// - Parameter maximumSeries: a histogram counts as one.
    public init(maximumSeries: Int = 5000) {
        precondition(maximumSeries > 0, "a registry holds something")
        self.maximumSeries = maximumSeries
        let help = "Series that were asked for and found no room, or whose name was taken by another kind of metric."
        state.withLock { $0.families["telemetry_series_refused_total"] = Family(kind: .counter, help: help, series: ["": turnedAway]) }
    }

    /// A number that only grows. Its name ends in `_total`; the ending is added where it is missing.
    public func counter(_ name: String, help: String = "", labels: [(String, String)] = []) -> PrometheusCounter {
        series(.counter, name, help, labels) { PrometheusCounter() }
    }

    public func gauge(_ name: String, help: String = "", labels: [(String, String)] = []) -> PrometheusGauge {
        series(.gauge, name, help, labels) { PrometheusGauge() }
    }

    /// - Parameter buckets: upper limits, rising; the infinite one is added.
    public func histogram(
        _ name: String, help: String = "", labels: [(String, String)] = [], buckets: [Double] = PrometheusHistogram.seconds
    ) -> PrometheusHistogram {
        series(.histogram, name, help, labels) { PrometheusHistogram(buckets: buckets) }
    }

    /// A gauge that is asked whenever somebody looks. A nil is left out. A second closure for the same series takes the first one's place.
    public func gauge(_ name: String, help: String = "", labels: [(String, String)] = [], read: @escaping @Sendable () -> Double?) {
        series(.gauge, name, help, labels, replacing: true) { PrometheusReading(read) }
    }

    /// A counter that somebody else keeps.
    public func counter(_ name: String, help: String = "", labels: [(String, String)] = [], read: @escaping @Sendable () -> Double?) {
        series(.counter, name, help, labels, replacing: true) { PrometheusReading(read) }
    }

    /// Forgets a series, wherever it is. Whoever still holds it adds to something that nobody sees.
    public func remove(_ series: any PrometheusSeries) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === series })?.key, labels != Self.overflow else { continue }
                state.families[name]?.series[labels] = nil
                state.count -= 1
                if family.series.count == 1 { state.families[name] = nil }
            }
        }
    }

    /// All of it, families and series in the order of their names.
    public func text() -> String {
        // Closures are asked outside the lock: they may count something themselves.
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            var lines = ""
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, to: &lines) }
            guard !lines.isEmpty else { continue }
            if !family.help.isEmpty { text += "# HELP \(name) \(PrometheusText.escaped(family.help, quote: false))\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            text += lines
        }
        return text
    }

    /// What is there under this name and these labels, else what `make` makes, if there is room.
    @discardableResult
    private func series<Series: PrometheusSeries>(
        _ kind: PrometheusKind, _ name: String, _ help: String, _ labels: [(String, String)], replacing: Bool = false, make: () -> Series
    ) -> Series {
        let name = kind.name(PrometheusText.name(name))
        let labels = PrometheusText.labels(labels, isHistogram: kind == .histogram)
        // Made before the lock is taken; what is not needed is dropped.
        let made = make()
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind, help: help)
            if family.help.isEmpty { family.help = help }
            if family.kind == kind, let known = family.series[labels] as? Series {
                if replacing { family.series[labels] = made }
                state.families[name] = family
                return replacing ? made : known
            }
            guard family.kind == kind, family.series[labels] == nil else {
                turnedAway.increment()
                return made
            }
            guard state.count < maximumSeries else {
                turnedAway.increment()
                // A family that never had a series gets none now: names may be as many as labels.
                guard !family.series.isEmpty else { return made }
                if let known = family.series[Self.overflow] as? Series { return known }
                family.series[Self.overflow] = made
                state.families[name] = family
                return made
            }
            state.count += 1
            family.series[labels] = made
            state.families[name] = family
            return made
        }
    }
}
