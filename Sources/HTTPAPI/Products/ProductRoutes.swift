import Access
import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import Payments
import Telemetry
import X402

/// `/p/{slug}`, and `/sandbox/p/{slug}` for practice: the gate and the route are one, so that no other reading of an address leads past
/// the money.
struct ProductRoutes: Sendable {
    let shop: Shop
    let door: ShopDoor

    var gate: Paygate { shop.gate(at: door) }
    var offers: Offers { gate.offers }

    func add(to router: Router<ShopContext>) {
        let call: @Sendable (Request, ShopContext) async throws -> Response = { request, context in try await self.call(request, context) }
        let preflight: @Sendable (Request, ShopContext) async throws -> Response = { request, _ in try await callPreflight(request) }
        router.resource(
            "\(door.path):slug",
            [
                .get: { request, context in try await get(request, context) },
                .head: { request, context in try await head(request, context) },
                .options: preflight, .post: call, .put: call, .patch: call, .delete: call, .trace: call, .connect: call,
            ])
        router.resource(
            "\(door.path):slug/**",
            [
                .get: call, .head: call, .options: preflight, .post: call, .put: call, .patch: call, .delete: call, .trace: call, .connect: call,
            ])
    }

    /// What every answer lets a page of another origin read and send.
    static let crossOrigin: HTTPFields = [
        .accessControlAllowOrigin: "*",
        .accessControlExposeHeaders:
            "PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, Link, Location, Retry-After, ETag, Content-Disposition, Content-Range, X-Request-Id",
    ]

    static let preflight: Response = {
        var headers = crossOrigin
        headers[.accessControlAllowMethods] = "GET, HEAD, OPTIONS"
        headers[.accessControlAllowHeaders] =
            "PAYMENT-SIGNATURE, X-PAYMENT, SIGN-IN-WITH-X, Access-Control-Expose-Headers, Content-Type, Idempotency-Key, Range, If-None-Match, If-Match, If-Range"
        headers[.accessControlMaxAge] = "7200"
        return Response(status: .noContent, headers: headers)
    }()

    /// The product that the address names, exactly as it was written: no decoding, no parameters, no dots.
    func wholeProduct(_ request: Request) async throws -> Product? {
        let path = request.uri.path
        guard path.hasPrefix(door.path), let slug = Slug(path.dropFirst(door.path.utf8.count)) else { return nil }
        return try await shop.catalogue.product(slug)
    }

    private func get(_ request: Request, _ context: ShopContext) async throws -> Response {
        guard let product = try await wholeProduct(request), product.kind != .api else { return try await call(request, context) }
        let shown = try Self.payment(request.headers)
        if door == .goods, let proof = try Self.signIn(request.headers, beside: shown != nil) {
            return try await signedIn(proof, product, request, context)
        }
        guard let (header, version) = shown else {
            guard product.state == .published else { throw Problem.notFound }
            try shop.take(.offers, request, context)
            return Negotiation(request.headers).isPerson ? try await page(product) : try unpaid(product)
        }
        // Before anything is checked: each check may cost a signature and a look at the chain.
        try shop.take(.payments, request, context)
        let payload: PaymentPayload
        do { payload = try PaymentPayload(try PaymentHeader.decode(header), version: version) } catch {
            throw Problem(.badRequest, "\(error.reason): \(error.sentence)", headers: Self.crossOrigin)
        }
        try shop.checkWallet(payload)
        return try await paid(payload, product, request, context)
    }

    private func head(_ request: Request, _ context: ShopContext) async throws -> Response {
        guard let product = try await wholeProduct(request), product.kind != .api else { return try await call(request, context) }
        guard product.state == .published else { throw Problem.notFound }
        // A look at the terms; a payment that comes along is not taken, for there would be no goods in the answer.
        return try (Negotiation(request.headers).isPerson ? await page(product) : unpaid(product)).withoutBody
    }

