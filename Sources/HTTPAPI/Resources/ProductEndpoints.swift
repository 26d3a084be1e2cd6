import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// Products: what is for sale.
struct ProductEndpoints: Sendable {
    let shop: Shop

    private static let slug = EndpointParameter.path("slug", "The product's name in addresses.", example: "summer-song")

    enum Order: String, CaseIterable, Sendable { case newest, oldest, slug }

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/products", id: "products.list", summary: "List products", access: .permission(.productsRead),
                parameters: [
                    .limit, .cursor, .query("state", JSONType<Product.State>.choice, "Only those in this state."),
                    .query("sort", JSONType<Order>.choice, "Newest first when not said."),
                ], answers: [.page("Product", "A page of products.")]
            ) { call in try await list(call) },
            Endpoint(
                method: .post, path: "/products", id: "products.create", summary: "Add a product",
                details: "The bytes go to `/contents` first, which answers their SHA-256; an API has an upstream instead.",
                access: .permission(.productsWrite),
                body: .json(ProductView.resource.creationSchema, example: Self.example), answers: [.created("Product", "The product.")],
                refusals: [(.conflict, "The slug is taken.")]
            ) { call in try await create(call) },
            Endpoint(
                method: .get, path: "/products/{slug}", id: "products.show", summary: "Show a product", access: .permission(.productsRead),
                parameters: [Self.slug], answers: [Self.edition("The product.")]
            ) { call in answer(try await find(call)).response },
            Endpoint(
                method: .patch, path: "/products/{slug}", id: "products.edit", summary: "Change a product",
                details: "What is left out stays. A replaced price is honoured for 15 minutes.", access: .permission(.productsWrite),
                parameters: [Self.slug],
                body: .json(ProductView.resource.editSchema.adding("dependentRequired", ["currency": ["price"]]), example: ["price": "2.00"]),
                answers: [Self.edition("The product as it is now.")], isConditional: true
            ) { call in try await edit(call) },
        ]
    }

    private static let example: JSONValue = [
        "slug": "summer-song", "title": "Summer song", "kind": "file", "price": "1.00", "currency": "USD",
        "content": [
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "mediaType": "audio/flac", "fileName": "summer-song.flac",
        ],
    ]

    private static func edition(_ summary: String) -> Endpoint.Answer {
        var answer = Endpoint.Answer.ok("Product", summary)
        answer.headers = [("ETag", "The edition, for `If-Match`.")]
        return answer
    }

    private func answer(_ product: Product) -> EndpointAnswer {
        let view = ProductView(product, shop)
        return EndpointAnswer(view.json, headers: [.eTag: view.etag])
    }

    private static let missing = Problem(.notFound, "There is no product of that name; “pushcart product list” shows those there are.")

    /// The product in the address, if the caller may see it.
    private func find(_ call: EndpointCall) async throws -> Product {
        guard let slug = Slug(call.path("slug")), let product = try await shop.catalogue.product(slug),
            call.principal.products?.contains(product.id) ?? true
        else { throw Self.missing }
        return product
    }

    private func list(_ call: EndpointCall) async throws -> Response {
        let order = try call.value("sort", JSONType<Order>.choice) ?? .newest
        let state = try call.value("state", JSONType<Product.State>.choice)
        let limit = try call.limit
        let cursor = try PageCursor(call, sort: order.rawValue)
        if order != .slug { _ = try cursor?.lastID }
        let page = try await shop.reader.productPage(
            order: .init(rawValue: order.rawValue) ?? .newest, states: state.map { [$0] } ?? Set(Product.State.allCases),
            ids: call.principal.products,
            after: cursor?.last, limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: order.rawValue, last: order == .slug ? $0.slug.text : String($0.id)) } : nil
        return EndpointAnswer(Page.json(page.map { ProductView($0, shop).json }, next: next?.text)).response
    }

    private func create(_ call: EndpointCall) async throws -> Response {
        // A key for some products makes no others.
        guard call.principal.products == nil else {
            throw Problem(.forbidden, "This key is for certain products and makes no others.", kind: "permission-missing")
        }
        var (draft, problems) = ProductView.resource.readCreation(try call.json())
        let price = price(&draft, default: shop.settings.currency, &problems)
        let api = try ProductAPI(shop: shop, caller: call.principal).read(
            draft, kind: draft.kind, before: nil, currency: price?.currency ?? draft.currency ?? shop.settings.currency, &problems)
        // What could not be read has its own problem.
        if draft.kind != .api, draft.content == nil, !problems.contains(where: { $0.pointer.description.hasPrefix("/content") }) {
            problems.append(JSONProblem(.root.appending("content"), "Name the bytes that are sold."))
        }
        let content = draft.kind == .api ? Content.none : try content(draft.content, kind: draft.kind, &problems)
        guard problems.isEmpty, let slug = draft.slug, let title = draft.title, let kind = draft.kind, let price, let content else {
            throw Problem.invalid(problems)
        }
        let product = ProductDraft(
            slug: slug, title: title, summary: draft.summary ?? "", kind: kind, price: price, tags: draft.tags ?? [],
            repeatable: draft.repeatable ?? false, state: draft.state ?? .published, content: content, api: api)
        let note = call.note { (outcome: ProductCreation) in
            if case .created(let product) = outcome { created(product) } else { nil }
        }
        switch try await shop.catalogue.add(product, actor: call.principal.actor, noting: note) {
        case .created(let product): return created(product).response
        case .slugTaken:
            throw Problem(
                .conflict, "There is a product named “\(slug)” already; choose another slug, or change that one with “pushcart product edit”.",
                kind: "slug-taken")
        }
    }

    private func created(_ product: Product) -> EndpointAnswer {
        var answer = answer(product)
        answer.status = .created
        answer.headers[.location] = "/api/v1/products/\(product.slug)"
        return answer
    }

    private func edit(_ call: EndpointCall) async throws -> Response {
        let product = try await find(call)
        try call.expects(ProductView(product, shop).etag)
        var (draft, problems) = ProductView.resource.readEdit(try call.json())
        if let currency = draft.currency, currency != product.price.currency, draft.price == nil {
            problems.append(JSONProblem(.root.appending("price"), "A new currency needs a price in it."))
        }
        var edit = ProductEdit()
        edit.price = price(&draft, default: product.price.currency, &problems)
        edit.content = try content(draft.content, kind: product.kind, &problems)
        edit.api = try ProductAPI(shop: shop, caller: call.principal).read(
            draft, kind: product.kind, before: product.api, currency: edit.price?.currency ?? product.price.currency, &problems)
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        edit.title = draft.title
        edit.summary = draft.summary
        edit.tags = draft.tags
        edit.repeatable = draft.repeatable
        edit.state = draft.state
        let note = call.note { (outcome: ProductChange) in if case .changed(let product) = outcome { answer(product) } else { nil } }
        switch try await shop.catalogue.edit(product.slug, edit, of: call.expectedRevision, actor: call.principal.actor, noting: note) {
        case .changed(let product): return answer(product).response
        case .missing: throw Self.missing
        case .stale(let product):
            try call.expects(ProductView(product, shop).etag)
            throw Problem(.preconditionFailed, "It was changed meanwhile. Read it again before changing it.")
        }
    }

    // MARK: Rules that need the shop

    private func price(_ draft: inout ProductView.Draft, default currency: Currency, _ problems: inout [JSONProblem]) -> Money? {
        guard let text = draft.price else { return nil }
        let place = JSONPointer.root.appending("price")
        do {
            let price = try Money(text, draft.currency ?? currency)
            if price.isZero { problems.append(JSONProblem(place, "A price is above zero.")) }
            if let problem = payability(price) { problems.append(JSONProblem(place, problem)) }
            return price
        } catch {
            problems.append(JSONProblem(place, error.description))
            return nil
        }
    }

    /// Why nobody could pay a price, or nil.
    private func payability(_ price: Money) -> String? { ProductAPI.payability(price, shop) }
}

