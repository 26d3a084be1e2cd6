import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Payments
import Storage

/// The storefront, receipts and what they need.
struct PageRoutes: Sendable {
    let shop: Shop
    private static let pageLength = 24

    func add(to router: Router<ShopContext>) {
        router.resource("/", [.get: { request, _ in try await storefront(request) }])
        router.resource("/r/:receipt", [.get: { request, context in try await receipt(request, context) }])
        router.resource("/r/:receipt/receipt.json", [.get: { _, context in try await download(context) }])
        router.resource("/r/:receipt/content", [.get: { request, context in try await content(request, context) }])
        router.resource("/assets/style.css", [.get: { _, _ in style }])
    }

    private var style: Response {
        .text(
            Pages.shared.style, type: "text/css; charset=utf-8",
            headers: [.cacheControl: "public, max-age=31536000, immutable"])
    }

    private func storefront(_ request: Request) async throws -> Response {
        let before = request.uri.queryParameters["before"].flatMap { Int64($0) }
        let products = try await shop.reader.products(states: [.published], before: before, limit: Self.pageLength + 1)
        let next = products.count > Self.pageLength ? "/?before=\(products[Self.pageLength - 1].id)" : nil
        let html = try Pages.shared.storefront(Array(products.prefix(Self.pageLength)), next: next, shop)
        return Response(status: .ok, headers: Pages.headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private func payment(_ context: ShopContext) throws -> (Payment, Product) {
        guard let text = context.parameters.get("receipt"), let id = ReceiptID(text), let payment = try shop.reader.payment(receipt: id),
            let product = try shop.catalogue.product(id: payment.productID)
        else { throw Problem.notFound }
        return (payment, product)
    }

    /// The receipt's page for people, its facts as JSON for machines. Also the status of a pending payment.
    private func receipt(_ request: Request, _ context: ShopContext) async throws -> Response {
        let (payment, product) = try payment(context)
        if Negotiation(request.headers).isPerson {
            let html = try Pages.shared.receipt(payment, product, shop.option(payment), shop)
            return Response(status: .ok, headers: Pages.headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
        }
        return .json(
            JSONValue.object(try await ReceiptDocument(shop: shop).json(payment, product)).encoded(),
            headers: [.cacheControl: "no-store", .vary: "Accept, User-Agent", .accessControlAllowOrigin: "*"])
    }

    /// The same document for people, as a file to keep.
    private func download(_ context: ShopContext) async throws -> Response {
        let (payment, product) = try payment(context)
        return .json(
            JSONValue.object(try await ReceiptDocument(shop: shop).json(payment, product)).encoded(pretty: true),
            headers: [
                .cacheControl: "no-store", .accessControlAllowOrigin: "*",
                .contentDisposition: Goods.attachment("receipt-\(payment.receiptID).json"),
            ])
    }

    /// What the link of a request is worth; a parameter that comes twice or is no number makes it none of ours.
    private static func judge(_ request: Request, _ receipt: ReceiptID, _ shop: Shop) -> ContentLinkSigner.Verdict {
        let query = request.uri.queryParameters
        guard let expires = query["expires"].flatMap({ Int64($0) }), let signature = query["signature"] else { return .foreign }
        guard let series = query["series"].map({ Int64($0) }) ?? 0 else { return .foreign }
        return shop.links.judge(receipt, expires: expires, series: series, signature: String(signature), at: shop.now())
    }

    /// A service's answer, while it is kept.
    private func answer(_ payment: Payment, _ context: ShopContext) async throws -> Response {
        guard let stored = await shop.answers.find(payment.id, within: .zero) else {
            throw Problem(.gone, "The answer to this call is not kept any more.", headers: ProductRoutes.crossOrigin)
        }
        var headers = stored.head.fields
        headers.append(contentsOf: ProductRoutes.crossOrigin)
        for field in Pages.security { headers[field.name] = field.value }
        return Response(
            status: .init(code: stored.head.status), headers: headers,
            body: try await StoredBody(stored: stored, receipt: nil, shop: shop).body(context))
    }

    /// What a receipt bought, under an address that was signed for a while.
    private func content(_ request: Request, _ context: ShopContext) async throws -> Response {
        let (payment, product) = try payment(context)
        switch Self.judge(request, payment.receiptID, shop) {
        case .good: break
        case .revoked: throw Problem(.gone, "The shop's owner has revoked this link; open the receipt for a new one, or ask the owner.")
        case .foreign: throw Problem(.forbidden, "This link is not ours or has run out; open the receipt for a new one.")
        }
        guard payment.state.isPaid else { throw Problem(.conflict, "This payment is not settled, so there is nothing to give.") }
        guard !payment.accessEnded else {
            throw Problem(.gone, "This payment was refunded, and the access that it gave has ended.", kind: "payment-refunded")
        }
        if product.kind == .api { return try await answer(payment, context) }
        let delivery = Delivery(shop: shop)
        let content = try delivery.sold(product, payment.content)
        let goods = try await delivery.goods(
            product, content, isSample: shop.isSample(payment, isLocal: context.isLocal(request)), Negotiation(request.headers),
            receipt: payment.receiptID)
        let part = Preconditions.judge(request.headers, etag: goods.etag, length: goods.length)
        if let refusal = ProductRoutes.refusal(part, goods, context) { return refusal }
        var headers = goods.headers(part)
        headers.append(contentsOf: ProductRoutes.crossOrigin)
        for field in Pages.security { headers[field.name] = field.value }
        return Response(status: part == .whole ? .ok : .partialContent, headers: headers, body: try await goods.body(part, context: context))
    }
}
