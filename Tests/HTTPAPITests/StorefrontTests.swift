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

/// What a shop shows of itself: storefront, lists for machines, health.
@Suite struct StorefrontTests {
    @Test func `an empty shop says so and how its owner begins`() async throws {
        let shop = try TestShop()
        let answer = try await shop.get("/")
        answer.expect(
            200, has: ["Lena’s cart", "Nothing for sale yet", "pushcart product add", "Practice shop"], hasNot: ["{{", "Show more", "For sale"])
        #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
        #expect(answer.headers[.cacheControl] == "no-store")
        try await shop.get("/llms.txt").expect(200, has: ["Nothing for sale yet."])
    }

    @Test func `the storefront shows what is for sale and nothing else`() async throws {
        let shop = try TestShop()
        try await shop.sell(file: [UInt8](repeating: 1, count: 3_200), change: { $0.summary = "" })
        try await shop.sell(article: TestShop.article)
        try await shop.sell("secret", file: [2]) { $0.state = .draft }
        try await shop.sell("gone", file: [3]) { $0.state = .archived }
        try await shop.get("/").expect(
            200,
            has: ["The song", "The hello", "0.01 USD", "File · 3.2 KB", "Article", "http://127.0.0.1:4020/p/song", "<li>new</li>"],
            hasNot: ["The secret", "The gone", "Nothing for sale", "{{", "<p class=\"summary\"></p>"])
        let head = try await shop.get("/", method: .head)
        #expect(head.status == .ok && head.body.readableBytes == 0)
    }

    @Test func `a long storefront is shown in pages that together have everything once`() async throws {
        let shop = try TestShop()
        for number in 1...50 { try await shop.sell("item-\(number)", file: [UInt8(number)]) { $0.title = "Item number \(number)." } }
        var titles: [Int] = []
        var uri: String? = "/"
        var pages = 0
        while let next = uri {
            let html = try await shop.get(next).text
            titles += html.matches(of: /Item number (\d+)\./).compactMap { Int($0.output.1) }
            uri = html.firstMatch(of: /href="(\/\?before=\d+)"/).map { String($0.output.1) }
            pages += 1
        }
        #expect(pages == 3)
        #expect(titles == Array((1...50).reversed()))
        let first = try await shop.get("/?before=x").text
        #expect(first.contains("Item number 50."))
    }

    @Test func `the style sheet is kept for good under its version`() async throws {
        let shop = try TestShop()
        let page = try await shop.get("/").text
        let address = try #require(page.firstMatch(of: /\/assets\/style\.css\?v=[0-9a-f]{8}/)).output
        let answer = try await shop.get(String(address))
        answer.expect(200, has: ["--ground"])
        #expect(answer.headers[.contentType] == "text/css; charset=utf-8")
        #expect(answer.headers[.cacheControl] == "public, max-age=31536000, immutable")
    }

    // MARK: For machines

