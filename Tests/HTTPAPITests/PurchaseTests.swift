import Catalogue
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// Paying and getting the goods.
@Suite struct PurchaseTests {
    private static let goods = "0123456789"

    @Test func `a payment brings the goods, a receipt and one sale`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let answer = try await shop.get("/p/song", shop.pay("song"))
        answer.expect(200, has: [Self.goods])
        #expect(answer.text == Self.goods)
        #expect(answer.headers[.contentType] == "audio/flac")
        #expect(answer.headers[.contentLength] == "10")
        #expect(answer.headers[.contentDisposition] == "attachment; filename=\"song.flac\"")
        #expect(answer.headers[.eTag] == "\"sha256-\(song.content.digest)\"")
        #expect(answer.headers[.acceptRanges] == "bytes")
        #expect(answer.headers[.cacheControl] == "private")
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        #expect(answer.headers[.vary] == "Accept, User-Agent")
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        #expect(answer.headers[.paymentRequired] == nil)
        #expect(answer.headers[.xPaymentResponse] == nil)

        let payment = try #require(try shop.payments.first)
        let outcome = try answer.outcome()
        #expect(outcome.success)
        #expect(outcome.payer == Buyer.ada.address)
        #expect(outcome.network == "eip155:84532")
        #expect(outcome.transaction == "0x" + lowercaseHex(try #require(payment.transaction)))
        let receipt = "http://127.0.0.1:4020/r/\(payment.receiptID)"
        let link = try #require(answer.headers[.link])
        #expect(link.hasPrefix("<\(receipt)/content?expires="))
        #expect(link.hasSuffix(">; rel=\"enclosure\", <\(receipt)>; rel=\"describedby\""))

