import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Payments
import Storage

/// What the owner's commands do, under `/api/v1`. Served on the control socket, where whoever may connect is the owner.
struct ManagementRoutes: Sendable {
    let shop: Shop
    private static let bodyLimit = 65_536

    func add(to router: Router<ShopContext>) {
        router.resource("/api/v1/status", [.get: { _, _ in try await status() }])
        router.resource("/api/v1/contents", [.post: { request, _ in try await receive(request) }])
        router.resource(
            "/api/v1/products",
            [.get: { request, _ in try await list(request) }, .post: { request, context in try await add(request, context) }])
        router.resource(
            "/api/v1/products/:slug",
            [.get: { _, context in try await show(context) }, .patch: { request, context in try await edit(request, context) }])
        router.resource("/api/v1/orders", [.get: { request, _ in try await orders(request) }])
        router.resource("/api/v1/orders/:id", [.get: { _, context in try await order(context) }])
        router.resource("/api/v1/sales", [.get: { _, _ in try await sales() }])
    }

    private func actor(_ context: ShopContext) async throws -> String {
        guard let actor = await context.localActor() else { throw Problem(.unauthorized, "Only the control socket may do this.") }
        return actor
    }

    private func body(_ request: Request) async throws -> JSONValue {
        let buffer: ByteBuffer
        do { buffer = try await request.body.collect(upTo: Self.bodyLimit) } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, "The body is longer than \(Self.bodyLimit) bytes.")
        }
        do { return try JSONValue(parsing: buffer.readableBytesView) } catch { throw Problem(.badRequest, "The body is not JSON: \(error)") }
    }

    // MARK: Status

    private func status() async throws -> Response {
        let load = shop.writerLoad()
        let options = shop.offers.options.map { option, shortfall -> JSONValue in
            var json: JSONObject = [
                "network": .string(option.network.description), "name": .string(option.networkName), "asset": .string(option.asset.symbol),
                "payTo": .string(option.payToText), "sandbox": .bool(option.sandbox), "ready": .bool(shortfall == nil),
            ]
            if let shortfall { json["reason"] = .string(shortfall) }
            return .object(json)
        }
        let json: JSONObject = [
            "version": .string(shop.version), "shop": .string(shop.settings.name), "origin": .string(shop.origin),
            "practice": .bool(shop.isPractice), "startedAt": .string(shop.started.iso8601), "payments": .array(options),
            "openPayments": .integer(try await shop.reader.countOpenPayments()),
            "unmatchedIncome": .integer(try await shop.reader.unmatchedIncomeCount()),
            "products": .integer(try await shop.reader.products(states: [.published], limit: 1000).count),
            "writer": [
                "writes": .integer(load.writes), "commits": .integer(load.commits),
                "processorMicroseconds": .integer(load.processorNanoseconds / 1000),
            ],
        ]
        return .json(JSONValue.object(json).encoded())
    }

    // MARK: Products

    /// Takes in the bytes of a product, of any length; the answer names them by their digest.
    private func receive(_ request: Request) async throws -> Response {
        var incoming = try shop.catalogue.contents.receive()
        for try await chunk in request.body { try chunk.withUnsafeReadableBytes { try incoming.append($0) } }
        let (digest, length) = try shop.catalogue.contents.keep(incoming)
        let json: JSONObject = ["sha256": .string(digest.description), "length": .integer(length)]
        return .json(JSONValue.object(json).encoded(), status: .created)
    }

    private func list(_ request: Request) async throws -> Response {
        let limit = try Self.limit(request)
        let products = try await shop.reader.products(before: try Self.before(request), limit: limit)
        var json: JSONObject = ["items": .array(products.map { .object(ProductJSON.write($0, shop)) })]
        if products.count == limit, let last = products.last { json["next"] = .string(String(last.id)) }
        return .json(JSONValue.object(json).encoded())
    }

    static func limit(_ request: Request) throws(Problem) -> Int {
        guard let text = request.uri.queryParameters["limit"] else { return 50 }
        guard let limit = Int(text), (1...500).contains(limit) else { throw Problem(.badRequest, "“limit” is a number from 1 to 500.") }
        return limit
    }

    static func before(_ request: Request) throws(Problem) -> Int64? {
        guard let text = request.uri.queryParameters["before"] else { return nil }
        guard let before = Int64(text), before > 0 else { throw Problem(.badRequest, "“before” is the value of “next” in an earlier answer.") }
        return before
    }

    private func slug(_ context: ShopContext) throws(Problem) -> Slug {
        guard let slug = context.parameters.get("slug").flatMap({ Slug($0) }) else { throw .notFound }
        return slug
    }

    private func show(_ context: ShopContext) async throws -> Response {
        guard let product = try await shop.catalogue.product(try slug(context)) else { throw Self.noProduct }
        return .json(JSONValue.object(ProductJSON.write(product, shop)).encoded())
    }

    private static let noProduct = Problem(.notFound, "There is no product of that name; “pushcart product list” shows those there are.")

    private func add(_ request: Request, _ context: ShopContext) async throws -> Response {
        let actor = try await actor(context)
        var fields = ProductFields(try await body(request))
        let slug = fields.slug()
        let title = fields.title(.required)
        let summary = fields.summary() ?? ""
        let kind = fields.kind()
        let price = fields.price(.required, default: shop.settings.currency)
        let tags = fields.tags() ?? []
        let repeatable = fields.repeatable() ?? false
        let state = fields.state() ?? .published
        let named = fields.content(.required)
        if let price, let problem = payability(price) { fields.refuse("price", problem) }
        fields.finish()
        let stored = try content(named, kind: kind, &fields)
        guard fields.problems.isEmpty, let slug, let title, let kind, let price, let stored else { throw Problem.invalid(fields.problems) }
        let draft = ProductDraft(
            slug: slug, title: title, summary: summary, kind: kind, price: price, tags: tags, repeatable: repeatable, state: state,
            content: stored)
        switch try await shop.catalogue.add(draft, actor: actor) {
        case .created(let product): return .json(JSONValue.object(ProductJSON.write(product, shop)).encoded(), status: .created)
        case .slugTaken:
            throw Problem(
                .conflict, "There is a product named “\(slug)” already; choose another slug, or change that one with “pushcart product edit”.")
        }
    }

    private func edit(_ request: Request, _ context: ShopContext) async throws -> Response {
        let actor = try await actor(context)
        let slug = try slug(context)
        guard let product = try await shop.catalogue.product(slug) else { throw Self.noProduct }
        var fields = ProductFields(try await body(request))
        var edit = ProductEdit()
        edit.title = fields.title(.optional)
        edit.summary = fields.summary()
        edit.price = fields.price(.optional, default: product.price.currency)
        edit.tags = fields.tags()
        edit.repeatable = fields.repeatable()
        edit.state = fields.state()
        let named = fields.content(.optional)
        if let price = edit.price, let problem = payability(price) { fields.refuse("price", problem) }
        fields.finish()
        edit.content = try content(named, kind: product.kind, &fields)
        guard fields.problems.isEmpty else { throw Problem.invalid(fields.problems) }
        guard let edited = try await shop.catalogue.edit(slug, edit, actor: actor) else { throw Self.noProduct }
        return .json(JSONValue.object(ProductJSON.write(edited, shop)).encoded())
    }

    /// Why nobody could pay a price, or nil.
    private func payability(_ price: Money) -> String? {
        let assets = shop.offers.options.map(\.option.asset)
        guard let asset = assets.first(where: { $0.currency == price.currency }) else {
            let known = Set(assets.map(\.currency.code)).sorted().joined(separator: ", ")
            return "nothing that this shop is paid in stands for \(price.currency); use \(known)"
        }
        do { _ = try price.atomic(decimals: asset.decimals) } catch { return error.description }
        return nil
    }

    private func content(
        _ named: (digest: ContentDigest, mediaType: String, fileName: String)?, kind: Product.Kind?, _ fields: inout ProductFields
    ) throws -> Content? {
        guard let named else { return nil }
        guard let length = shop.catalogue.contents.length(named.digest) else {
            fields.refuse("content", "send the bytes to /api/v1/contents first")
            return nil
        }
        if kind == .article {
            if length > ProductRules.maximumArticleLength {
                fields.refuse("content", "an article has at most \(sizeText(ProductRules.maximumArticleLength))")
                return nil
            }
            do { _ = try Article(bytes: try shop.catalogue.contents.bytes(named.digest)) } catch let error as ArticleError {
                fields.refuse("content", error.description)
                return nil
            }
        }
        return Content(digest: named.digest, length: length, mediaType: named.mediaType, fileName: named.fileName)
    }

    // MARK: Orders

    private func option(_ network: Network, _ asset: [UInt8]) -> PaymentOption? {
        shop.offers.options.first { $0.option.network == network && $0.option.asset.address == asset }?.option
    }

    private func write(_ sale: Sale) -> JSONValue {
        var json = PaymentJSON.facts(sale.payment, option(sale.payment.authorization.key.network, sale.payment.authorization.key.asset))
        json["id"] = .integer(sale.order.id)
        json["order"] = .string(sale.order.number)
        json["product"] = ["slug": .string(sale.slug), "title": .string(sale.title)]
        json["receiptURL"] = .string("\(shop.origin)/r/\(sale.payment.receiptID)")
        return .object(json)
    }

    private func orders(_ request: Request) async throws -> Response {
        let limit = try Self.limit(request)
        let sales = try await shop.reader.sales(before: try Self.before(request), limit: limit)
        var json: JSONObject = ["items": .array(sales.map(write))]
        if sales.count == limit, let last = sales.last { json["next"] = .string(String(last.order.id)) }
        return .json(JSONValue.object(json).encoded())
    }

    /// An order by its number, such as `2026-000123`, or by the count alone.
    private func order(_ context: ShopContext) async throws -> Response {
        let text = context.parameters.get("id") ?? ""
        guard let id = Int64(text.split(separator: "-").last ?? ""), id > 0, let sale = try await shop.reader.sale(orderID: id),
            !text.contains("-") || sale.order.number == text
        else { throw Problem(.notFound, "There is no order of that number; “pushcart order list” shows those there are.") }
        return .json(write(sale).encoded())
    }

    private func sales() async throws -> Response {
        let totals = try await shop.reader.salesTotals().map { total -> JSONValue in
            var json: JSONObject = [
                "network": .string(total.network.description), "sandbox": .bool(total.sandbox), "count": .integer(total.count),
                "amountAtomic": .string(total.amount.description),
            ]
            if let option = option(total.network, total.asset) {
                json["amount"] = .string(option.asset.decimal(total.amount))
                json["asset"] = .string(option.asset.symbol)
                json["name"] = .string(option.networkName)
            }
            return .object(json)
        }
        let latest = try await shop.reader.sales(limit: 20).map(write)
        return .json(JSONValue.object(["totals": .array(totals), "latest": .array(latest)]).encoded())
    }
}
