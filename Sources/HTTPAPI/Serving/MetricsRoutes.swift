import Domain
import HTTPTypes
import Hummingbird
import Telemetry

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
