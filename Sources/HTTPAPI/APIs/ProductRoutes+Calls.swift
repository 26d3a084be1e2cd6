import Access
import AsyncHTTPClient
import Catalogue
import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import NIOHTTP1
import Payments
import Storage
import X402

/// The paths below a product of kind `api`. Gate, route and service see one and the same reading of the address.
extension ProductRoutes {
    /// A request as the API that it is for understands it.
    struct Asked {
        let product: Product
        let api: PaidAPI
        let path: APIPath
    }

    /// What a request asks of which API, exactly as it was written: nothing is decoded.
    /// - Returns: nil where no API is meant.
    /// - Throws: 400 for a path that two readers could understand differently.
    private func asked(_ request: Request) async throws -> Asked? {
        guard let target = request.head.path, target.hasPrefix(door.path) else { return nil }
        let rest = target.dropFirst(door.path.utf8.count)
        let name = rest.prefix { $0 != "/" && $0 != "?" }
        guard let slug = Slug(name), let product = try await shop.catalogue.product(slug), let api = product.api else { return nil }
        guard let path = APIPath(rest.dropFirst(name.count)) else {
            throw Problem(
                .badRequest, "This path could be read in more than one way; send it without escapes of what needs none, dots and empty parts.",
                headers: Self.crossOrigin)
        }
        return Asked(product: product, api: api, path: path)
    }

