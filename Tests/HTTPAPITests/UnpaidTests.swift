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

/// Looking at a product without paying.
@Suite struct UnpaidTests {
    static let exposed =
        "PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, Link, Location, Retry-After, ETag, Content-Disposition, Content-Range, X-Request-Id"

    @Test func `a machine is told the terms of both versions, exactly`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let answer = try await shop.get("/p/song")
        answer.expect(402)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.headers[.vary] == "Accept, User-Agent")
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        #expect(answer.headers[.accessControlExposeHeaders] == Self.exposed)
        #expect(answer.headers[.paymentResponse] == nil)
        #expect(
            try answer.json() == [
                "x402Version": 1, "error": "Payment required",
                "accepts": [
                    [
                        "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "10000", "resource": "http://127.0.0.1:4020/p/song",
                        "description": "Words about it.", "mimeType": "audio/flac", "payTo": .string(TestShop.payTo), "maxTimeoutSeconds": 300,
                        "asset": .string(TestShop.usdc),
                        "outputSchema": ["input": ["type": "http", "method": "GET", "discoverable": true], "output": nil],
                        "extra": ["name": "USDC", "version": "2", "paymentFlow": "upfront", "sandbox": true],
                    ]
                ],
            ])

        var required = try PaymentHeader.decode(try #require(answer.headers[.paymentRequired]))
        #expect(try #require(answer.headers[.paymentRequired]).utf8.count < 6_000)
        let seal = try #require(required["accepts"]?.array?.first?["extra"]?["offer"]?.string)
        #expect(seal.utf8.count == 82 && seal.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(
            required["accepts"] == [
                [
                    "scheme": "exact", "network": "eip155:84532", "amount": "10000", "asset": .string(TestShop.usdc),
                    "payTo": .string(TestShop.payTo),
                    "maxTimeoutSeconds": 300,
                    "extra": ["name": "USDC", "version": "2", "paymentFlow": "upfront", "sandbox": true, "offer": .string(seal)],
                ]
            ])
        let bazaar = try #require(required["extensions"]?["bazaar"])
        #expect(
            bazaar["info"] == ["input": ["type": "http", "method": "GET"], "output": ["type": "audio/flac"]])
        #expect(bazaar["schema"]?["type"] == "object")
        required["accepts"] = nil
        required["extensions"] = nil
        #expect(
            required == [
                "x402Version": 2, "error": "Payment required",
                "resource": [
                    "url": "http://127.0.0.1:4020/p/song", "description": "Words about it.", "mimeType": "audio/flac", "serviceName": "Lenas cart",
                    "tags": ["new"],
                ],
            ])
        try await shop.expectNothingTaken()
    }

    @Test func `each answer has a seal of its own and none touches the database`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let before = try await shop.events()
        let seals = try await [shop.terms("song"), shop.terms("song")].map { $0.extra["offer"] }
        #expect(seals[0] != seals[1])
        #expect(try await shop.events() == before)
        try await shop.expectNothingTaken()
    }

    @Test func `the resource comes from the configured origin, whatever the request calls the host`() async throws {
        let shop = try TestShop(origin: TestShop.published)
        try await shop.sell()
        let answer = try await shop.get("/p/song?utm=1", [.init("X-Forwarded-Host")!: "evil.example", .init("Forwarded")!: "host=evil.example"])
        answer.expect(402, has: [#""resource":"https://shop.example/p/song""#], hasNot: ["evil"])
        #expect(try answer.required().resource?["url"] == "https://shop.example/p/song")
    }

    @Test func `a look with anything in it gets the terms before it is judged`() async throws {
        let shop = try TestShop()
        try await shop.sell(article: TestShop.article)
        let strange: HTTPFields = [.accept: "image/png", .range: "bytes=900-", .ifMatch: "\"other\"", .contentType: "x"]
        try await shop.get("/p/hello", strange, body: "{").expect(402)
    }

    @Test func `HEAD tells the same headers and length without the body`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let get = try await shop.get("/p/song")
        let head = try await shop.get("/p/song", method: .head)
        head.expect(402)
        #expect(head.body.readableBytes == 0)
        #expect(head.headers[.contentLength] == String(get.body.readableBytes))
        #expect(head.headers[.contentType] == "application/json")
        #expect(try head.required().accepts.count == 1)
        let page = try await shop.get("/p/song", Browser.headers, method: .head)
        page.expect(200)
        #expect(page.body.readableBytes == 0)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        let length = try await shop.get("/p/song", Browser.headers).body.readableBytes
        #expect(page.headers[.contentLength] == String(length))
    }

    @Test func `a payment that comes with HEAD is not taken`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let head = try await shop.get("/p/song", shop.pay("song"), method: .head)
        head.expect(402)
        try await shop.expectNothingTaken()
    }

    @Test func `a preflight lets the payment headers through, also with a payment and also where nothing is`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let pay = try await shop.pay("song")
        for (uri, headers) in [("/p/song", HTTPFields()), ("/p/song", pay), ("/p/nothing", [:])] {
            let answer = try await shop.get(uri, headers, method: .options)
            answer.expect(204)
            #expect(answer.body.readableBytes == 0)
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
            #expect(answer.headers[.accessControlAllowMethods] == "GET, HEAD, OPTIONS")
            let allowed = Set((answer.headers[.accessControlAllowHeaders] ?? "").split(separator: ", ").map(String.init))
            #expect(allowed.isSuperset(of: ["PAYMENT-SIGNATURE", "X-PAYMENT", "Access-Control-Expose-Headers", "Content-Type", "Idempotency-Key"]))
            #expect(answer.headers[.accessControlExposeHeaders] == Self.exposed)
            #expect(answer.headers[.paymentRequired] == nil)
        }
        try await shop.expectNothingTaken()
    }

    @Test(arguments: [.post, .put, .patch, .delete, .trace, .connect] as [HTTPRequest.Method])
    func `another method is refused with those that are taken, and takes no payment`(_ method: HTTPRequest.Method) async throws {
        let shop = try TestShop()
        try await shop.sell()
        let answer = try await shop.get("/p/song", shop.pay("song"), method: method)
        try answer.expectProblem(405, "GET, HEAD, OPTIONS")
        #expect(answer.headers[.allow] == "GET, HEAD, OPTIONS")
        try await shop.expectNothingTaken()
    }

    @Test(
        arguments: [
            "/p/nothing", "/p/Song", "/p/%73ong", "/p/song%2f", "/p/song%00", "/p/song;x=1", "/p/song/", "//p/song", "/p//song", "/p/../p/song",
            "/p/./song", "/p/", "/p", "/p/song.", "/p/so--ng", "/p/-song", "/p/söng", "/nothing", "/r", "/api",
        ])
    func `another spelling of an address is nothing, with a payment too`(_ uri: String) async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.get(uri).expectProblem(404, "nothing at this address")
        try await shop.get(uri, shop.pay("song")).expectProblem(404, "nothing at this address")
        let head = try await shop.get(uri, method: .head)
        head.expect(404)
        #expect(head.body.readableBytes == 0 && head.headers[.contentLength].flatMap { Int($0) } ?? 0 > 0)
        try await shop.expectNothingTaken()
    }

    @Test func `what was bought is given again when it is a draft, or another edition, by now`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell(file: Array("the first edition".utf8))
        let pay = try await shop.pay("song")
        try await shop.get("/p/song", pay).expect(200, has: ["the first edition"])
        let short = try shop.content(Array("2nd".utf8), "song.flac", "audio/flac")
        try await shop.edit(song) { $0.content = short }
        try await shop.get("/p/song", pay).expect(200, has: ["the first edition"])
        try await shop.get("/p/song", pay.adding(.range, "bytes=10-")).expect(206, has: ["edition"])
        try await shop.edit(song) { $0.state = .draft }
        try await shop.get("/p/song", pay).expect(200, has: ["the first edition"])
        #expect(try shop.payments.count == 1)
    }

    @Test func `what is a draft is nothing, with a payment too`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let pay = try await shop.pay("song")
        try await shop.edit(song) { $0.state = .draft }
        try await shop.get("/p/song").expectProblem(404, "nothing")
        try await shop.get("/p/song", pay).expectProblem(404, "nothing")
        try await shop.get("/p/song", Browser.headers).expect(404, hasNot: ["The song"])
        try await shop.expectNothingTaken()
    }

    // MARK: People and machines

    static let agents: [(agent: String, accept: String?, isPage: Bool)] = [
        ("Mozilla/5.0 (X11)", "text/html,*/*;q=0.8", true), ("Mozilla/5.0 (X11)", "application/xhtml+xml, text/html;q=0.1", true),
        ("Mozilla/5.0 (X11)", "*/*", false), ("Mozilla/5.0 (X11)", nil, false), ("Mozilla/5.0 (X11)", "text/html;q=0, */*", false),
        ("Mozilla/5.0 (X11)", "application/json", false), ("curl/8.14.1", "*/*", false), ("curl/8.14.1", "text/html", false),
        ("python-httpx/0.28", "*/*", false), ("", "text/html", false), ("Slackbot-LinkExpanding 1.0", "*/*", true), ("Twitterbot/1.0", nil, true),
        ("facebookexternalhit/1.1", "*/*", true), ("LinkedInBot/1.0", nil, true), ("Discordbot/2.0", nil, true),
        ("TelegramBot (like TwitterBot)", nil, true), ("WhatsApp/2.23", nil, true), ("Mastodon/4.3 (http.rb)", nil, true),
        ("Bluesky Cardyb/1.1", nil, true),
    ]

    @Test(arguments: agents) func `people and link previews get the page, machines the terms, and caches keep them apart`(
        _ agent: (agent: String, accept: String?, isPage: Bool)
    ) async throws {
        let shop = try TestShop()
        try await shop.sell()
        var headers: HTTPFields = agent.agent.isEmpty ? [:] : [.userAgent: agent.agent]
        if let accept = agent.accept { headers[.accept] = accept }
        let answer = try await shop.get("/p/song", headers)
        #expect(answer.status.code == (agent.isPage ? 200 : 402))
        #expect(answer.headers[.contentType] == (agent.isPage ? "text/html; charset=utf-8" : "application/json"))
        #expect(answer.headers[.vary] == "Accept, User-Agent")
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(try answer.required().accepts.count == 1)
        answer.expect(agent.isPage ? 200 : 402, hasNot: ["0123456789"])
    }

    @Test func `the page shows what is sold and how to buy it, and lets nothing run`() async throws {
        let shop = try TestShop()
        try await shop.sell(article: TestShop.article) { $0.tags = ["essay", "short"] }
        let answer = try await shop.get("/p/hello", Browser.headers)
        answer.expect(
            200,
            has: [
                "The hello", "Words about it.", "0.01 USD", "<p>This is free.</p>", "pushcart buy http://127.0.0.1:4020/p/hello", "essay", "short",
                "Article", "practice money", "Base Sepolia",
            ], hasNot: ["paid", "<script", "{{", "Opening soon"])
        #expect(answer.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'") == true)
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
    }

    @Test func `a shop with a public address that takes practice money says that it opens soon`() async throws {
        let shop = try TestShop(origin: TestShop.published)
        try await shop.sell()
        try await shop.get("/p/song", Browser.headers).expect(200, has: ["Opening soon."])
        let real = try ScriptedChain.shop(.unknown)
        try await real.sell()
        try await real.get("/p/song", Browser.headers).expect(200, hasNot: ["Opening soon", "practice"])
    }

    // MARK: Nothing can be paid

    @Test func `when nothing can be paid machines are told to come back and people why`() async throws {
        let shop = try ScriptedChain.shop(.unknown, shortfall: "This shop is still connecting to its network.")
        try await shop.sell()
        let answer = try await shop.get("/p/song")
        try answer.expectProblem(503, "still connecting")
        #expect(answer.headers[.comeBack] == "10")
        #expect(answer.headers[.paymentRequired] == nil)
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        let page = try await shop.get("/p/song", Browser.headers)
        page.expect(200, has: ["The song", "still connecting"], hasNot: ["pushcart buy https"])
        #expect(page.headers[.paymentRequired] == nil)
        try await shop.get("/p/song", method: .head).expect(503)

        let terms = PaymentRequirements(
            scheme: "exact", network: "eip155:84532", amount: "10000", asset: TestShop.usdc, payTo: TestShop.payTo, maxTimeoutSeconds: 300,
            extra: ["name": "USDC", "version": "2"])
        let paid = try await shop.get("/p/song", Buyer.header(Buyer.ada.sign(terms, at: shop.clock.now)))
        try paid.expectProblem(503, "still connecting")
        #expect(paid.headers[.comeBack] == "5")
        try await shop.expectNothingTaken()
    }

    @Test func `a price that no asset can say is not payable, and says so`() async throws {
        let shop = try TestShop()
        try await shop.sell { $0.price = try Money("0.0000001", .usd) }
        try await shop.get("/p/song").expectProblem(503, "takes a price of 0.0000001 USD")
    }
}
