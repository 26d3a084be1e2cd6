import Access
import BigInt
import Domain
import EVM
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// The facilitator interface for the owner's other shops.
@Suite struct FacilitatorTests {
    private static let elsewhere = "0x4444444444444444444444444444444444444444"

    private static func terms(
        _ amount: String = "10000", payTo: String = elsewhere, sandbox: Bool = true, version: Int = 2, asset: String = TestShop.usdc
    ) -> JSONObject {
        var extra: JSONObject = ["name": "USDC", "version": "2"]
        if sandbox { extra["sandbox"] = true }
        var json: JSONObject = [
            "scheme": "exact", "network": version == 2 ? "eip155:84532" : "base-sepolia", "asset": .string(asset), "payTo": .string(payTo),
            "maxTimeoutSeconds": 300, "extra": .object(extra),
        ]
        json[version == 2 ? "amount" : "maxAmountRequired"] = .string(amount)
        if version == 1 {
            for (name, value) in [("resource", "https://other.example/x"), ("description", ""), ("mimeType", "")] { json[name] = .string(value) }
        }
        return json
    }

    /// The same with another value of a field.
    private static func terms(_ amount: String, _ name: String, _ value: JSONValue) -> JSONObject {
        var json = terms(amount)
        json[name] = value
        return json
    }

    /// What another shop sends of a payment that ada signed.
    private static func body(
        _ shop: TestShop, nonce: UInt8 = 1, _ signed: JSONObject = terms(), asked: JSONObject? = nil, version: Int = 2, by buyer: Buyer = .ada
    ) throws -> JSONValue {
        var full = signed
        full["amount"] = signed["amount"] ?? signed["maxAmountRequired"]
        full["network"] = "eip155:84532"
        let exact = try buyer.authorize(try PaymentRequirements(full), nonce: nonce, at: shop.clock.now)
        let payload =
            version == 1
            ? PaymentPayload(scheme: "exact", v1Network: "base-sepolia", payload: exact)
            : PaymentPayload(accepted: try PaymentRequirements(signed), payload: exact, resource: nil, extensions: nil)
        return [
            "x402Version": .integer(version), "paymentPayload": .object(payload.json), "paymentRequirements": .object(asked ?? signed),
        ]
    }

    private static func ask(_ shop: TestShop, _ path: String, _ body: JSONValue, as credential: String? = "agent") async throws -> JSONValue {
        let answer = try await shop.control("/facilitator/\(path)", method: .post, body: body.encoded(), as: credential)
        answer.expect(200)
        return try answer.json()
    }

    /// The text of a key of an agent with that budget, and its number.
    private static func key(_ shop: TestShop, budget: String) async throws -> (text: String, id: Int64) {
        let terms = APIKeyTerms(name: "other shop", role: .agent, scopes: [.facilitatorUse], budget: try Money(budget, .usd))
        guard case .created(let key, let text) = try await shop.access.keys.create(terms, by: Principal(.local(uid: 0), role: .owner)) else {
            throw TestShop.Missing()
        }
        return (text, key.id)
    }

    private static func spent(_ shop: TestShop, _ id: Int64) throws -> String? { try shop.reader.key(id: id)?.key.spent?.amountText }