extension ProductAPI {
    /// Why nobody could pay a price, or nil.
    static func payability(_ price: Money, _ shop: Shop) -> String? {
        let assets = shop.offers.options.map(\.option.asset)
        guard let asset = assets.first(where: { $0.currency == price.currency }) else {
            let known = Set(assets.map(\.currency.code)).sorted().joined(separator: ", ")
            return "Nothing that this shop is paid in stands for \(price.currency); use \(known)."
        }
        do { _ = try price.atomic(decimals: asset.decimals) } catch { return error.description }
        return nil
    }

}

extension ProductEndpoints {
    private func content(_ named: ContentDraft?, kind: Product.Kind?, _ problems: inout [JSONProblem]) throws -> Content? {
        guard let digest = named?.digest, let mediaType = named?.mediaType, let fileName = named?.fileName else { return nil }
        let place = JSONPointer.root.appending("content")
        guard let length = shop.catalogue.contents.length(digest) else {
            problems.append(JSONProblem(place, "These bytes are not here; send them to /api/v1/contents first."))
            return nil
        }
        if kind == .article {
            guard length <= ProductRules.maximumArticleLength else {
                problems.append(JSONProblem(place, "An article has at most \(sizeText(ProductRules.maximumArticleLength))."))
                return nil
            }
            do { _ = try Article(bytes: try shop.catalogue.contents.bytes(digest)) } catch let error as ArticleError {
                problems.append(JSONProblem(place, error.description))
                return nil
            }
        }
        return Content(digest: digest, length: length, mediaType: mediaType, fileName: fileName)
    }
}