    /// The one payment header of a request with the version it means; nil when there is none.
    static func payment(_ headers: HTTPFields) throws(Problem) -> (String, version: Int)? {
        guard headers[.paymentSignature] != nil || headers[.xPayment] != nil else { return nil }
        let second = headers[values: .paymentSignature]
        let first = headers[values: .xPayment]
        guard second.count + first.count == 1 else {
            throw Problem(.badRequest, "Send one payment header, PAYMENT-SIGNATURE or X-PAYMENT, once.", headers: crossOrigin)
        }
        guard let value = second.first ?? first.first, value.utf8.count <= PaymentHeader.maximumLength else {
            throw Problem(
                .requestHeaderFieldsTooLarge, "The payment header is longer than \(PaymentHeader.maximumLength) bytes.", headers: crossOrigin)
        }
        return (value, version: second.isEmpty ? 1 : 2)
    }

    // MARK: Unpaid

    private static let unpaidHeaders: HTTPFields = {
        var headers = crossOrigin
        headers[.contentType] = "application/json"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.cacheControl] = "no-store"
        headers[.vary] = "Accept, User-Agent"
        return headers
    }()

    func unpaid(_ product: Product, error: String = PaymentTerms.unpaidError, message: String? = nil) throws -> Response {
        try unpaid(offers.terms(product), of: product, error: error, message: message)
    }

    func unpaid(_ call: APICall, error: String = PaymentTerms.unpaidError, message: String? = nil) throws -> Response {
        try unpaid(offers.terms(call), of: call.product, error: error, message: message)
    }

    private func unpaid(_ terms: PaymentTerms?, of product: Product, error: String, message: String?) throws -> Response {
        guard let terms else {
            throw Problem(.serviceUnavailable, offers.shortfall(product), headers: Self.crossOrigin.adding(.retryAfter, "10"))
        }
        var headers = Self.unpaidHeaders
        headers[.paymentRequired] = offers.header(terms, error: error)
        let body = error == PaymentTerms.unpaidError ? terms.unpaidBody : terms.body(error: error, message: message)
        return Response(status: .paymentRequired, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    func page(_ product: Product) async throws -> Response {
        let terms = offers.terms(product)
        let article = product.kind == .article ? try await shop.catalogue.article(product.content) : nil
        let html = try Pages.shared.product(product, article: article, terms: terms, offers, shop)
        var headers = Pages.headers
        headers.append(contentsOf: Self.crossOrigin)
        headers[.vary] = "Accept, User-Agent"
        if let terms { headers[.paymentRequired] = offers.header(terms, error: PaymentTerms.unpaidError) }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    // MARK: Paid

    private func paid(_ payload: PaymentPayload, _ product: Product, _ request: Request, _ context: ShopContext) async throws -> Response {
        let negotiation = Negotiation(request.headers)
        let isSample = shop.givesSample(at: door, isLocal: context.isLocal(request))
        let goods: Goods
        // Whatever can refuse is asked before the money. But what was bought before is given as it was sold, whatever is sold today.
        do {
            goods = try await Delivery(shop: shop).goods(product, product.content, isSample: isSample, negotiation)
            if let refusal = Self.refusal(Preconditions.judge(request.headers, etag: goods.etag, length: goods.length), goods, context) {
                guard let receipt = try gate.receipt(for: payload, product: product) else { return refusal }
                return try await fulfil(receipt, product, nil, request, context, version: payload.version)
            }
        } catch let problem as Problem {
            guard let receipt = try gate.receipt(for: payload, product: product) else { throw problem }
            return try await fulfil(receipt, product, nil, request, context, version: payload.version)
        }
        switch try await gate.admit(payload, for: product) {
        case .admitted(let receipt):
            shop.countWallet(receipt.payment.authorization.key.payer)
            return try await fulfil(receipt, product, goods, request, context, version: payload.version)
        case .pending(let payment):
            shop.countWallet(payment.authorization.key.payer)
            return pending(payment, version: payload.version)
        case .refused(let error, let payer): return try refused(error, payer: payer, payload, product, nil, context)
        case .conflicting(let sentence): throw Problem(.conflict, sentence, headers: Self.crossOrigin)
        case .malformed(let error):
            throw Problem(.badRequest, "\(error.reason): \(error.sentence)", headers: Self.crossOrigin)
        case .unavailable(let sentence):
            throw Problem(.serviceUnavailable, sentence, headers: Self.crossOrigin.adding(.retryAfter, "5"))
        }
    }

    func refused(
        _ error: WireError, payer: [UInt8]?, _ payload: PaymentPayload, _ product: Product, _ call: APICall?, _ context: ShopContext
    ) throws -> Response {
        // A draft is nobody's business.
        guard product.state != .draft else { throw Problem.notFound }
        // What is off sale has no terms to offer again.
        var response =
            product.state == .published
            ? try unpaid(call.map(offers.terms) ?? offers.terms(product), of: product, error: error.reason.rawValue, message: error.sentence)
            : Problem(.notFound, error.sentence, headers: Self.crossOrigin).of(context).response
        let network: String =
            switch payload.accepted {
            case .v2(let accepted): accepted.network
            case .v1(_, let network): network
            }
        outcome(
            SettlementResponse(
                success: false, errorReason: error.reason, errorMessage: error.sentence, payer: payer.map { "0x" + lowercaseHex($0) },
                network: String(network.prefix(64))), version: payload.version, &response.headers)
        return response
    }

    /// Gives what a receipt bought: the edition that its order pins.
    /// - Parameters:
    ///   - opened: the goods of today's edition, when they were opened already.
    ///   - version: of the payment that was shown; nil where none was.
    func fulfil(
        _ receipt: Receipt, _ product: Product, _ opened: Goods?, _ request: Request, _ context: ShopContext, version: Int?
    ) async throws -> Response {
        try await shop.steps.run("deliver", [("rail", "x402"), ("payment", "\(receipt.payment.id)")]) { step in
            let response = try await fulfilled(receipt, product, opened, request, context, version: version)
            step.note("outcome", "\(response.status.code)")
            return response
        }
    }

    private func fulfilled(
        _ receipt: Receipt, _ product: Product, _ opened: Goods?, _ request: Request, _ context: ShopContext, version: Int?
    ) async throws -> Response {
        let payment = receipt.payment
        do {
            let delivery = Delivery(shop: shop)
            let content = try delivery.sold(product, receipt.content)
            let isSample = shop.isSample(payment, isLocal: context.isLocal(request))
            if let opened, content.digest == opened.content.digest, opened.isSample == isSample, !opened.isPage {
                return try await deliver(opened, receipt, request, context, version: version)
            }
            let goods = try await delivery.goods(
                product, content, isSample: isSample, Negotiation(request.headers), receipt: payment.receiptID)
            if let refusal = Self.refusal(Preconditions.judge(request.headers, etag: goods.etag, length: goods.length), goods, context), opened == nil
            {
                return refusal
            }
            return try await deliver(goods, receipt, request, context, version: version)
        } catch {
            // Paid, and the goods cannot be given just now: the buyer must learn both.
            if !(error is Problem) {
                shop.log.error("paid goods could not be given: \(error)", metadata: ["payment": "\(payment.id)", "request": "\(context.requestID)"])
            }
            let cause = error as? Problem
            throw Problem(
                cause?.status ?? .serviceUnavailable,
                "The payment is settled. \(cause?.sentence ?? "The goods cannot be given just now; ask for them again in the same way in a moment.")",
                headers: paidHeaders(receipt, version: version).adding(.retryAfter, "5"))
        }
    }

    /// What every answer to a settled payment carries: the outcome, and where its goods and receipt are.
    private func paidHeaders(_ receipt: Receipt, version: Int?) -> HTTPFields {
        let payment = receipt.payment
        var headers = Self.crossOrigin
        headers[.vary] = "Accept, User-Agent"
        headers[.link] =
            "<\(shop.origin)\(shop.links.path(payment.receiptID, at: shop.now()))>; rel=\"enclosure\", <\(shop.origin)/r/\(payment.receiptID)>; rel=\"describedby\""
        guard let version else { return headers }
        outcome(
            SettlementResponse(
                success: true, payer: "0x" + lowercaseHex(payment.authorization.key.payer),
                transaction: "0x" + lowercaseHex(payment.transaction ?? []), network: wireNetwork(payment, version),
                // The payment just shown was not taken: the goods were this wallet's already.
                other: receipt.wasOwned ? ["extra": ["alreadyOwned": true]] : [:]), version: version, &headers)
        return headers
    }

    /// The answer to a condition that does not hold; nil when the goods, or a part of them, may go out.
    static func refusal(_ outcome: Preconditions.Outcome, _ goods: Goods, _ context: ShopContext) -> Response? {
        var headers = crossOrigin
        headers[.eTag] = goods.etag
        switch outcome {
        case .whole, .part: return nil
        case .notModified: return Response(status: .notModified, headers: headers)
        case .failed:
            return Problem(.preconditionFailed, "The goods are another edition than the one asked for.", headers: headers).of(context).response
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(goods.length)"
            return Problem(.rangeNotSatisfiable, "The goods have \(goods.length) bytes; that range is beyond them.", headers: headers).of(context)
                .response
        }
    }

    private func deliver(
        _ goods: Goods, _ receipt: Receipt, _ request: Request, _ context: ShopContext, version: Int?
    ) async throws -> Response {
        // An order that pins an older edition has other bytes; a condition that fails on them gives the whole.
        let judged = Preconditions.judge(request.headers, etag: goods.etag, length: goods.length)
        let part: Preconditions.Outcome = if case .part = judged { judged } else { .whole }
        var headers = goods.headers(part)
        headers.append(contentsOf: paidHeaders(receipt, version: version))
        if goods.isPage { for field in Pages.security { headers[field.name] = field.value } }
        let status: HTTPResponse.Status = part == .whole ? .ok : .partialContent
        let deliveries = shop.deliveries
        let bytes = try await goods.body(part, context: context)
        let body = ResponseBody(contentLength: bytes.contentLength) { writer in
            try await bytes.write(writer)
            // A part is not the goods.
            if part == .whole { deliveries.delivered(receipt) }
        }
        return Response(status: status, headers: headers, body: body)
    }

    /// Not settled yet: no terms in the answer, so that no client signs twice.
    func pending(_ payment: Payment, version: Int) -> Response {
        let status = "\(shop.origin)/r/\(payment.receiptID)"
        let sentence = "The payment is on its way and not confirmed yet. Send the same payment again in a moment; it is never taken twice."
        let body: JSONObject = [
            "error": .string(ErrorReason.settlementPending.rawValue), "message": .string(sentence), "status": .string(status),
        ]
        var headers = Self.unpaidHeaders
        headers[.retryAfter] = "2"
        headers[.location] = status
        outcome(
            SettlementResponse(
                success: false, errorReason: .settlementPending, errorMessage: sentence,
                payer: "0x" + lowercaseHex(payment.authorization.key.payer), transaction: payment.transaction.map { "0x" + lowercaseHex($0) } ?? "",
                network: wireNetwork(payment, version)), version: version, &headers)
        return .json(JSONValue.object(body).encoded(), status: .paymentRequired, headers: headers)
    }

    func wireNetwork(_ payment: Payment, _ version: Int) -> String {
        let network = payment.authorization.key.network.description
        return version == 1 ? NetworkNamesV1.name(caip2: network) ?? network : network
    }

    func outcome(_ response: SettlementResponse, version: Int, _ headers: inout HTTPFields) {
        headers[version == 1 ? .xPaymentResponse : .paymentResponse] = PaymentHeader.encode(response.json)
    }
}

extension HTTPFields {
    func adding(_ name: HTTPField.Name, _ value: String) -> HTTPFields {
        var fields = self
        fields[name] = value
        return fields
    }
}
