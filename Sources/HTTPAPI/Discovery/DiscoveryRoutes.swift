import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage
import X402

/// What is for sale, for machines: all from the one catalogue.
struct DiscoveryRoutes: Sendable {
    let shop: Shop
    private static let limit = 1000

    func add(to router: Router<ShopContext>) {
        router.resource("/.well-known/x402", [.get: { _, _ in try await wellKnown() }])
        router.resource("/.well-known/pushcart-audit.json", [.get: { _, _ in try await audit() }])
        router.resource("/discovery/resources", [.get: { request, _ in try await resources(request) }])
        router.resource("/llms.txt", [.get: { _, _ in try await llms() }])
    }

    private var published: [Product] {
        get async throws { try await shop.reader.products(states: [.published], limit: Self.limit) }
    }

    private static let open: HTTPFields = [.accessControlAllowOrigin: "*", .cacheControl: "public, max-age=60"]

    private func wellKnown() async throws -> Response {
        let json: JSONObject = [
            "version": 1, "x402Version": 2, "service": .string(shop.settings.name), "practice": .bool(shop.isPractice),
            "resources": .array(try await published.flatMap(addresses).map(JSONValue.string)),
            "discovery": .string("\(shop.origin)/discovery/resources"),
        ]
        return .json(JSONValue.object(json).encoded(), headers: Self.open)
    }

    /// By which keys the audit log is signed and where it stands: what a receipt is checked against. Nothing in it is about anybody.
    private func audit() async throws -> Response {
        let today = try shop.auditKey()
        let keys = (today.map { [$0] } ?? []) + (try await shop.reader.auditKeys()).filter { $0 != today }
        var json: JSONObject = [
            "version": 1, "shop": .string(shop.origin), "algorithm": "Ed25519", "keys": .array(keys.map { .string(lowercaseHex($0)) }),
        ]
        if let head = try await shop.reader.auditHead() { json["head"] = .object(ReceiptProofJSON.head(head, head.head)) }
        return .json(JSONValue.object(json).encoded(), headers: Self.open)
    }

    /// The list as x402's discovery API has it (v2, section 8): `limit` and `offset` in, `items` and `pagination` out.
    private func resources(_ request: Request) async throws -> Response {
        let limit = try number(request, "limit", 100, in: 1...500)
        let offset = try number(request, "offset", 0, in: 0...Self.limit)
        let all = try await published.flatMap(entries)
        let items = all.dropFirst(offset).prefix(limit).map(item)
        let json: JSONObject = [
            "x402Version": 2, "items": .array(Array(items)),
            "pagination": ["limit": .integer(limit), "offset": .integer(offset), "total": .integer(all.count)],
        ]
        return .json(JSONValue.object(json).encoded(), headers: Self.open)
    }

    /// What can be bought at one address, and how.
    private struct Entry {
        let product: Product
        let url: String
        /// Nil for what is sold whole.
        let method: String?
        let terms: PaymentTerms
    }

    /// The addresses of a product: one, or those of an API's routes as they are written.
    private func addresses(_ product: Product) -> [String] {
        product.api == nil ? [shop.offers.url(product)] : shop.offers.calls(product).map(\.url)
    }

    /// Empty for what cannot be paid now.
    private func entries(_ product: Product) -> [Entry] {
        guard product.api != nil else {
            return shop.offers.terms(product).map { [Entry(product: product, url: shop.offers.url(product), method: nil, terms: $0)] } ?? []
        }
        return shop.offers.calls(product).compactMap { call in
            shop.offers.terms(call).map { Entry(product: product, url: call.url, method: call.method, terms: $0) }
        }
    }

    private func item(_ entry: Entry) -> JSONValue {
        let product = entry.product
        var metadata: JSONObject = [
            "title": .string(product.title), "description": .string(product.summary), "mimeType": .string(product.content.mediaType),
            "tags": .array(product.tags.map(JSONValue.string)),
        ]
        if let method = entry.method { metadata["method"] = .string(method) }
        return [
            "resource": .string(entry.url), "type": "http", "x402Version": 2,
            "accepts": .array(entry.terms.requirements.map { .object($0.json) }), "lastUpdated": .string(product.updatedAt.iso8601),
            "metadata": .object(metadata),
        ]
    }

    private func number(_ request: Request, _ name: String, _ standard: Int, in range: ClosedRange<Int>) throws(Problem) -> Int {
        guard let text = request.uri.queryParameters[Substring(name)] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(.badRequest, "“\(name)” is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// The shop in Markdown for language models (llmstxt.org).
    private func llms() async throws -> Response {
        let products = try await published
        var text = """
            # \(shop.settings.name)

            > A shop that AI agents can buy from over HTTP 402 with x402 (versions 2 and 1). GET a product's address: the answer is 402 with \
            the price in the PAYMENT-REQUIRED header; sign it and send the same request again with PAYMENT-SIGNATURE.\
            \(shop.isPractice ? " This shop takes practice money only: signatures are checked, nothing real is spent." : "")

            The same payment may be sent again at any time: it is never taken twice.

            To try a purchase with practice money, put `/sandbox` before a product's path (\(shop.origin)\(ShopDoor.practice.path){slug}): \
            everything is as with real money, and a sample is given instead of the goods.

            ## Products


            """
        for product in products {
            text += "- [\(product.title)](\(shop.offers.url(product))): \(product.price)\(product.summary.isEmpty ? "" : ". \(product.summary)")\n"
            for line in Self.routes(product) { text += "  - \(line)\n" }
        }
        if products.isEmpty { text += "Nothing for sale yet.\n" }
        text += "\n## Discovery\n\n- [All offers as JSON](\(shop.origin)/discovery/resources)\n"
        return .text(text, type: "text/markdown; charset=utf-8", headers: Self.open)
    }

    /// What of an API may be called, and at what price, a line for each.
    static func routes(_ product: Product) -> [String] {
        guard let api = product.api else { return [] }
        guard !api.routes.isEmpty else { return ["An API: any path below this address, each call \(product.price)"] }
        return api.routes.map { "`\($0.name)`, each call \($0.price.map { "\($0) \(product.price.currency)" } ?? product.price.description)" }
    }
}
