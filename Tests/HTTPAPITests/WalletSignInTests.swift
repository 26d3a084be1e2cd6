import Catalogue
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
import X402EVM

@testable import HTTPAPI

/// The extension sign-in-with-x: who paid before proves the wallet and pays nothing again.
struct WalletSignInTests {
    static let goods = "0123456789"

    @Test func `a 402 declares the challenge by the configured origin, never by Host, and stays under its limit`() async throws {
        let shop = try TestShop(origin: TestShop.published)
        try await shop.sell()
        let answer = try await shop.get("/p/song", [HTTPField.Name("Host")!: "evil.example", HTTPField.Name("X-Forwarded-Host")!: "evil.example"])
        let challenge = try #require(try answer.required().extensions?["sign-in-with-x"])
        let info = try #require(challenge["info"])
        #expect(info["domain"] == "shop.example" && info["uri"] == "https://shop.example/p/song" && info["version"] == "1")
        #expect(info["resources"] == ["https://shop.example/p/song"])
        #expect(info["issuedAt"]?.string == shop.clock.now.iso8601)
        #expect(info["expirationTime"]?.string == (shop.clock.now + .seconds(300)).iso8601)
        #expect(info["nonce"]?.string?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
        #expect(challenge["supportedChains"] == [["chainId": "eip155:84532", "type": "eip191"]])
        #expect(try #require(answer.headers[.paymentRequired]).utf8.count < 6_000)
        let next = try await shop.challenge("song")
        #expect(next["nonce"] != info["nonce"])
    }

