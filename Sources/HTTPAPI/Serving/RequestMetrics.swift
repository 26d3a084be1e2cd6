import Domain
import HTTPTypes
import Hummingbird
import Logging
import Synchronization
public import Telemetry

/// Counts and times requests by route, method and status.
public final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private let registry: PrometheusRegistry
    private let known = Mutex<[Key: PrometheusHistogram]>([:])

    public init(_ registry: PrometheusRegistry) { self.registry = registry }

    /// What is measured, in Prometheus' text.
    public var text: String { registry.text() }

    func record(route: String?, method: HTTPRequest.Method, status: HTTPResponse.Status, took duration: Duration) {
        // Made-up methods and addresses share one series.
        let isKnown = [.get, .head, .options, .post, .put, .patch, .delete].contains(method)
        let key = Key(route: route ?? "none", method: isKnown ? method.rawValue : "other", status: status.code)
        let histogram = known.withLock { known in
            if let histogram = known[key] { return histogram }
            let histogram = registry.histogram(
                "pushcart_http_request_seconds", help: "Time from a request's head to its answer's head.",
                labels: [("route", key.route), ("method", key.method), ("status", String(key.status))])
            known[key] = histogram
            return histogram
        }
        histogram.record(duration)
    }
}

/// Times each request and, where the log's level is debug, tells of it: method, route and status, never the address itself, which may hold secrets.
struct MetricsMiddleware: RouterMiddleware {
    let shop: Shop

    func handle(_ request: Request, context: ShopContext, next: @concurrent (Request, ShopContext) async throws -> Response) async throws -> Response
    {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let took = ContinuousClock.now - start
        shop.metrics.record(route: context.endpointPath, method: request.method, status: response.status, took: took)
        if shop.log.logLevel <= .debug {
            shop.log.debug(
                "request",
                metadata: [
                    "method": "\(request.method)", "route": "\(context.endpointPath ?? "none")", "status": "\(response.status.code)",
                    "microseconds": "\(took.components.attoseconds / 1_000_000_000_000)", "request": "\(context.id)",
                ])
        }
        return response
    }
}

/// `/metrics`, for whoever may read measurements: behind a proxy every peer looks local, so that no address is enough.
struct MetricsRoutes: Sendable {
    let shop: Shop

    var answer: Response { .text(shop.metrics.text, type: PrometheusRegistry.contentType, headers: [.cacheControl: "no-store"]) }

    func add(to router: Router<ShopContext>) {
        router.resource(
            "/metrics",
            [
                .get: { request, context in
                    guard let caller = try await shop.caller(request, context) else {
                        throw Problem(
                            .unauthorized, "Send a key with the permission “metrics:read”, or ask the control socket.",
                            headers: [.wwwAuthenticate: "Bearer"])
                    }
                    guard caller.may(.metricsRead) else {
                        throw Problem(.forbidden, "This needs the permission “metrics:read”.", kind: "permission-missing")
                    }
                    return answer
                }
            ])
    }
}