    @Test func `whoever asks learns what is settled here`() async throws {
        let shop = try TestShop()
        let answer = try await shop.get("/facilitator/supported")
        answer.expect(200)
        let extra: JSONValue = ["name": "USDC", "version": "2", "sandbox": true]
        #expect(
            try answer.json() == [
                "kinds": [
                    ["x402Version": 2, "scheme": "exact", "network": "eip155:84532", "extra": extra],
                    ["x402Version": 1, "scheme": "exact", "network": "base-sepolia", "extra": extra],
                ], "extensions": [], "signers": [:],
            ])
        let closed = try ScriptedChain.shop(.unknown, shortfall: "The node is silent.")
        #expect(try await closed.get("/facilitator/supported").json()["kinds"] == [])
    }

    @Test func `nobody settles without a key that may`() async throws {
        let shop = try TestShop()
        let body = try Self.body(shop).encoded()
        for path in ["verify", "settle"] {
            try await shop.control("/facilitator/\(path)", method: .post, body: body, as: nil).expectKind(401, "unauthorized")
            try await shop.control("/facilitator/\(path)", method: .post, body: body, as: "pc_nobody").expectKind(401, "unauthorized")
            for key in ["support", "analyst", "manager", "owner+orders:read"] {
                try await shop.control("/facilitator/\(path)", method: .post, body: body, as: key).expectKind(403, "permission-missing")
            }
            try await shop.get("/facilitator/\(path)").expectProblem(405, "POST")
        }
        try await shop.sell()
        try await shop.control("/facilitator/settle", method: .post, body: body, as: "agent#1").expectKind(403, "permission-missing")
        #expect(try shop.payments.isEmpty)
    }

    @Test(arguments: [1, 2]) func `a payment to another shop is verified and settled once, in both versions`(_ version: Int) async throws {
        let shop = try TestShop()
        let body = try Self.body(shop, Self.terms(version: version), version: version)
        let ada = Buyer.ada.address.lowercased()
        #expect(try await Self.ask(shop, "verify", body) == ["isValid": true, "payer": .string(ada)])
        #expect(try shop.payments.isEmpty)
        let settled = try await Self.ask(shop, "settle", body)
        #expect(settled["success"] == true && settled["payer"]?.string == ada && settled["amount"] == "10000")
        #expect(settled["network"] == (version == 2 ? "eip155:84532" : "base-sepolia") && settled["transaction"]?.string?.utf8.count == 66)
        #expect(try await Self.ask(shop, "settle", body) == settled)
        #expect(try await Self.ask(shop, "verify", body)["invalidReason"] == "invalid_exact_evm_nonce_already_used")
        // Another caller learns nothing of it.
        let other = try await Self.ask(shop, "settle", body, as: "owner")
        #expect(other["success"] == false && other["errorReason"] == "invalid_exact_evm_nonce_already_used" && other["transaction"] == "")

        let payment = try #require(try shop.payments.first)
        #expect(try shop.payments.count == 1 && payment.isForOthers && payment.state == .settled && payment.orderID == nil)
        #expect(try await shop.reader.sales().isEmpty)
        #expect(try await shop.reader.salesTotals().isEmpty)
        #expect(try await shop.reader.ledgerEntries().isEmpty)
        let report = try await shop.reader.checkLedger()
        #expect(report.findings.isEmpty && report.payments == 1)
        let entry = try #require(try await shop.reader.audit(kind: .settledForOthers).first)
        #expect(entry.event.subject == payment.id && entry.event.actor.hasPrefix("key:"))
        #expect(entry.event.details.text.contains(Self.elsewhere) && !entry.event.details.text.contains(ada))
        // No receipt, no product of ours.
        try await shop.get("/r/\(payment.receiptID)").expectProblem(404, "nothing")
        #expect(try await shop.send(.get, "/products").json()["items"] == [])
        let listed = try await shop.send(.get, "/payments/\(payment.id)").json()
        #expect(listed["state"] == "settled" && listed["product"] == nil)
        guard case .intact = try await shop.reader.verifyAudit() else {
            Issue.record("the log is broken")
            return
        }
    }

    @Test func `one authorization is one payment, whether it comes by our own offer or for another shop`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let own = try await shop.terms("song")
        let header = try await shop.pay("song")
        let payload = try PaymentPayload(try PaymentHeader.decode(try #require(header[.paymentSignature])), version: 2)
        let body: JSONValue = ["x402Version": 2, "paymentPayload": .object(payload.json), "paymentRequirements": .object(own.json)]
        #expect(try await Self.ask(shop, "settle", body)["success"] == true)
        let refused = try await shop.get("/p/song", header)
        #expect(refused.status == .paymentRequired)
        #expect(try await shop.reader.sales().isEmpty)
        // The other way round.
        let second = try await shop.pay("song", nonce: 2)
        try await shop.get("/p/song", second).expect(200)
        let shown = try PaymentPayload(try PaymentHeader.decode(try #require(second[.paymentSignature])), version: 2)
        let late: JSONValue = ["x402Version": 2, "paymentPayload": .object(shown.json), "paymentRequirements": .object(own.json)]
        #expect(try await Self.ask(shop, "settle", late)["errorReason"] == "invalid_exact_evm_nonce_already_used")
        #expect(try shop.payments.count == 2)
    }

    @Test func `a payment that is not what its terms say is refused with the reason`() async throws {
        let shop = try TestShop()
        let dear = Self.terms("10001")
        let cases: [(JSONObject, JSONObject, String)] = [
            (Self.terms(), dear, "invalid_exact_evm_payload_authorization_value_mismatch"),
            (Self.terms(), Self.terms(payTo: "0x5555555555555555555555555555555555555555"), "invalid_exact_evm_payload_recipient_mismatch"),
            (Self.terms(sandbox: false), Self.terms(sandbox: false), "invalid_payment_requirements"),
            (Self.terms(), Self.terms(asset: "0x5555555555555555555555555555555555555555"), "invalid_payment_requirements"),
            (Self.terms(), Self.terms("10000", "scheme", "upto"), "unsupported_scheme"),
            (Self.terms(), Self.terms("10000", "network", "eip155:1"), "invalid_network"),
            (Self.terms("1000000001"), Self.terms("1000000001"), "insufficient_funds"),
        ]
        for (signed, asked, reason) in cases {
            let body = try Self.body(shop, signed, asked: asked)
            let verified = try await Self.ask(shop, "verify", body)
            #expect(verified["isValid"] == false && verified["invalidReason"]?.string == reason, "\(verified)")
            let settled = try await Self.ask(shop, "settle", body)
            #expect(settled["success"] == false && settled["errorReason"]?.string == reason && settled["transaction"] == "", "\(settled)")
        }
        var forged = try #require(try Self.body(shop).object)
        forged["paymentPayload"] = try Self.body(shop, nonce: 2)["paymentPayload"]
        var payload = try #require(forged["paymentPayload"]?.object)
        var inner = try #require(payload["payload"]?.object)
        inner["signature"] = try Self.body(shop, nonce: 3)["paymentPayload"]?["payload"]?["signature"]
        payload["payload"] = .object(inner)
        forged["paymentPayload"] = .object(payload)
        let settled = try await Self.ask(shop, "settle", .object(forged))
        #expect(settled["success"] == false && settled["errorReason"]?.string?.hasPrefix("invalid_exact_evm_payload") == true)
        #expect(try shop.payments.isEmpty)
    }

    @Test func `what is no request is refused in the interface's own words`() async throws {
        let shop = try TestShop()
        let good = try #require(try Self.body(shop).object)
        for (name, value, reason) in [
            ("paymentPayload", nil, "invalid_payload"), ("paymentRequirements", nil, "invalid_payment_requirements"),
            ("x402Version", 3, "invalid_x402_version"), ("x402Version", 1, "invalid_x402_version"),
            ("paymentRequirements", [:], "invalid_payment_requirements"),
            ("paymentPayload", ["x402Version": 2], "invalid_payload"),
        ] as [(String, JSONValue?, String)] {
            var body = good
            body[name] = value
            for (path, flag, key) in [("verify", "isValid", "invalidReason"), ("settle", "success", "errorReason")] {
                let answer = try await shop.control("/facilitator/\(path)", method: .post, body: JSONValue.object(body).encoded(), as: "agent")
                answer.expect(400)
                #expect(try answer.json()[flag] == false && answer.json()[key]?.string == reason, "\(name): \(answer.text)")
            }
        }
        for body in ["", "[]", "{", "\"x\"", "{\"x402Version\":2}"] {
            let answer = try await shop.control("/facilitator/settle", method: .post, body: Array(body.utf8), as: "agent")
            answer.expect(400)
            #expect(try answer.json()["errorReason"] == "invalid_payload")
        }
        let long = [UInt8](repeating: 0x20, count: FacilitatorRoutes.bodyLimit + 1)
        try await shop.control("/facilitator/settle", method: .post, body: long, as: "agent").expectKind(413, "content-too-large")
        #expect(try shop.payments.isEmpty)
    }

    // MARK: Budgets

    @Test func `fifty calls at once spend a budget to the last unit and not beyond`() async throws {
        let shop = try TestShop()
        // Twenty of one cent each, and half a cent that buys none.
        let key = try await Self.key(shop, budget: "0.205")
        let bodies = try (1...50 as ClosedRange<UInt8>).map { try Self.body(shop, nonce: $0) }
        let answers = try await withThrowingTaskGroup(of: JSONValue.self) { group in
            for body in bodies { group.addTask { try await Self.ask(shop, "settle", body, as: key.text) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.filter { $0["success"] == true }.count == 20)
        #expect(answers.filter { $0["errorReason"] == "insufficient_budget" }.count == 30)
        #expect(try Self.spent(shop, key.id) == "0.20" && shop.payments.count == 20)
        // What was settled is told again and spends nothing more.
        let taken = try #require(try shop.payments.first?.authorization.key.nonce.last)
        let again = try await Self.ask(shop, "settle", try Self.body(shop, nonce: taken, Self.terms("5000")), as: key.text)
        #expect(again["success"] == false)
        for body in bodies { _ = try await Self.ask(shop, "settle", body, as: key.text) }
        #expect(try Self.spent(shop, key.id) == "0.20" && shop.payments.count == 20)
        #expect(try await Self.ask(shop, "settle", try Self.body(shop, nonce: 60, Self.terms("5000")), as: key.text)["success"] == true)
        #expect(try Self.spent(shop, key.id) == "0.205")
        #expect(try await shop.send(.get, "/keys/\(key.id)").json()["spent"] == "0.205")
    }

    @Test func `what comes to nothing gives the budget back, and what is uncertain keeps it`() async throws {
        let signed = Self.terms(sandbox: false)
        for (settlement, state, spent) in [
            (Settlement.notSent(WireError(.unexpectedSettleError, "No.")), PaymentState.released, "0.00"),
            (.failed(WireError(.validBefore, "It ran out.")), .failed, "0.00"), (.unknown, .uncertain, "0.01"),
            (.settled(transaction: ScriptedChain.transaction), .settled, "0.01"),
        ] {
            let shop = try ScriptedChain.shop(settlement)
            let key = try await Self.key(shop, budget: "0.01")
            let body = try Self.body(shop, signed)
            let answer = try await Self.ask(shop, "settle", body, as: key.text)
            #expect(try shop.payments.map(\.state) == [state] && Self.spent(shop, key.id) == spent, "\(state): \(answer)")
            #expect(answer["success"]?.bool == (state == .settled))
            if state == .uncertain {
                #expect(answer["errorReason"] == "settlement_pending" && answer["transaction"]?.string?.utf8.count == 66)
                #expect(try await Self.ask(shop, "settle", body, as: key.text) == answer)
                _ = try await shop.writer.post(paymentID: 1, transaction: ScriptedChain.transaction, at: shop.clock.now)
                #expect(try await Self.ask(shop, "settle", body, as: key.text)["success"] == true)
                #expect(try Self.spent(shop, key.id) == spent)
            }
            if state == .released {
                // The same may be settled anew, and spends again.
                _ = try await Self.ask(shop, "settle", body, as: key.text)
                #expect(try Self.spent(shop, key.id) == "0.00" && shop.reader.payment(id: 1) == nil && shop.reader.payment(id: 2)?.state == .released)
            }
            #expect(try await shop.reader.checkLedger().findings.isEmpty)
        }
    }

    @Test func `a key that was revoked, or whose budget is in other money, settles nothing`() async throws {
        let shop = try TestShop()
        let key = try await Self.key(shop, budget: "1.00")
        let owner = Principal(.local(uid: 0), role: .owner)
        _ = try await shop.access.keys.revoke(id: key.id, by: owner)
        let body = try Self.body(shop)
        try await shop.control("/facilitator/settle", method: .post, body: body.encoded(), as: key.text).expectKind(401, "unauthorized")
        let claim = Claim(
            authorization: Authorization(
                key: PaymentKey(
                    network: Network(chainID: 84532)!, asset: [UInt8](repeating: 1, count: 20), payer: [UInt8](repeating: 2, count: 20),
                    nonce: [UInt8](repeating: 3, count: 32)), payTo: [UInt8](repeating: 4, count: 20), amount: AtomicAmount(1), validAfter: 0,
                validBefore: 1, signature: [1]), sandbox: false, productID: Payment.noProduct, repeatable: true, content: Payment.noContent,
            protocolVersion: 2, sealHash: nil, token: PaymentToken([UInt8](repeating: 0, count: 12))!, at: shop.clock.now)
        guard case .revoked = try await shop.writer.claim(DeskClaim(claim, caller: "key:\(key.id)", key: key.id, money: try Money("0.01", .usd)))
        else {
            Issue.record("a revoked key settles")
            return
        }
        let other = try await Self.key(shop, budget: "1.00")
        let euro = try Money("0.01", try #require(Currency("EUR")))
        for money in [nil, euro] {
            let outcome = try await shop.writer.claim(DeskClaim(claim, caller: "key:\(other.id)", key: other.id, money: money))
            guard case .insufficientBudget = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
        #expect(try shop.payments.isEmpty)
    }
}