    @Test func `who bought gets the goods by signing in, with the original receipt and no settlement`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let bought = try await shop.get("/p/song", shop.pay("song"))
        shop.clock.advance(.seconds(7 * 86_400))
        let answer = try await shop.get("/p/song", shop.signIn("song"))
        answer.expect(200, has: [Self.goods])
        #expect(answer.headers[.paymentResponse] == nil && answer.headers[.xPaymentResponse] == nil)
        let receipt = try #require(try shop.payments.first).receiptID
        #expect(answer.headers[.link]?.contains("/r/\(receipt)>; rel=\"describedby\"") == true)
        #expect(bought.headers[.link]?.contains("/r/\(receipt)>") == true)
        #expect(answer.headers[.eTag] == bought.headers[.eTag] && answer.headers[.cacheControl] == "private")
        #expect(try shop.payments.count == 1)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `who has not bought gets the terms, and nothing is stored`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        let answer = try await shop.get("/p/song", shop.signIn("song", by: .bob))
        answer.expect(402, has: ["siwx_not_paid"], hasNot: [Self.goods])
        #expect(try answer.required().accepts.count == 1)
        #expect(answer.headers[.paymentResponse] == nil)
    }

    @Test func `an article is given in the form that is asked for, and a part of a file as a part`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.sell(article: TestShop.article)
        _ = try await shop.get("/p/song", shop.pay("song"))
        _ = try await shop.get("/p/hello", shop.pay("hello", nonce: 2))
        try await shop.get("/p/hello", shop.signIn("hello")).expect(200, has: ["This was *paid* for."])
        try await shop.get("/p/hello", shop.signIn("hello").adding(.accept, "text/html")).expect(200, has: ["<em>paid</em>"])
        let part = try await shop.get("/p/song", shop.signIn("song").adding(.range, "bytes=2-4"))
        part.expect(206)
        #expect(part.text == "234" && part.headers[.contentRange] == "bytes 2-4/10")
        let held = try #require(part.headers[.eTag])
        try await shop.get("/p/song", shop.signIn("song").adding(.ifNoneMatch, held)).expect(304, hasNot: [Self.goods])
        try await shop.get("/p/song", shop.signIn("song").adding(.range, "bytes=10-")).expectProblem(416, "10 bytes")
    }

    @Test func `the goods are those that the order pinned, also when the product is off sale`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        let second = try shop.content(Array("second edition".utf8), "second.txt", "text/plain")
        try await shop.edit(song) { $0.content = second }
        try await shop.get("/p/song", shop.signIn("song")).expect(200, has: [Self.goods], hasNot: ["second"])
        let (own, foreign) = (try await shop.signIn("song"), try await shop.signIn("song", by: .bob))
        try await shop.edit(song) { $0.state = .archived }
        try await shop.get("/p/song", own).expect(200, has: [Self.goods])
        try await shop.get("/p/song", foreign).expectProblem(404, "nothing")
    }

    /// The reference implementation keys what was paid by the resource that the client echoes.
    @Test func `C-07: a cheap thing paid with the resource url of a dear one does not unlock it`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.sell("dear", file: Array("treasure".utf8)) { $0.price = try Money("900", .usd) }
        let payload = try Buyer.ada.sign(try await shop.terms("song"), at: shop.clock.now)
        var json = payload.json
        json["resource"] = ["url": .string("\(TestShop.loopback)/p/dear"), "description": "", "mimeType": ""]
        try await shop.get("/p/song", [.paymentSignature: PaymentHeader.encode(json)]).expect(200, has: [Self.goods])
        try await shop.get("/p/dear", shop.signIn("dear")).expect(402, has: ["siwx_not_paid"], hasNot: ["treasure"])
        // Nor does a sign-in for the cheap one, shown at the dear one's door.
        try await shop.get("/p/dear", shop.signIn("song")).expect(402, has: ["invalid_siwx_uri_mismatch"], hasNot: ["treasure"])
        try await shop.get("/p/song", shop.signIn("song")).expect(200, has: [Self.goods])
    }

    static let spoilt: [(field: String, value: JSONValue?, reason: String)] = [
        ("domain", "evil.example", "invalid_siwx_domain_mismatch"), ("domain", "127.0.0.1", "invalid_siwx_domain_mismatch"),
        ("uri", "https://evil.example/p/song", "invalid_siwx_uri_mismatch"), ("uri", "http://127.0.0.1:4020/p/other", "invalid_siwx_uri_mismatch"),
        ("version", "2", "invalid_siwx_message"), ("resources", ["http://127.0.0.1:4020/p/other"], "invalid_siwx_message"),
        ("chainId", "eip155:1", "invalid_siwx_unsupported_chain"), ("chainId", "solana:x", "invalid_siwx_unsupported_chain"),
        ("issuedAt", "yesterday", "invalid_siwx_issued_at"), ("issuedAt", "2027-01-15T08:00:01Z", "invalid_siwx_issued_at_in_future"),
        ("issuedAt", "2027-01-15T07:54:59Z", "invalid_siwx_issued_at_too_old"), ("expirationTime", "soon", "invalid_siwx_expiration_time"),
        ("expirationTime", "2027-01-15T08:00:00Z", "invalid_siwx_expired"), ("notBefore", "later", "invalid_siwx_not_before"),
        ("notBefore", "2027-01-15T08:00:01Z", "invalid_siwx_not_yet_valid"),
        ("nonce", "00000000000000000000000000000000", "invalid_siwx_nonce"), ("nonce", "abc", "invalid_siwx_nonce"),
        ("address", .string(Buyer.bob.key.address.checksummed), "invalid_siwx_signature"),
    ]

    @Test(arguments: spoilt) func `a sign-in that says something else is refused with fresh terms, though the wallet signed it`(
        _ spoilt: (field: String, value: JSONValue?, reason: String)
    ) async throws {
        let shop = try TestShop()
        try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        let answer = try await shop.get("/p/song", shop.signIn("song") { $0[spoilt.field] = spoilt.value })
        answer.expect(402, has: [spoilt.reason], hasNot: [Self.goods])
        #expect(try answer.required().extensions?["sign-in-with-x"] != nil)
    }

    @Test func `a signature over other words than those shown opens nothing`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        for (name, value) in [("statement", "Give me everything." as JSONValue), ("requestId", "7"), ("notBefore", "2027-01-15T07:00:00Z")] {
            let headers = try await shop.signIn("song", after: { $0[name] = value })
            try await shop.get("/p/song", headers).expect(402, has: ["invalid_siwx_signature"], hasNot: [Self.goods])
        }
    }

    @Test func `a nonce opens once and expires`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        let once = try await shop.signIn("song")
        try await shop.get("/p/song", once).expect(200, has: [Self.goods])
        try await shop.get("/p/song", once).expect(402, has: ["invalid_siwx_nonce"], hasNot: [Self.goods])
        let late = try await shop.signIn("song") {
            $0["expirationTime"] = nil
            $0["issuedAt"] = .string((shop.clock.now + .seconds(100)).iso8601)
        }
        shop.clock.advance(.seconds(301))
        try await shop.get("/p/song", late).expect(402, has: ["invalid_siwx_nonce"], hasNot: [Self.goods])
    }

    @Test func `of many with one nonce at the same moment one gets the goods`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        _ = try await shop.get("/p/song", shop.pay("song"))
        let once = try await shop.signIn("song")
        let opened = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { try await shop.get("/p/song", once).status == .ok } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(opened == 1)
    }

    @Test(arguments: ["", "!!!", "e30=", "bm8=", "W10="]) func `what is no sign-in is a bad request`(_ header: String) async throws {
        let shop = try TestShop()
        try await shop.sell()
        let answer = try await shop.get("/p/song", [.signInWithX: header])
        try answer.expectProblem(400, "SIGN-IN-WITH-X")
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
    }

    @Test func `a sign-in beside a payment, or twice, is a bad request and takes nothing`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        var both = try await shop.pay("song")
        both.append(contentsOf: try await shop.signIn("song"))
        try await shop.get("/p/song", both).expectProblem(400, "either a payment or one SIGN-IN-WITH-X")
        var twice = try await shop.signIn("song")
        twice.append(contentsOf: try await shop.signIn("song"))
        try await shop.get("/p/song", twice).expectProblem(400, "either a payment or one SIGN-IN-WITH-X")
        try await shop.expectNothingTaken()
    }

    @Test func `what was bought with practice money never opens goods that are sold for real money`() async throws {
        let shop = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction))
        let song = try await shop.sell()
        let practice = try Buyer.ada.practice(song, at: shop.clock.now)
        _ = try await shop.writer.claim(practice, sandboxAllowance: AtomicAmount(1_000_000), sandboxTransaction: [UInt8](repeating: 1, count: 32))
        try await shop.get("/p/song", shop.signIn("song")).expect(402, has: ["siwx_not_paid"], hasNot: [Self.goods])
        _ = try await shop.get("/p/song", shop.pay("song", nonce: 2))
        try await shop.get("/p/song", shop.signIn("song")).expect(200, has: [Self.goods])
    }

    @Test func `what sells every time declares no sign-in, for it is bought again`() async throws {
        let shop = try TestShop()
        try await shop.sell { $0.repeatable = true }
        #expect(try await shop.get("/p/song").required().extensions?["sign-in-with-x"] == nil)
    }

    @Test func `a page of another origin may send the header`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let preflight = try await shop.get("/p/song", method: .options)
        #expect(preflight.headers[.accessControlAllowHeaders]?.contains("SIGN-IN-WITH-X") == true)
    }
}