    @Test func `the well-known document lists what is for sale`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.sell("secret", file: [2]) { $0.state = .draft }
        let answer = try await shop.get("/.well-known/x402")
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        #expect(answer.headers[.cacheControl] == "public, max-age=60")
        #expect(
            try answer.json() == [
                "version": 1, "x402Version": 2, "service": "Lena’s cart", "practice": true, "resources": ["http://127.0.0.1:4020/p/song"],
                "discovery": "http://127.0.0.1:4020/discovery/resources",
            ])
    }

    @Test func `the discovery list has the terms without seals, in pages`() async throws {
        let shop = try TestShop()
        for number in 1...5 { try await shop.sell("item-\(number)", file: [UInt8(number)]) }
        try await shop.sell("fine", file: [9]) { $0.price = try Money("0.0000001", .usd) }
        let all = try await shop.get("/discovery/resources").json()
        #expect(all["pagination"] == ["limit": 100, "offset": 0, "total": 5])
        #expect(
            all["items"]?.array?.first == [
                "resource": "http://127.0.0.1:4020/p/item-5", "type": "http", "x402Version": 2,
                "accepts": [
                    [
                        "scheme": "exact", "network": "eip155:84532", "amount": "10000", "asset": .string(TestShop.usdc),
                        "payTo": .string(TestShop.payTo), "maxTimeoutSeconds": 300,
                        "extra": ["name": "USDC", "version": "2", "paymentFlow": "upfront", "sandbox": true],
                    ]
                ],
                "lastUpdated": "2027-01-15T08:00:00Z",
                "metadata": ["title": "The item-5", "description": "Words about it.", "mimeType": "audio/flac", "tags": ["new"]],
            ])
        let page = try await shop.get("/discovery/resources?limit=2&offset=3").json()
        #expect(page["items"]?.array?.compactMap { $0["resource"]?.string?.suffix(6) } == ["item-2", "item-1"])
        #expect(page["pagination"] == ["limit": 2, "offset": 3, "total": 5])
        for wrong in ["limit=0", "limit=501", "limit=x", "offset=-1", "offset=1001"] {
            try await shop.get("/discovery/resources?\(wrong)").expectProblem(400, "is a number from")
        }
    }

    @Test func `what cannot be paid now is not in the discovery list`() async throws {
        let shop = try ScriptedChain.shop(.unknown, shortfall: "Not yet.")
        try await shop.sell()
        #expect(try await shop.get("/discovery/resources").json()["items"] == [])
    }

    @Test func `llms txt tells a language model what there is`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.sell("plain", file: [1]) { $0.summary = "" }
        let answer = try await shop.get("/llms.txt")
        answer.expect(
            200,
            has: [
                "# Lena’s cart\n", "- [The song](http://127.0.0.1:4020/p/song): 0.01 USD. Words about it.\n",
                "- [The plain](http://127.0.0.1:4020/p/plain): 0.01 USD\n", "practice money only", "http://127.0.0.1:4020/discovery/resources",
            ], hasNot: ["Nothing for sale"])
        #expect(answer.headers[.contentType] == "text/markdown; charset=utf-8")
        let real = try ScriptedChain.shop(.unknown)
        try await real.get("/llms.txt").expect(200, has: ["/sandbox/p/{slug}"], hasNot: ["practice money only"])
    }

    // MARK: Health

    @Test func `healthz says that the process lives, readyz that something can be paid`() async throws {
        let shop = try TestShop()
        let live = try await shop.get("/healthz")
        #expect(live.status == .ok && live.text == "ok\n" && live.headers[.cacheControl] == "no-store")
        let ready = try await shop.get("/readyz")
        #expect(ready.status == .ok && ready.headers[.cacheControl] == "no-store")
        #expect(try ready.json() == ["ready": true, "reasons": []])
    }

    @Test func `readyz says why nothing can be paid`() async throws {
        let shop = try ScriptedChain.shop(.unknown, shortfall: "Still connecting.")
        let answer = try await shop.get("/readyz")
        #expect(answer.status == .serviceUnavailable)
        #expect(try answer.json() == ["ready": false, "reasons": ["Base Sepolia: Still connecting."]])
        try await shop.get("/healthz").expect(200)
    }

    @Test func `a broken database is told without its cause, which stands in the log`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let pay = try await shop.pay("song")
        try shop.database.close()
        let ready = try await shop.get("/readyz")
        #expect(ready.status == .serviceUnavailable)
        #expect(try ready.json()["reasons"]?.array?.contains("The database does not answer.") == true)
        for (uri, headers) in [("/llms.txt", HTTPFields()), ("/p/song", pay)] {
            let answer = try await shop.get(uri, headers)
            try answer.expectProblem(503, "cannot do this just now")
            answer.expect(503, hasNot: ["SQLite", "closed", "0123456789"])
            #expect(answer.headers[.comeBack] == "5")
        }
        #expect(shop.logBook.all.contains { $0.hasPrefix("error: GET failed:") })
        try await shop.get("/healthz").expect(200)
    }

    // MARK: The owner's addresses

    @Test(arguments: [.get, .post, .put, .patch, .delete, .head] as [HTTPRequest.Method])
    func `the owner's addresses are closed on the public listener`(_ method: HTTPRequest.Method) async throws {
        let shop = try TestShop()
        let taken: [(uri: String, methods: [HTTPRequest.Method])] = [
            ("/api/v1/status", [.get, .head]), ("/api/v1/products", [.get, .head, .post]), ("/api/v1/orders/1", [.get, .head]),
            ("/api/v1/nothing", []),
        ]
        for (uri, methods) in taken {
            let answer = try await shop.get(uri, method: method)
            let status = methods.contains(method) ? 401 : methods.isEmpty ? 404 : 405
            answer.expect(status)
            #expect(answer.headers[.wwwAuthenticate] == (status == 401 ? "Bearer" : nil))
            #expect((answer.headers[.allow] != nil) == (status == 405))
            if method != .head {
                try answer.expectProblem(
                    status, status == 401 ? "Sign in, or send an API key" : status == 405 ? "does not take that method" : "nothing")
            }
        }
    }

    @Test func `a person at a dead address sees a page, a machine a problem`() async throws {
        let shop = try TestShop()
        for uri in ["/nothing", "/p/nothing", "/r/nothing"] {
            let page = try await shop.get(uri, Browser.headers)
            page.expect(404, has: ["<!doctype html>", "404", "There is nothing at this address.", "Lena’s cart"], hasNot: ["{{", "about:blank"])
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.cacheControl] == "no-store")
            try await shop.get(uri).expectProblem(404, "nothing at this address")
        }
        let head = try await shop.get("/nothing", Browser.headers, method: .head)
        #expect(head.status == .notFound && head.body.readableBytes == 0)
        let api = try await shop.get("/api/v1/status", Browser.headers)
        try api.expectProblem(401, "Sign in")
        let post = try await shop.get("/", Browser.headers, method: .post)
        #expect(post.headers[.allow] == "GET, HEAD")
    }
}
