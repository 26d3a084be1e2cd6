import Access
import Domain
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Payments
import Storage
import X402

/// The x402 facilitator interface (x402 v2 specification, section 7) for the owner's other shops: `/facilitator/supported`, `/verify` and
/// `/settle`. Versions 1 and 2.
struct FacilitatorRoutes: Sendable {
    let shop: Shop
    static let bodyLimit = 65_536

    func add(to router: Router<ShopContext>) {
        router.resource("/facilitator/supported", [.get: { request, context in try supported(request, context) }])
        router.resource("/facilitator/verify", [.post: { request, context in try await verify(request, context) }])
        router.resource("/facilitator/settle", [.post: { request, context in try await settle(request, context) }])
    }

    private func supported(_ request: Request, _ context: ShopContext) throws -> Response {
        try shop.take(.reading, request, context)
        var kinds: [JSONValue] = []
        var signers: [String] = []
        for (option, settlers) in shop.desk.kinds {
            var extra: JSONObject = ["name": .string(option.asset.domainName), "version": .string(option.asset.domainVersion)]
            if option.sandbox { extra["sandbox"] = true }
            func kind(_ version: Int, _ network: String) -> JSONValue {
                ["x402Version": .integer(version), "scheme": "exact", "network": .string(network), "extra": .object(extra)]
            }
            kinds.append(kind(2, option.network.description))
            if let name = option.v1Name { kinds.append(kind(1, name)) }
            signers += settlers.filter { !signers.contains($0) }
        }
        let json: JSONObject = [
            "kinds": .array(kinds), "extensions": [],
            "signers": .object(signers.isEmpty ? [:] : ["eip155:*": .array(signers.map { .string($0) })]),
        ]
        return .json(JSONValue.object(json).encoded(), headers: [.cacheControl: "no-store", .accessControlAllowOrigin: "*"])
    }

    private func verify(_ request: Request, _ context: ShopContext) async throws -> Response {
        let caller = try await caller(request, context)
        let limits = try shop.take(.payments, request, context, caller: caller)
        func answer(_ json: JSONObject, _ status: HTTPResponse.Status = .ok) -> Response {
            .json(JSONValue.object(json).encoded(), status: status, headers: limits.adding(.cacheControl, "no-store"))
        }
        func invalid(_ error: WireError, _ payer: [UInt8]?) -> JSONObject {
            var json: JSONObject = ["isValid": false, "invalidReason": .string(error.reason.rawValue), "invalidMessage": .string(error.sentence)]
            if let payer { json["payer"] = .string("0x" + lowercaseHex(payer)) }
            return json
        }
        let asked: PaymentDesk.Request
        do { asked = try await Self.read(request) } catch let error as WireError { return answer(invalid(error, nil), .badRequest) }
        switch try await shop.desk.verify(asked) {
        case .valid(let payer): return answer(["isValid": true, "payer": .string("0x" + lowercaseHex(payer))])
        case .invalid(let error, let payer): return answer(invalid(error, payer))
        }
    }

    private func settle(_ request: Request, _ context: ShopContext) async throws -> Response {
        let caller = try await caller(request, context)
        let limits = try shop.take(.payments, request, context, caller: caller)
        func answer(_ outcome: SettlementResponse, _ status: HTTPResponse.Status = .ok) -> Response {
            .json(JSONValue.object(outcome.json).encoded(), status: status, headers: limits.adding(.cacheControl, "no-store"))
        }
        let asked: PaymentDesk.Request
        do { asked = try await Self.read(request) } catch let error as WireError {
            return answer(
                SettlementResponse(success: false, errorReason: error.reason, errorMessage: error.sentence, network: ""), .badRequest)
        }
        let network = asked.requirements.network
        func told(_ payment: Payment, _ error: WireError?) -> SettlementResponse {
            SettlementResponse(
                success: error == nil, errorReason: error?.reason, errorMessage: error?.sentence,
                payer: "0x" + lowercaseHex(payment.authorization.key.payer), transaction: payment.transaction.map { "0x" + lowercaseHex($0) } ?? "",
                network: network, other: error == nil ? ["amount": .string(payment.authorization.amount.description)] : [:])
        }
        let origin = shop.auditOrigin(request, context, caller)
        switch try await WriteOrigin.with(origin, { try await shop.desk.settle(asked, by: caller) }) {
        case .settled(let payment): return answer(told(payment, nil))
        case .pending(let payment):
            let error = WireError(.settlementPending, "The payment is on its way and not confirmed yet; send the same request again in a moment.")
            return answer(told(payment, error))
        case .refused(let error, let payer):
            return answer(
                SettlementResponse(
                    success: false, errorReason: error.reason, errorMessage: error.sentence, payer: payer.map { "0x" + lowercaseHex($0) },
                    network: String(network.prefix(64))))
        }
    }

    // MARK: What is asked, and by whom

    private func caller(_ request: Request, _ context: ShopContext) async throws -> Principal {
        let found: Principal?
        do { found = try await shop.caller(request, context) } catch let problem as Problem {
            // Guessing keys has a budget of its own.
            try shop.take(.signIn, request, context)
            throw problem
        }
        guard let found else {
            throw Problem(
                .unauthorized, "Send an API key with the permission “facilitator:use”: Authorization: Bearer pc_….",
                headers: [.wwwAuthenticate: "Bearer"])
        }
        guard found.may(.facilitatorUse) else {
            throw Problem(.forbidden, "This needs the permission “facilitator:use”.", kind: "permission-missing")
        }
        // A key for some products is for these and not for what others sell.
        guard found.products == nil else {
            throw Problem(.forbidden, "A key that is for some products only settles nothing for other shops.", kind: "permission-missing")
        }
        return found
    }

    /// - Throws: `WireError` for what is no request of this interface.
    private static func read(_ request: Request) async throws -> PaymentDesk.Request {
        let bytes: [UInt8]
        do { bytes = Array(buffer: try await request.body.collect(upTo: bodyLimit)) } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, "The body is longer than \(bodyLimit) bytes.")
        }
        guard let json = (try? JSONValue(parsing: bytes))?.object,  // told as what it is
            let payload = json["paymentPayload"]?.object
        else { throw WireError(.invalidPayload, "Send JSON with “paymentPayload” and “paymentRequirements”.") }
        guard var terms = json["paymentRequirements"]?.object else {
            throw WireError(.invalidPaymentRequirements, "“paymentRequirements” is missing, or no JSON object.")
        }
        let version = payload["x402Version"]?.int64 ?? json["x402Version"]?.int64
        guard let version, version == 1 || version == 2, json["x402Version"]?.int64 ?? version == version else {
            throw WireError(.invalidVersion, "“x402Version” is 1 or 2, and the same in the payload.")
        }
        // The amount has another name in version 1.
        if version == 1 { terms["amount"] = terms["maxAmountRequired"] }
        return PaymentDesk.Request(payload: try PaymentPayload(payload, version: Int(version)), requirements: try PaymentRequirements(terms))
    }
}
