import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// Orders, payments, receipts and entitlements: what was sold, to whom, and how the money came.
struct OrderEndpoints: Sendable {
    let shop: Shop

    private static let payer = JSONType<String>.string(42...42, pattern: "^0x[0-9a-fA-F]{40}$")

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/orders", id: "orders.list", summary: "List orders, newest first", access: .permission(.ordersRead),
                parameters: [
                    .limit, .cursor, .query("product", JSONType<Slug>.slug, "Only those of this product."),
                    .query("payer", Self.payer, "Only those of this wallet."),
                ], answers: [.page("Order", "A page of orders.")]
            ) { call in try await orders(call) },
            Endpoint(
                method: .get, path: "/orders/{id}", id: "orders.show", summary: "Show an order", access: .permission(.ordersRead),
                parameters: [.path("id", "Its number, such as `2026-000123`, or its count.", example: "2026-000001")],
                answers: [.ok("Order", "The order.")]
            ) { call in try await order(call) },
            Endpoint(
                method: .get, path: "/payments", id: "payments.list", summary: "List payments, newest first",
                details: "Also those that have not ended or bought nothing.", access: .permission(.ordersRead),
                parameters: [.limit, .cursor, .query("open", .boolean, "Only those that have not ended.")],
                answers: [.page("Payment", "A page of payments.")]
            ) { call in try await payments(call) },
            Endpoint(
                method: .get, path: "/payments/{id}", id: "payments.show", summary: "Show a payment and all that happened to it",
                access: .permission(.ordersRead), parameters: [.id("Its number.")], answers: [.ok("PaymentHistory", "The payment.")]
            ) { call in try await payment(call) },
            Endpoint(
                method: .get, path: "/receipts/{receipt}", id: "receipts.show", summary: "Show the payment behind a receipt",
                access: .permission(.ordersRead), parameters: [.path("receipt", "The receipt's id.", example: "1-AAAAAAAAAAAAAAAAAAAA")],
                answers: [.ok("PaymentHistory", "The payment.")]
            ) { call in try await receipt(call) },
            Endpoint(
                method: .get, path: "/entitlements", id: "entitlements.list", summary: "List what a wallet owns",
                access: .permission(.ordersRead),
                parameters: [.limit, .cursor, .query("payer", Self.payer, "The wallet; all of them when left out.")],
                answers: [.page("Entitlement", "A page of entitlements, by the orders that gave them, newest first.")]
            ) { call in try await entitlements(call) },
        ]
    }

    static let entitlement = JSONResource<SaleView, Void>(
        "Entitlement", draft: {},
        [
            JSONMember("payer", .address, "The wallet.") { "0x" + lowercaseHex($0.sale.payment.authorization.key.payer) },
            JSONMember("product", .text(), "The product's slug.") { $0.sale.slug },
            JSONMember("sandbox", .boolean, "Whether it was bought with practice money.") { $0.sale.payment.sandbox },
            JSONMember("order", .text(), "The order that gave it.") { $0.sale.order.number },
            JSONMember("since", .moment, "Since when.") { $0.sale.order.at },
        ])

    /// The wallet of the query in bytes.
    private func payer(_ call: EndpointCall) throws(Problem) -> [UInt8]? {
        guard let text = try call.value("payer", Self.payer) else { return nil }
        guard text.hasPrefix("0x"), let bytes = hexBytes(text.dropFirst(2)), bytes.count == 20 else {
            throw Problem(.badRequest, "The parameter “payer”: a wallet is 0x and 40 hexadecimal digits.")
        }
        return bytes
    }

    /// A key that is for some products sees the orders of those.
    private func products(_ call: EndpointCall) async throws -> Set<Int64>? {
        guard call.endpoint.parameters.contains(where: { $0.name == "product" }), let slug = try call.value("product", .slug) else {
            return call.principal.products
        }
        guard let product = try await shop.catalogue.product(slug) else { return [] }
        return call.principal.products.map { $0.intersection([product.id]) } ?? [product.id]
    }

    private func sales(_ call: EndpointCall) async throws -> (page: [SaleView], next: String?) {
        let limit = try call.limit
        let cursor = try PageCursor(call, sort: "orders")
        let sales = try await shop.reader.sales(
            before: try cursor?.lastID, payer: try payer(call), products: try await products(call), limit: limit)
        let next = sales.count == limit ? sales.last.map { PageCursor(sort: "orders", last: String($0.order.id)).text } : nil
        return (sales.map { SaleView($0, shop) }, next)
    }

    private func orders(_ call: EndpointCall) async throws -> Response {
        let (page, next) = try await sales(call)
        return EndpointAnswer(Page.json(page.map(\.json), next: next)).response
    }

    private func entitlements(_ call: EndpointCall) async throws -> Response {
        let (page, next) = try await sales(call)
        return EndpointAnswer(Page.json(page.map(Self.entitlement.write), next: next)).response
    }

    private func order(_ call: EndpointCall) async throws -> Response {
        let text = call.path("id")
        guard let id = Int64(text.split(separator: "-").last ?? ""), id > 0, let sale = try await shop.reader.sale(orderID: id),
            !text.contains("-") || sale.order.number == text, call.principal.products?.contains(sale.order.productID) ?? true
        else { throw Problem(.notFound, "There is no order of that number; “pushcart order list” shows those there are.") }
        return EndpointAnswer(SaleView(sale, shop, refunds: try shop.reader.refunds(ofPayment: sale.payment.id)).json).response
    }

    private func payments(_ call: EndpointCall) async throws -> Response {
        let limit = try call.limit
        let cursor = try PageCursor(call, sort: "payments")
        let page = try await shop.reader.payments(
            before: try cursor?.lastID, open: try call.value("open", .boolean) ?? false, products: call.principal.products, limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: "payments", last: String($0.id)).text } : nil
        return EndpointAnswer(Page.json(page.map { PaymentView($0, shop).json }, next: next)).response
    }

    private func payment(_ call: EndpointCall) async throws -> Response {
        guard let payment = try shop.reader.payment(id: try call.id()) else { throw Problem(.notFound, "There is no payment of that number.") }
        return try await history(payment, call)
    }

    private func receipt(_ call: EndpointCall) async throws -> Response {
        guard let receipt = ReceiptID(call.path("receipt")), let payment = try shop.reader.payment(receipt: receipt) else {
            throw Problem(.notFound, "There is no such receipt.")
        }
        return try await history(payment, call)
    }

    private func history(_ payment: Payment, _ call: EndpointCall) async throws -> Response {
        guard call.principal.products?.contains(payment.productID) ?? true else { throw Problem.notFound }
        let history = PaymentHistory(
            view: PaymentView(payment, shop), attempts: try await shop.reader.attempts(paymentID: payment.id),
            lines: try await shop.reader.ledgerEntries(paymentID: payment.id, limit: 100),
            refunds: try shop.reader.refunds(ofPayment: payment.id).map { RefundView($0, payment, shop) },
            productSlug: try shop.catalogue.product(id: payment.productID)?.slug.text)
        return EndpointAnswer(PaymentHistory.resource.write(history)).response
    }
}
