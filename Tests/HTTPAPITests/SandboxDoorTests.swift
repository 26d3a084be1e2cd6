import Domain
import HTTPTypes
import HummingbirdCore
import HummingbirdTesting
import JSON
import NIOCore
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// `/sandbox/p/{slug}`: everything as with real money, and a sample instead of the goods.
@Suite struct SandboxDoorTests {
    /// A shop that takes real money on Base Sepolia, whose USDC is also what practice money looks like.
    private func live(_ origin: String = TestShop.published) async throws -> TestShop {
        let shop = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction), origin: origin)
        try await shop.sell(file: Array("secret bytes".utf8))
        try await shop.sell(article: TestShop.article)
        return shop
    }

    private func pay(_ shop: TestShop, _ path: String, by buyer: Buyer = .ada, nonce: UInt8 = 1) async throws -> HTTPFields {
        let terms = try #require(try await shop.get(path).required().accepts.first)
        return Buyer.header(try buyer.sign(terms, nonce: nonce, at: shop.clock.now))
    }

    // MARK: Unpaid

    @Test func `a live shop offers the same for practice money, at an address of its own`() async throws {
        let shop = try await live()
        let (real, trial) = (try await shop.get("/p/song"), try await shop.get("/sandbox/p/song"))
        trial.expect(402, has: [#""x402Version":1"#, #""network":"base-sepolia""#, "https://shop.example/sandbox/p/song"])
        let (goods, sample) = (try real.required(), try trial.required())
        #expect(sample.resource?["url"] == "https://shop.example/sandbox/p/song")
        #expect(goods.resource?["url"] == "https://shop.example/p/song")
        let way = try #require(sample.accepts.first)
        #expect(sample.accepts.count == 1 && way.extra["sandbox"] == true && way.extra["offer"] != nil)
        #expect(way.network == "eip155:84532" && way.amount == goods.accepts.first?.amount)
        #expect(goods.accepts.first?.extra["sandbox"] == nil)
        #expect(way.payTo != goods.accepts.first?.payTo)
        for name in [HTTPField.Name.cacheControl, .vary, .contentType, .accessControlExposeHeaders] {
            #expect(trial.headers[name] == real.headers[name] && trial.headers[name] != nil)
        }
        try await shop.expectNothingTaken()
    }

    @Test func `methods are those of the real door`() async throws {
        let shop = try await live()
        let head = try await shop.get("/sandbox/p/song", method: .head)
        #expect(head.status.code == 402 && head.body.readableBytes == 0 && head.headers[.paymentRequired] != nil)
        let preflight = try await shop.get("/sandbox/p/song", method: .options)
        #expect(
            preflight.status.code == 204
                && preflight.headers == ProductRoutes.preflight.headers.adding(.xRequestID, preflight.headers[.xRequestID] ?? ""))
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            let answer = try await shop.get("/sandbox/p/song", method: method)
            #expect(answer.status.code == 405 && answer.headers[.allow] == "GET, HEAD, OPTIONS")
        }
    }

    @Test(arguments: [
        "/sandbox/p/nothing", "/sandbox/p/song/", "/sandbox/p//song", "/sandbox/p/song;x=1", "/sandbox/p%2Fsong", "/sandbox//p/song", "/sandbox/",
    ])
    func `no other spelling of the address leads anywhere`(_ path: String) async throws {
        try await live().get(path).expect(404, hasNot: ["secret"])
    }

    @Test func `a draft is nobody's business there either`() async throws {
        let shop = try await live()
        try await shop.sell("draft", file: Array("secret".utf8)) { $0.state = .draft }
        try await shop.get("/sandbox/p/draft").expect(404)
    }

    // MARK: Paid

    @Test(arguments: [TestShop.published, TestShop.loopback])
    func `a live shop gives a sample for practice money, wherever it is`(_ origin: String) async throws {
        let shop = try await live(origin)
        let pay = try await pay(shop, "/sandbox/p/song")
        let answer = try await shop.get("/sandbox/p/song", pay)
        answer.expect(200, has: ["This is a sample", "The song", "\(origin)/p/song"], hasNot: ["secret", "opens soon"])
        #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(try answer.outcome().success)
        try await shop.get("/sandbox/p/song", pay.adding(.range, "bytes=0-3")).expect(206, has: ["This"])
        try await shop.get("/sandbox/p/song", pay).expect(200, has: ["This is a sample"])
        // Owned: nothing more is spent.
        let again = try await shop.get("/sandbox/p/song", self.pay(shop, "/sandbox/p/song", nonce: 2))
        again.expect(200, has: ["This is a sample"])
        #expect(try again.outcome().other["extra"]?["alreadyOwned"] == true)
        #expect(try shop.payments.map(\.sandbox) == [true])
        #expect(try await shop.sales == ["order.paid 1"])

        let link = try #require(answer.enclosure)
        try await shop.get(link).expect(200, has: ["This is a sample"], hasNot: ["secret"])
        try await shop.get(link, Browser.headers).expect(200, has: ["This is a sample"], hasNot: ["secret"])
    }

    @Test func `a sample of an article is its teaser and a notice`() async throws {
        let shop = try await live()
        let answer = try await shop.get("/sandbox/p/hello", pay(shop, "/sandbox/p/hello"))
        answer.expect(200, has: ["This is a sample", "This is free."], hasNot: ["paid*"])
    }

    @Test func `version 1 pays there as well`() async throws {
        let shop = try await live()
        let way = try #require(try await shop.get("/sandbox/p/song").json()["accepts"]?.array?.first)
        let terms = PaymentRequirements(
            scheme: "exact", network: "eip155:84532", amount: try #require(way["maxAmountRequired"]?.string), asset: TestShop.usdc,
            payTo: try #require(way["payTo"]?.string), maxTimeoutSeconds: 300, extra: ["name": "USDC", "version": "2"])
        let payload = PaymentPayload(
            scheme: "exact", v1Network: "base-sepolia", payload: try Buyer.ada.authorize(terms, nonce: 1, at: shop.clock.now))
        let header: HTTPFields = [.xPayment: PaymentHeader.encode(payload.json)]
        let answer = try await shop.get("/sandbox/p/song", header)
        answer.expect(200, has: ["This is a sample"])
        #expect(try answer.outcome(.xPaymentResponse).success)
        // Not even the replay of version 1, which proves nothing by a seal, leads through the other door.
        try await shop.get("/p/song", header).expect(402, hasNot: ["secret"])
        #expect(try shop.payments.map(\.sandbox) == [true])
    }

    @Test(arguments: [TestShop.published, TestShop.loopback])
    func `a practice payment never opens the real door, before or after it was taken`(_ origin: String) async throws {
        let shop = try await live(origin)
        let pay = try await pay(shop, "/sandbox/p/song")
        let early = try await shop.get("/p/song", pay)
        early.expect(402, hasNot: ["secret"])
        #expect(try early.outcome().errorReason == .recipientMismatch)
        try await shop.expectNothingTaken()
        try await shop.get("/sandbox/p/song", pay).expect(200, has: ["sample"])
        let late = try await shop.get("/p/song", pay)
        late.expect(402, hasNot: ["secret", "This is a sample"])
        #expect(try late.outcome().errorReason == .nonceAlreadyUsed)
        // Nor is anything owned there: the wallet pays, and gets the goods.
        let real = try await shop.get("/p/song", self.pay(shop, "/p/song", nonce: 2))
        real.expect(200, has: ["secret bytes"])
        #expect(try shop.payments.map(\.sandbox) == [true, false])
    }

    @Test func `a real payment is not taken at the practice door, before or after it was settled`() async throws {
        let shop = try await live()
        let pay = try await pay(shop, "/p/song")
        let early = try await shop.get("/sandbox/p/song", pay)
        early.expect(402)
        #expect(try early.outcome().errorReason == .recipientMismatch)
        try await shop.expectNothingTaken()
        try await shop.get("/p/song", pay).expect(200, has: ["secret bytes"])
        let late = try await shop.get("/sandbox/p/song", pay)
        late.expect(402, hasNot: ["secret", "This is a sample"])
        #expect(try late.outcome().success == false)
        // What is owned for real money is a sample for practice money, and paid for.
        try await shop.get("/sandbox/p/song", self.pay(shop, "/sandbox/p/song", nonce: 2)).expect(200, has: ["sample"], hasNot: ["secret"])
        #expect(try shop.payments.map(\.sandbox) == [false, true])
    }

    @Test func `a seal of one door is nothing at the other`() async throws {
        let shop = try await live()
        let sample = try #require(try await shop.get("/sandbox/p/song").required().accepts.first)
        let goods = try #require(try await shop.get("/p/song").required().accepts.first)
        func mix(_ terms: PaymentRequirements, sealOf other: PaymentRequirements) throws -> PaymentRequirements {
            var extra = terms.extra
            extra["offer"] = other.extra["offer"]
            return try terms.with("extra", .object(extra))
        }
        // The price holds without a seal too; whether one was ours is seen by what the claim stores.
        let payments = [
            ("/p/song", Buyer.ada, goods), ("/p/song", .bob, try mix(goods, sealOf: sample)), ("/sandbox/p/song", .ada, sample),
            ("/sandbox/p/song", .bob, try mix(sample, sealOf: goods)),
        ]
        for (index, (path, buyer, terms)) in payments.enumerated() {
            try await shop.get(path, Buyer.header(try buyer.sign(terms, nonce: UInt8(index + 1), at: shop.clock.now))).expect(200)
        }
        #expect(try shop.payments.map { $0.sealHash != nil } == [true, false, true, false])
    }

    // MARK: Books

    @Test func `practice sales of a live shop are marked and never summed with real ones, on the same network`() async throws {
        let shop = try await live()
        _ = try await shop.get("/p/song", pay(shop, "/p/song"))
        let receipt = try #require(try await shop.get("/sandbox/p/song", pay(shop, "/sandbox/p/song", nonce: 2)).headers[.link])
        #expect(receipt.contains("/r/"))
        let sales = try await shop.control("/api/v1/sales").json()
        let totals = (sales["totals"]?.array ?? []).map { "\($0["sandbox"]?.bool == true) \($0["count"]?.int64 ?? 0) \($0["amount"]?.string ?? "")" }
        #expect(totals.sorted() == ["false 1 0.01", "true 1 0.01"])
        let orders = try await shop.control("/api/v1/orders").json()["items"]?.array ?? []
        #expect(orders.map { $0["sandbox"]?.bool } == [true, false])
        let trial = try #require(try shop.payments.last)
        let page = try await shop.get("/r/\(trial.receiptID)", Browser.headers)
        page.expect(200, has: ["ractice"], hasNot: ["sepolia.basescan.org"])
        #expect(try await shop.get("/r/\(trial.receiptID)").json()["sandbox"] == true)
    }

    // MARK: On a practice shop

    @Test func `a shop that takes practice money only gives samples there, on this machine too, and sells the goods apart`() async throws {
        let shop = try TestShop()
        try await shop.sell(file: Array("secret bytes".utf8))
        let pay = try await pay(shop, "/sandbox/p/song")
        let answer = try await shop.get("/sandbox/p/song", pay)
        answer.expect(200, has: ["This is a sample"], hasNot: ["secret"])
        try await shop.get(try #require(answer.enclosure)).expect(200, has: ["This is a sample"], hasNot: ["secret"])
        try await shop.get("/p/song", pay).expect(402, hasNot: ["secret"])
        let goods = try await self.pay(shop, "/p/song", nonce: 2)
        let bought = try await shop.get("/p/song", goods)
        bought.expect(200, has: ["secret bytes"])
        #expect(try bought.outcome().other["extra"] == nil)
        try await shop.get("/sandbox/p/song", goods).expect(402, hasNot: ["secret", "This is a sample"])
        let owned = try await shop.get("/sandbox/p/song", self.pay(shop, "/sandbox/p/song", nonce: 3))
        owned.expect(200, has: ["This is a sample"], hasNot: ["secret"])
        #expect(try owned.outcome().other["extra"]?["alreadyOwned"] == true)
        #expect(try shop.payments.count == 2)
    }

    // MARK: Where it is named

    @Test func `people and agents are told of it in a few words`() async throws {
        let shop = try await live()
        try await shop.get("/p/song", Browser.headers).expect(
            200, has: [#"href="https://shop.example/sandbox/p/song""#, "To test a client for a sample"])
        let page = try await shop.get("/sandbox/p/song", Browser.headers)
        page.expect(200, has: ["A sample is given instead of the goods", "pushcart buy https://shop.example/sandbox/p/song"])
        page.expect(200, has: [#"rel="canonical" href="https://shop.example/p/song""#], hasNot: ["To test a client"])
        #expect(try page.required().accepts.first?.extra["sandbox"] == true)
        try await shop.get("/llms.txt").expect(200, has: ["https://shop.example/sandbox/p/{slug}", "practice money"])
        try await shop.get("/discovery/resources").expect(200, hasNot: ["/sandbox/"])
    }
}