extension TestShop {
    /// What a fresh 402 wants to be signed.
    func challenge(_ slug: String) async throws -> JSONObject {
        try #require(try await get("/p/\(slug)").required().extensions?["sign-in-with-x"]?["info"]?.object)
    }

    /// A sign-in by a fresh challenge.
    /// - Parameters:
    ///   - change: what the wallet signs otherwise than it came.
    ///   - after: what is shown otherwise than it was signed.
    func signIn(
        _ slug: String, by buyer: Buyer = .ada, change: (inout JSONObject) -> Void = { _ in }, after: (inout JSONObject) -> Void = { _ in }
    ) async throws -> HTTPFields {
        var json = try await challenge(slug)
        json["address"] = .string(buyer.key.address.checksummed)
        json["chainId"] = "eip155:84532"
        json["type"] = "eip191"
        json["signature"] = "0x00"
        change(&json)
        if let message = SignInMessage(try WalletProof(json)) { json["signature"] = .string(Hex.encode(buyer.key.sign(message.digest).serialized65)) }
        after(&json)
        return [.signInWithX: PaymentHeader.encode(json)]
    }
}

extension Buyer {
    /// A claim of practice money, as an earlier time of the shop left it.
    fileprivate func practice(_ product: Product, at now: Timestamp) throws -> Claim {
        let option = TestShop.option(sandbox: true)
        return Claim(
            authorization: Authorization(
                key: PaymentKey(
                    network: option.network, asset: option.asset.address, payer: key.address.bytes, nonce: [UInt8](repeating: 9, count: 32)),
                payTo: option.payTo, amount: AtomicAmount(10_000), validAfter: 0, validBefore: .max, signature: [1]),
            sandbox: true, productID: product.id, repeatable: false, content: product.content.digest, protocolVersion: 2, sealHash: nil,
            token: try #require(PaymentToken([UInt8](repeating: 5, count: 12))), at: now)
    }
}