        #expect(try shop.payments.count == 1)
        #expect(payment.state == .settled && payment.sandbox && payment.productID == song.id && payment.content == song.content.digest)
        #expect(lowercaseHex(payment.authorization.key.payer) == Buyer.ada.address.dropFirst(2))
        #expect(payment.protocolVersion == 2 && payment.sealHash != nil)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `a client of version 1 pays with its header and is answered in its words`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let pay = try shop.payV1()
        let answer = try await shop.get("/p/song", pay)
        answer.expect(200)
        #expect(answer.text == Self.goods)
        #expect(answer.headers[.paymentResponse] == nil)
        let outcome = try answer.outcome(.xPaymentResponse)
        #expect(outcome.success && outcome.network == "base-sepolia" && outcome.payer == Buyer.ada.address)
        #expect(try shop.payments.map(\.protocolVersion) == [1])
        #expect(try shop.payments.first?.sealHash == nil)
        #expect(try await shop.get("/p/song", pay).text == Self.goods)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `the same payment again brings the goods again and is not taken twice`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let pay = try await shop.pay("song")
        let first = try await shop.get("/p/song", pay)
        shop.clock.advance(.seconds(3600))
        let second = try await shop.get("/p/song", pay)
        #expect(second.text == Self.goods)
        #expect(try second.outcome() == first.outcome())
        #expect(try shop.payments.count == 1)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `fifty copies at once are one sale, and each gets the goods`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let pay = try await shop.pay("song")
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await shop.get("/p/song", pay).text } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(texts == Array(repeating: Self.goods, count: 50))
        #expect(try shop.payments.count == 1)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `a settled payment under another offer is worth nothing`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let terms = try await shop.terms("song")
        let payload = try Buyer.ada.sign(terms, at: shop.clock.now)
        try await shop.get("/p/song", Buyer.header(payload)).expect(200)
        let rebuilt = PaymentPayload(accepted: try await shop.terms("song"), payload: payload.payload, resource: nil, extensions: nil)
        let answer = try await shop.get("/p/song", Buyer.header(rebuilt))
        answer.expect(402, has: ["invalid_exact_evm_nonce_already_used"], hasNot: [Self.goods])
        #expect(try answer.outcome().success == false)
        #expect(answer.headers[.link] == nil)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `who owns it gets it with the first receipt, and the new authorization is not taken`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let first = try await shop.get("/p/song", shop.pay("song"))
        shop.clock.advance(.seconds(7200))
        let second = try await shop.get("/p/song", shop.pay("song", nonce: 2))
        #expect(second.text == Self.goods)
        #expect(try second.outcome().transaction == first.outcome().transaction)
        #expect(try shop.payments.count == 1)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `what sells every time is sold twice`() async throws {
        let shop = try TestShop()
        try await shop.sell { $0.repeatable = true }
        let first = try await shop.get("/p/song", shop.pay("song"))
        let second = try await shop.get("/p/song", shop.pay("song", nonce: 2))
        #expect(second.text == Self.goods)
        #expect(try second.outcome().transaction != first.outcome().transaction)
        #expect(try await shop.sales == ["order.paid 1", "order.paid 2"])
    }

    @Test func `a buyer keeps the edition that was sold, others get the new one`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let pay = try await shop.pay("song")
        try await shop.get("/p/song", pay).expect(200, has: [Self.goods])
        let second = try shop.content(Array("second edition".utf8), "second.txt", "text/plain")
        try await shop.edit(song) { $0.content = second }
        let again = try await shop.get("/p/song", pay)
        #expect(again.text == Self.goods)
        #expect(again.headers[.eTag] == "\"sha256-\(song.content.digest)\"")
        #expect(again.headers[.contentDisposition] == "attachment; filename=\"song.flac\"")
        #expect(try await shop.get("/p/song", shop.pay("song", nonce: 2)).text == Self.goods)
        #expect(try await shop.get("/p/song", shop.pay("song", by: .bob)).text == "second edition")
        // A condition that held for the edition shown does not cut the one that was sold.
        let cut = try await shop.get("/p/song", pay.adding(.range, "bytes=12-13"))
        #expect(cut.status == .ok && cut.text == Self.goods)
    }

    @Test func `a product off sale is given to who bought it and sold to nobody`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let pay = try await shop.pay("song")
        let fresh = try await shop.pay("song", nonce: 2)
        let stranger = try await shop.pay("song", by: .bob)
        try await shop.get("/p/song", pay).expect(200)
        try await shop.edit(song) { $0.state = .archived }
        try await shop.get("/p/song").expectProblem(404, "nothing")
        try await shop.get("/p/song", method: .head).expect(404)
        #expect(try await shop.get("/p/song", pay).text == Self.goods)
        #expect(try await shop.get("/p/song", fresh).text == Self.goods)
        let refused = try await shop.get("/p/song", stranger)
        refused.expect(404, has: ["no longer for sale"], hasNot: [Self.goods])
        #expect(refused.headers[.paymentRequired] == nil)
        #expect(try refused.outcome().success == false)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `a former price is honoured under its seal, and refused without one when its grace is over`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let old = try await shop.pay("song")
        try await shop.edit(song) { $0.price = try Money("0.02", .usd) }
        try await shop.get("/p/song", old).expect(200)
        shop.clock.advance(.seconds(16 * 60))
        let late = try await shop.get("/p/song", shop.payV1(by: .bob))
        late.expect(402, has: ["value_mismatch", "0.02 USDC"], hasNot: [Self.goods])
        #expect(try await shop.sales == ["order.paid 1"])
    }

    // MARK: Refused

    static let spoilt: [(field: String, value: JSONValue, reason: String)] = [
        ("scheme", "upto", "unsupported_scheme"), ("network", "eip155:8453", "invalid_network"),
        ("asset", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "invalid_payment_requirements"),
        ("payTo", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "invalid_exact_evm_payload_recipient_mismatch"),
        ("amount", "9999", "invalid_exact_evm_payload_authorization_value_mismatch"),
        ("amount", "0", "invalid_exact_evm_payload_authorization_value_mismatch"),
        ("extra", ["name": "USD Coin", "version": "2"], "invalid_exact_evm_payload_signature"),
    ]

    @Test(arguments: spoilt) func `a payment by other terms is refused with its reason and fresh terms`(
        _ spoilt: (field: String, value: JSONValue, reason: String)
    ) async throws {
        let shop = try TestShop()
        try await shop.sell()
        let terms = try await shop.terms("song").with(spoilt.field, spoilt.value)
        let answer = try await shop.get("/p/song", Buyer.header(Buyer.ada.sign(terms, at: shop.clock.now)))
        answer.expect(402, hasNot: [Self.goods])
        #expect(answer.headers[.cacheControl] == "no-store")
        let body = try answer.json()
        #expect(body["error"]?.string == spoilt.reason)
        #expect(body["message"]?.string?.isEmpty == false)
        #expect(body["accepts"]?.array?.count == 1)
        let outcome = try answer.outcome()
        #expect(!outcome.success && outcome.errorReason?.rawValue == spoilt.reason && outcome.transaction == "")
        #expect(outcome.errorMessage == body["message"]?.string)
        #expect(outcome.network == terms.network)
        let fresh = try answer.required()
        #expect(fresh.error == spoilt.reason)
        #expect(try #require(fresh.accepts.first).extra["offer"] != terms.extra["offer"])
        try await shop.expectNothingTaken()
    }

    @Test(arguments: [(-1, "valid_after"), (5, "valid_before"), (8 * 86_400, "valid_before")] as [(Int64, String)])
    func `a window that is not open, almost over or without end is refused`(_ seconds: Int64, _ reason: String) async throws {
        let shop = try TestShop()
        try await shop.sell()
        let now = shop.clock.now
        let terms = try await shop.terms("song")
        var payload = try Buyer.ada.authorize(terms, nonce: 1, at: now)
        var authorization = try #require(payload["authorization"]?.object)
        if seconds < 0 { authorization["validAfter"] = .string(String(now.seconds + 60)) }
        if seconds > 0 { authorization["validBefore"] = .string(String(now.seconds + seconds)) }
        payload["authorization"] = .object(authorization)
        let sent = PaymentPayload(accepted: terms, payload: payload, resource: nil, extensions: nil)
        try await shop.get("/p/song", Buyer.header(sent)).expect(402, has: ["invalid_exact_evm_payload_authorization_\(reason)"])
        try await shop.expectNothingTaken()
    }

    @Test func `a refusal of version 1 is told in version 1's header`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let answer = try await shop.get("/p/song", shop.payV1(amount: "9999"))
        answer.expect(402, has: ["value_mismatch"])
        #expect(answer.headers[.paymentResponse] == nil)
        let outcome = try answer.outcome(.xPaymentResponse)
        #expect(!outcome.success && outcome.network == "base-sepolia")
        try await shop.expectNothingTaken()
    }

    @Test func `a practice wallet that has spent its thousand is refused`() async throws {
        let shop = try TestShop()
        try await shop.sell("house", file: [1]) { $0.price = try Money("999.99", .usd) }
        try await shop.sell()
        try await shop.get("/p/house", shop.pay("house")).expect(200)
        try await shop.sell("shed", file: [2]) { $0.price = try Money("0.02", .usd) }
        let answer = try await shop.get("/p/shed", shop.pay("shed", nonce: 2))
        answer.expect(402, has: ["insufficient_funds"])
        #expect(try answer.outcome().payer == Buyer.ada.address)
        try await shop.get("/p/song", shop.pay("song", nonce: 3)).expect(200)
        #expect(try await shop.sales == ["order.paid 1", "order.paid 2"])
    }

    // MARK: Malformed

    private static func encoded(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static let malformed: [(header: String, says: String)] = [
        ("", "invalid_payload"), ("!!!", "not base64"), ("eyJh-_==", "not base64"), (encoded("{"), "not JSON"), (encoded("[]"), "no JSON object"),
        (encoded(#"{"x402Version":2,"x402Version":2}"#), "not JSON"), (encoded(String(repeating: "[", count: 40)), "not JSON"),
        (encoded("{}"), "invalid_x402_version"), (encoded(#"{"x402Version":1,"payload":{}}"#), "invalid_x402_version"),
        (encoded(#"{"x402Version":2}"#), "“payload”"), (encoded(#"{"x402Version":2,"payload":{}}"#), "“accepted”"),
        (encoded(#"{"x402Version":2,"payload":{},"accepted":{"scheme":"exact"}}"#), "invalid_payment_requirements"),
    ]

    @Test(arguments: malformed) func `what is no payment is refused as a bad request`(_ malformed: (header: String, says: String)) async throws {
        let shop = try TestShop()
        try await shop.sell()
        let answer = try await shop.get("/p/song", [.paymentSignature: malformed.header])
        try answer.expectProblem(400, malformed.says)
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        #expect(answer.headers[.paymentRequired] == nil)
        try await shop.expectNothingTaken()
    }

    @Test(
        arguments: [
            "1e4", "+10000", "-10000", " 10000", "10000 ", "010000", "0x2710", "١٠٠٠٠", "10000.0", "", "1_0000",
            "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        ])
    func `a number that is not plain digits is refused wherever it stands`(_ number: String) async throws {
        let shop = try TestShop()
        try await shop.sell()
        let terms = try await shop.terms("song")
        for field in ["value", "validAfter", "validBefore"] {
            var payload = try Buyer.ada.authorize(terms, nonce: 1, at: shop.clock.now)
            var authorization = try #require(payload["authorization"]?.object)
            authorization[field] = .string(number)
            payload["authorization"] = .object(authorization)
            let sent = PaymentPayload(accepted: terms, payload: payload, resource: nil, extensions: nil)
            try await shop.get("/p/song", Buyer.header(sent)).expectProblem(400, "payload.authorization.\(field)")
        }
        try await shop.expectNothingTaken()
    }

    @Test func `both payment headers, or one twice, are refused`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let second = try await shop.pay("song")
        let first = try shop.payV1()
        var both = second
        both.append(contentsOf: first)
        var twice = second
        twice.append(contentsOf: second)
        var twiceFirst = first
        twiceFirst.append(contentsOf: first)
        for headers in [both, twice, twiceFirst] { try await shop.get("/p/song", headers).expectProblem(400, "once") }
        try await shop.expectNothingTaken()
    }

    @Test func `a payment header is refused from its limit on`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let limit = PaymentHeader.maximumLength
        let answer = try await shop.get("/p/song", [.paymentSignature: String(repeating: "A", count: limit + 1)])
        try answer.expectProblem(431, "longer than \(limit) bytes")
        try await shop.get("/p/song", [.xPayment: String(repeating: "A", count: limit)]).expectProblem(400, "invalid_payload")
        try await shop.expectNothingTaken()
    }

    // MARK: Goods

    @Test func `goods that are missing are not sold`() async throws {
        let shop = try TestShop()
        let small = try await shop.sell()
        let large = try await shop.sell("film", file: [UInt8](repeating: 7, count: 70_000))
        for product in [small, large] {
            try FileManager.default.removeItem(atPath: shop.catalogue.contents.path(product.content.digest))
            let answer = try await shop.get("/p/\(product.slug)", shop.pay(product.slug.text))
            try answer.expectProblem(503, "The goods are missing from this shop just now")
            #expect(answer.headers[.comeBack] == "300")
        }
        try await shop.expectNothingTaken()
    }

    @Test func `a long file is streamed whole and in parts`() async throws {
        let shop = try TestShop()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        try await shop.sell("film", file: bytes, name: "film.mp4", type: "video/mp4")
        let pay = try await shop.pay("film")
        let whole = try await shop.get("/p/film", pay)
        #expect(whole.status == .ok && whole.bytes == bytes && whole.headers[.contentLength] == "200000")
        let part = try await shop.get("/p/film", pay.adding(.range, "bytes=65530-70000"))
        #expect(part.status == .partialContent && part.bytes == Array(bytes[65_530...70_000]))
        #expect(part.headers[.contentRange] == "bytes 65530-70000/200000")
        #expect(part.headers[.contentLength] == "4471")
        let last = try await shop.get("/p/film", pay.adding(.range, "bytes=-1"))
        #expect(last.bytes == [bytes[199_999]])
    }

    @Test func `an empty file can be sold`() async throws {
        let shop = try TestShop()
        try await shop.sell(file: [])
        let answer = try await shop.get("/p/song", shop.pay("song"))
        answer.expect(200)
        #expect(answer.bytes.isEmpty && answer.headers[.contentLength] == "0")
        #expect(try await shop.sales == ["order.paid 1"])
    }
}
