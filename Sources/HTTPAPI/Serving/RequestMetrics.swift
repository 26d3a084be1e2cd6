import Domain
import HTTPTypes
import Synchronization
public import Telemetry

/// Counts and times requests by route, method and status.
public final class RequestMetrics: Sendable {
    private struct Series {
        let method: String
        let status: Int
        let histogram: PrometheusHistogram
    }

    private struct Route {
        let name: String
        /// A handful: the methods that it takes, each with the few statuses it answers with.
        var series: [Series] = []
    }

    private let registry: PrometheusRegistry
    /// By the length of their names, so that one is found with a comparison or two and nothing is hashed.
    private let routes = Mutex([[Route]](repeating: [], count: 64))

    public init(_ registry: PrometheusRegistry) { self.registry = registry }

    /// What is measured, in Prometheus' text.
    public var text: String { registry.text() }

    /// The methods that have a name of their own; made-up ones share `other`.
    private static let methods = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]

    /// A method as measurements and logs name it: whatever a visitor writes is none of their words.
    static func name(_ method: HTTPRequest.Method) -> String {
        let text = method.rawValue
        return methods.first { $0 == text } ?? "other"
    }

    /// - Parameter route: the pattern of the route, never an address; nil where nothing was found.
    func record(route: String?, method: HTTPRequest.Method, status: HTTPResponse.Status, nanoseconds: Int64) {
        let (route, method) = (route ?? "none", Self.name(method))
        let histogram = routes.withLock { routes in
            let bucket = min(route.utf8.count, routes.count - 1)
            for index in routes[bucket].indices where routes[bucket][index].name == route {
                for series in routes[bucket][index].series where series.status == status.code && series.method == method { return series.histogram }
                let made = make(route, method, status.code)
                routes[bucket][index].series.append(made)
                return made.histogram
            }
            let made = make(route, method, status.code)
            routes[bucket].append(Route(name: route, series: [made]))
            return made.histogram
        }
        histogram.recordNanoseconds(nanoseconds)
    }

    private func make(_ route: String, _ method: String, _ status: Int) -> Series {
        Series(
            method: method, status: status,
            histogram: registry.histogram(
                "pushcart_http_request_seconds", help: "Time from a request's head to its answer's head.",
                labels: [("route", route), ("method", method), ("status", String(status))]))
    }
}
