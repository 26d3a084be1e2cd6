import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// Live and ready, for whoever watches the process.
struct HealthRoutes: Sendable {
    let shop: Shop

    func add(to router: Router<ShopContext>) {
        router.resource("/healthz", [.get: { _, _ in .text("ok\n", type: "text/plain", headers: [.cacheControl: "no-store"]) }])
        router.resource("/readyz", [.get: { _, _ in ready() }])
    }

    /// 200 when the database answers and something can be paid; else 503 with each reason.
    private func ready() -> Response {
        var reasons: [JSONValue] = []
        do { _ = try shop.reader.settings() } catch { reasons.append("The database does not answer.") }
        for (option, shortfall) in shop.offers.options {
            if let shortfall { reasons.append(.string("\(option.networkName): \(shortfall)")) }
        }
        let isReady = !shop.offers.payable.isEmpty && reasons.first?.string?.hasPrefix("The database") != true
        let json: JSONObject = ["ready": .bool(isReady), "reasons": .array(reasons)]
        return .json(JSONValue.object(json).encoded(), status: isReady ? .ok : .serviceUnavailable, headers: [.cacheControl: "no-store"])
    }
}