    /// A request for an API, or for nothing.
    func call(_ request: Request, _ context: ShopContext) async throws -> Response {
        guard let asked = try await asked(request) else {
            // A product that is no API has its own address and nothing below it.
            guard request.method != .get, request.method != .head, try await wholeProduct(request) != nil else { throw Problem.notFound }
            throw Problem.methodNotAllowed("GET, HEAD, OPTIONS")
        }
        let isLook = request.method == .head
        let method = isLook ? "GET" : request.method.rawValue
        // At the product's own address people read what is sold below it, whether or not that address is for sale itself.
        if asked.path.text.isEmpty, method == "GET", Negotiation(request.headers).isPerson {
            return try await look(asked, nil, request, context)
        }
        let route: APIRoute?
        switch asked.api.match(method, asked.path) {
        case .route(let matched): route = matched
        case .otherMethods(let methods):
            throw Problem.methodNotAllowed((methods + (methods.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"]).joined(separator: ", "))
        case .nothing:
            guard asked.product.state == .published else { throw Problem.notFound }
            let some = asked.api.routes.prefix(5).map { "\($0)" }.joined(separator: "; ")
            throw Problem(.notFound, "Nothing is sold at this path. Sold are: \(some)\(asked.api.routes.count > 5 ? "; and more" : "").")
        }
        let shown = isLook ? nil : try Self.payment(request.headers)
        guard let (header, version) = shown, let call = APICall(asked.product, route: route, method: method, path: asked.path.text, at: offers) else {
            return try await look(asked, route, request, context)
        }
        // Before anything is checked: each check may cost a signature and a look at the chain.
        try shop.take(.payments, request, context)
        let payload: PaymentPayload
        do { payload = try PaymentPayload(try PaymentHeader.decode(header), version: version) } catch {
            throw Problem(.badRequest, "\(error.reason): \(error.sentence)", headers: Self.crossOrigin)
        }
        try shop.checkWallet(payload)
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: asked.api.limits.request) } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, "The body is longer than \(sizeText(Int64(asked.api.limits.request))); nothing was charged.",
                headers: Self.crossOrigin)
        }
        let digest = Self.digest(method, asked.path, body)
        guard let paid = APICall(asked.product, route: route, method: method, path: asked.path.text, digest: digest, at: offers) else {
            preconditionFailure("\(call.url) is an API's")
        }
        return try await pay(payload, paid, asked, body, request, context)
    }

    /// What a browser of another origin may ask.
    func callPreflight(_ request: Request) async throws -> Response {
        guard let asked = try await asked(request) else {
            guard try await wholeProduct(request) != nil || request.uri.path.split(separator: "/").count <= door.depth else { throw Problem.notFound }
            return Self.preflight
        }
        var response = Self.preflight
        let methods = asked.api.allMethods + (asked.api.allMethods.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"]
        response.headers[.accessControlAllowMethods] = methods.joined(separator: ", ")
        response.headers[.accessControlAllowHeaders] = (response.headers[.accessControlAllowHeaders] ?? "") + ", Accept, *"
        return response
    }

    /// The terms of one call; for people the API's page.
    private func look(_ asked: Asked, _ route: APIRoute?, _ request: Request, _ context: ShopContext) async throws -> Response {
        guard asked.product.state == .published else { throw Problem.notFound }
        let isLook = request.method == .head
        if !isLook { try shop.take(.offers, request, context) }
        if Negotiation(request.headers).isPerson, isLook || request.method == .get {
            let page = try await page(asked.product)
            return isLook ? page.withoutBody : page
        }
        guard let call = APICall(asked.product, route: route, method: isLook ? "GET" : request.method.rawValue, path: asked.path.text, at: offers)
        else { throw Problem.notFound }
        let response = try unpaid(call)
        return isLook ? response.withoutBody : response
    }

    /// What a payment is bound to, beside product, route and amount.
    static func digest(_ method: String, _ path: APIPath, _ body: ByteBuffer) -> ContentDigest {
        var hash = SHA256()
        for part in ["pushcart call", method, path.text, path.query] {
            withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(part.utf8))
        }
        body.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        guard let digest = ContentDigest(Array(hash.finalize())) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }

    // MARK: Paid

    private func pay(
        _ payload: PaymentPayload, _ call: APICall, _ asked: Asked, _ body: ByteBuffer, _ request: Request, _ context: ShopContext
    ) async throws -> Response {
        let isSample = shop.givesSample(at: door, isLocal: context.isLocal(request))
        let exchange = isSample ? nil : try exchange(asked, body, request, context)
        let admission = try await gate.admit(payload, for: call) { payment in
            guard let exchange else { return true }
            return await exchange.ask(payment)
        }
        let version = payload.version
        var answer: CallAnswer?
        if case .good(let good)? = exchange?.outcome { answer = good }
        switch admission {
        case .answered(let receipt):
            shop.countWallet(receipt.payment.authorization.key.payer)
            if isSample { return sample(asked.product, receipt, version) }
            guard let answer else { throw Problem.notFound }
            return give(answer, receipt.payment, receipt, version, context)
        case .credited(let payment):
            shop.countWallet(payment.authorization.key.payer)
            guard let answer else { return pending(payment, version: version) }
            return give(answer, payment, nil, version, context)
        case .declined(let payment): return declined(exchange?.outcome, payment, version, context)
        case .replayed(let receipt): return try await replay(receipt, asked.product, isSample: isSample, version, context)
        case .postponed(let payment):
            shop.countWallet(payment.authorization.key.payer)
            answer?.keep()
            return pending(payment, version: version)
        case .ended(let end):
            answer?.drop()
            return try ended(end, payload, call, context)
        }
    }

    private func exchange(_ asked: Asked, _ body: ByteBuffer, _ request: Request, _ context: ShopContext) throws -> CallExchange {
        let base = asked.api.upstream.description
        let isBare = asked.path.text.isEmpty && !base.drop { $0 != "/" }.dropFirst(2).contains("/")
        var question = HTTPClientRequest(url: base + (isBare ? "/" : asked.path.text) + asked.path.query)
        question.method = HTTPMethod(rawValue: request.method.rawValue)
        if body.readableBytes > 0 || ["POST", "PUT", "PATCH"].contains(request.method.rawValue) { question.body = .bytes(body) }
        let credential: (name: String, value: String)?
        do {
            credential = try asked.api.credential.flatMap {
                CallHeaders.credential(String(decoding: try shop.upstreamSeal.open($0), as: UTF8.self))
            }
        } catch {
            shop.log.error("the header of a service cannot be opened: \(error)", metadata: ["product": "\(asked.product.slug)"])
            throw Problem(.badGateway, "The service cannot be reached just now; nothing was charged. Tell the owner of this shop.")
        }
        let (fields, client, origin, id) = (request.headers, shop.client(request, context), shop.origin, context.requestID)
        return CallExchange(shop, asked.api, question) { key in
            CallHeaders.request(fields, client: client, origin: origin, idempotencyKey: key, requestID: id, credential: credential)
        }
    }

    /// What is told of the payment beside a paid answer.
    private func callHeaders(_ payment: Payment, _ receipt: Receipt?, _ version: Int) -> HTTPFields {
        var headers = Self.crossOrigin
        headers[.link] = "<\(shop.origin)/r/\(payment.receiptID)>; rel=\"describedby\""
        guard receipt != nil else { return headers }
        outcome(
            SettlementResponse(
                success: true, payer: "0x" + lowercaseHex(payment.authorization.key.payer),
                transaction: "0x" + lowercaseHex(payment.transaction ?? []), network: wireNetwork(payment, version)), version: version, &headers)
        return headers
    }

    private func give(
        _ answer: CallAnswer, _ payment: Payment, _ receipt: Receipt?, _ version: Int, _ context: ShopContext
    ) -> Response {
        var headers = answer.head.fields
        for field in callHeaders(payment, receipt, version) { headers.append(field) }
        return Response(status: .init(code: answer.head.status), headers: headers, body: answer.body(receipt, context))
    }

    private func sample(_ product: Product, _ receipt: Receipt, _ version: Int) -> Response {
        shop.deliveries.answered(receipt.payment)
        shop.deliveries.delivered(receipt)
        let text = """
            This is a sample. A call of “\(product.title)” was bought with practice money, which worked; the service itself answers \
            \(shop.opensSoon ? "for real money only.\nThis shop opens soon: \(shop.origin)" : "at \(shop.offers.url(product))")

            """
        var headers = callHeaders(receipt.payment, receipt, version)
        headers[.cacheControl] = "private"
        return .text(text, type: "text/plain; charset=utf-8", headers: headers)
    }

    /// The service did not answer well: nothing was charged, and the buyer learns what it said.
    private func declined(_ outcome: CallExchange.Outcome?, _ payment: Payment, _ version: Int, _ context: ShopContext) -> Response {
        var response: Response
        switch outcome {
        // Terms of somebody else at our address would be paid to somebody else.
        case .bad(let answer) where answer.status.code != 402:
            response = Response(
                status: .init(code: Int(answer.status.code)), headers: CallHeaders.response(answer.headers),
                body: ResponseBody(contentLength: CallAnswer.length(answer)) { writer in
                    for try await piece in answer.body { try await writer.write(piece) }
                    try await writer.finish(nil)
                })
        case .silent(let problem): response = problem.of(context).response
        default:
            response =
                Problem(
                    .badGateway, "The service did not do what was asked; nothing was charged.", kind: "upstream-failed"
                ).of(context).response
        }
        for field in Self.crossOrigin { response.headers.append(field) }
        response.headers[.cacheControl] = "no-store"
        self.outcome(
            SettlementResponse(
                success: false, errorReason: Self.upstreamFailed,
                errorMessage: "The service did not do what was asked; the payment was not taken and may be shown again.",
                payer: "0x" + lowercaseHex(payment.authorization.key.payer), network: wireNetwork(payment, version)), version: version,
            &response.headers)
        return response
    }

    static let upstreamFailed = ErrorReason(rawValue: "upstream_failed")

    /// A call that was paid before: the service is not asked again.
    private func replay(
        _ receipt: Receipt, _ product: Product, isSample: Bool, _ version: Int, _ context: ShopContext
    ) async throws -> Response {
        if isSample { return sample(product, receipt, version) }
        let id = receipt.payment.id
        guard let stored = await shop.answers.find(id, within: .seconds(10)) else {
            let isDue = try shop.reader.payment(id: id)?.refundDueAt != nil
            throw Problem(
                .conflict,
                isDue
                    ? "This payment is settled, and the service's answer was lost; the money is owed back. The receipt tells how it stands."
                    : "This payment was for a call that was answered; the answer is not kept any more. Sign a new payment for a new call.",
                headers: callHeaders(receipt.payment, receipt, version).adding(.location, "\(shop.origin)/r/\(receipt.payment.receiptID)"),
                kind: "answered-before")
        }
        var headers = stored.head.fields
        for field in callHeaders(receipt.payment, receipt, version) { headers.append(field) }
        return Response(
            status: .init(code: stored.head.status), headers: headers,
            body: try await StoredBody(stored: stored, receipt: receipt, shop: shop).body(context))
    }

    private func ended(_ end: Payments.Admission, _ payload: PaymentPayload, _ call: APICall, _ context: ShopContext) throws -> Response {
        switch end {
        case .admitted: throw Problem.notFound
        case .pending(let payment):
            shop.countWallet(payment.authorization.key.payer)
            return pending(payment, version: payload.version)
        case .refused(let error, let payer): return try refused(error, payer: payer, payload, call.product, call, context)
        case .conflicting(let sentence): throw Problem(.conflict, sentence, headers: Self.crossOrigin)
        case .malformed(let error): throw Problem(.badRequest, "\(error.reason): \(error.sentence)", headers: Self.crossOrigin)
        case .unavailable(let sentence):
            throw Problem(.serviceUnavailable, sentence, headers: Self.crossOrigin.adding(.retryAfter, "5"))
        }
    }
}
