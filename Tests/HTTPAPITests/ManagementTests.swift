import Catalogue
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import NIOHTTP1
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// What the owner's commands do, over the control socket.
@Suite struct ManagementTests {
    // MARK: Contents

    @Test func `bytes of any length are taken in and named by their digest`() async throws {
        let shop = try TestShop()
        let long = [UInt8](repeating: 0x61, count: 300_000)
        let answer = try await shop.control("/api/v1/contents", method: .post, body: long)
        #expect(answer.status == .created)
        let digest = try #require(try answer.json()["sha256"]?.string.flatMap { ContentDigest(hex: $0) })
        #expect(try answer.json()["length"] == 300_000)
        #expect(try shop.catalogue.contents.bytes(digest) == long)
        let again = try await shop.control("/api/v1/contents", method: .post, body: long)
        #expect(try again.json() == answer.json())
        let empty = try await shop.control("/api/v1/contents", method: .post, body: [])
        #expect(try empty.json()["sha256"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `a disk that refuses is told as such`() async throws {
        let shop = try TestShop()
        try FileManager.default.removeItem(atPath: "\(shop.directory)/content")
        let answer = try await shop.control("/api/v1/contents", method: .post, body: [1])
        try answer.expectProblem(507, "nothing was stored")
        #expect(shop.logBook.all.contains { $0.hasPrefix("error: content:") })
    }

    // MARK: Adding

    @Test func `a product is added, by whom the kernel says, and is for sale at once`() async throws {
        let shop = try TestShop()
        try await ControlSocket.with(shop) { socket in
            let content = try await socket.content("0123456789")
            let answer = try await socket.send(
                .POST, "/api/v1/products",
                [
                    "slug": "song", "title": "My song", "summary": "Loud.", "kind": "file", "price": "0.990", "tags": ["rock", "new"],
                    "repeatable": true,
                    "content": content,
                ])
            #expect(answer.status == 201)
            #expect(
                answer.json == [
                    "id": 1, "slug": "song", "title": "My song", "summary": "Loud.", "kind": "file", "state": "published", "price": "0.99",
                    "currency": "USD",
                    "tags": ["rock", "new"], "repeatable": true, "url": "http://127.0.0.1:4020/p/song", "revision": 1,
                    "content": [
                        "sha256": try #require(content["sha256"]), "length": 10, "mediaType": "audio/flac", "fileName": "song.flac",
                    ],
                    "createdAt": "2027-01-15T08:00:00Z", "updatedAt": "2027-01-15T08:00:00Z",
                ])
            #expect(try await shop.events() == ["product.created 1 \(ControlSocket.actor)"])
            let shown = try await socket.send(.GET, "/api/v1/products/song")
            #expect(shown.status == 200 && shown.json == answer.json)
        }
        try await shop.get("/p/song").expect(402)
        #expect(try await shop.get("/p/song", shop.pay("song")).text == "0123456789")
    }

    @Test func `little is needed for a product`() async throws {
        let shop = try TestShop()
        try await ControlSocket.with(shop) { socket in
            let content = try await socket.content("# Hello", name: "text.md", type: "text/markdown")
            let answer = try await socket.send(
                .POST, "/api/v1/products", ["slug": "a", "title": "A", "kind": "article", "price": "1", "state": "draft", "content": content])
            #expect(answer.status == 201)
            #expect(answer.json["summary"] == "" && answer.json["tags"] == [] && answer.json["repeatable"] == false && answer.json["price"] == "1.00")
        }
        try await shop.get("/p/a").expect(404)
    }

    @Test func `a name that is taken is refused and nothing happens`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let before = try await shop.events()
        try await ControlSocket.with(shop) { socket in
            let content = try await socket.content("other")
            let answer = try await socket.send(
                .POST, "/api/v1/products", ["slug": "song", "title": "T", "kind": "file", "price": "1", "content": content])
            answer.expect(409, "“song” already")
        }
        #expect(try await shop.events() == before)
    }

    @Test func `all that is wrong with a product is told at once, each with its place`() async throws {
        let shop = try TestShop()
        try await ControlSocket.with(shop) { socket in
            let answer = try await socket.send(
                .POST, "/api/v1/products",
                [
                    "slug": "No Slug", "title": .string(String(repeating: "x", count: 121)), "summary": "two\nlines", "kind": "film", "price": "1e2",
                    "tags": ["a", "a"], "repeatable": "yes", "state": "sold", "titel": "x",
                    "content": ["sha256": "00", "mediaType": "plain", "fileName": "../x"],
                ])
            #expect(answer.status == 422 && answer.type == "application/problem+json")
            #expect(
                Set(answer.pointers) == [
                    "/slug", "/title", "/summary", "/kind", "/price", "/tags", "/repeatable", "/state", "/content/sha256", "/content/mediaType",
                    "/content/fileName", "/titel",
                ])
            #expect(answer.json["detail"]?.string?.hasPrefix("12 fields are wrong. “/slug”:") == true)
            #expect(
                answer.json["errors"]?.array?.first { $0["pointer"] == "/titel" }?["reason"]
                    == #"There is no field "titel" here. Did you mean "title"?"#)
            let missing = try await socket.send(.POST, "/api/v1/products", [:])
            #expect(missing.status == 422)
            #expect(missing.pointers == ["/slug", "/title", "/kind", "/price", "/content"])
        }
        #expect(try await shop.events() == [])
    }

    static let wrong: [(field: String, value: JSONValue, pointer: String)] = [
        ("slug", "a--b", "/slug"), ("slug", "", "/slug"), ("slug", 5, "/slug"), ("title", "", "/title"), ("title", "a\u{7}b", "/title"),
        ("summary", .string(String(repeating: "x", count: 301)), "/summary"), ("price", "0", "/price"), ("price", "0.00", "/price"),
        ("price", "-1", "/price"), ("price", " 1", "/price"), ("price", "1,00", "/price"), ("price", "٥", "/price"), ("price", "01", "/price"),
        ("price", "0.0000001", "/price"), ("price", "99999999999999999999999999999999", "/price"), ("price", 1, "/price"),
        ("currency", "usd", "/currency"),
        ("currency", "EUR", "/price"), ("tags", ["a b"], "/tags"), ("tags", ["a,b"], "/tags"), ("tags", ["1", "2", "3", "4", "5", "6"], "/tags"),
        ("tags", "a", "/tags"), ("kind", "card", "/kind"), ("state", "gone", "/state"), ("repeatable", 1, "/repeatable"),
        ("content", "x", "/content"),
        ("content", ["sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "mediaType": "a/b", "fileName": "x"], "/content"),
        ("upstream", "http://127.0.0.1", "/upstream"),
    ]

    @Test func `each wrong field is refused by its rule, and alone`() async throws {
        let shop = try TestShop()
        try await ControlSocket.with(shop) { socket in
            let content = try await socket.content("x")
            for (field, value, pointer) in Self.wrong {
                var product: JSONObject = ["slug": "song", "title": "T", "kind": "file", "price": "1", "content": content]
                product[field] = value
                let answer = try await socket.send(.POST, "/api/v1/products", .object(product))
                #expect(answer.status == 422, "\(field) \(value)")
                #expect(answer.pointers == [pointer], "\(field) \(value)")
            }
            for (part, value) in [
                ("mediaType", "plain"), ("mediaType", "a/b/c"), ("mediaType", "a/b\r\nX: y"), ("mediaType", "ab"), ("fileName", ".."),
                ("fileName", "."),
                ("fileName", "a/b"), ("fileName", "a\nb"), ("fileName", ""), ("sha256", "zz"), ("size", "1"),
            ] as [(String, JSONValue)] {
                var named = try #require(content.object)
                named[part] = value
                let answer = try await socket.send(
                    .POST, "/api/v1/products", ["slug": "song", "title": "T", "kind": "file", "price": "1", "content": .object(named)])
                #expect(answer.status == 422 && answer.pointers == ["/content/\(part)"], "\(part) \(value)")
            }
        }
        #expect(try await shop.events() == [])
    }

    @Test func `an article must be text of bounded length`() async throws {
        let shop = try TestShop()
        try await ControlSocket.with(shop) { socket in
            for (bytes, says) in [([0xFF, 0xFE], "not UTF-8"), ([UInt8](repeating: 0x61, count: 1024 * 1024 + 1), "at most 1 MB")]
                as [([UInt8], String)]
            {
                let stored = try await socket.send(.POST, "/api/v1/contents", bytes: bytes)
                let content: JSONValue = ["sha256": try #require(stored.json["sha256"]), "mediaType": "text/markdown", "fileName": "a.md"]
                let answer = try await socket.send(
                    .POST, "/api/v1/products", ["slug": "a", "title": "A", "kind": "article", "price": "1", "content": content])
                answer.expect(422, says)
                #expect(answer.pointers == ["/content"])
            }
        }
    }

    @Test func `a body that is no JSON or too long is refused`() async throws {
        let shop = try TestShop()
        try await ControlSocket.with(shop) { socket in
            for text in ["", "{", "{} x", #"{"slug":"a","slug":"b"}"#] {
                (try await socket.send(.POST, "/api/v1/products", bytes: Array(text.utf8))).expect(400, "not JSON")
            }
            (try await socket.send(.POST, "/api/v1/products", bytes: Array("[]".utf8))).expect(422, "The body")
            (try await socket.send(.POST, "/api/v1/products", bytes: [UInt8](repeating: 0x20, count: 65_537))).expect(413, "longer than 65536 bytes")
        }
    }

    @Test func `without credentials nothing is changed`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let before = try await shop.events()
        try await shop.control("/api/v1/products", method: .post, body: Array("{}".utf8), as: nil).expectProblem(401, "Sign in, or send an API key")
        for credential in [nil, "pc_nobody", "no.such.token", ""] {
            let answer = try await shop.control("/api/v1/products/song", method: .patch, body: Array(#"{"price":"9"}"#.utf8), as: credential)
            try answer.expectProblem(401, credential == nil ? "Sign in, or send an API key" : "not valid")
            #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
        }
        #expect(try await shop.events() == before)
    }

    // MARK: Editing

    @Test func `an edit changes what it names and keeps the rest`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let mark = try #require(try await shop.reader.events(after: 0, limit: 100).last?.sequence)
        shop.clock.advance(.seconds(60))
        try await ControlSocket.with(shop) { socket in
            let priced = try await socket.send(.PATCH, "/api/v1/products/song", ["price": "0.02", "repeatable": true])
            #expect(priced.status == 200)
            #expect(
                priced.json["price"] == "0.02" && priced.json["repeatable"] == true && priced.json["title"] == "The song"
                    && priced.json["revision"] == 2)
            #expect(priced.json["updatedAt"] == "2027-01-15T08:01:00Z" && priced.json["createdAt"] == "2027-01-15T08:00:00Z")
            let content = try await socket.content("second edition", name: "two.flac")
            let renewed = try await socket.send(
                .PATCH, "/api/v1/products/song",
                ["title": "New", "summary": "", "tags": [], "state": "archived", "content": content, "currency": "USD", "price": "0.03"])
            #expect(renewed.json["content"]?["fileName"] == "two.flac" && renewed.json["content"]?["length"] == 14)
            #expect(renewed.json["title"] == "New" && renewed.json["state"] == "archived" && renewed.json["price"] == "0.03")
        }
        #expect(try await shop.events(after: mark) == Array(repeating: "product.edited 1 \(ControlSocket.actor)", count: 2))
        try await shop.get("/p/song").expect(404)
    }

    @Test func `an edit is judged like a new product`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.sell(article: TestShop.article)
        let before = try await shop.events()
        try await ControlSocket.with(shop) { socket in
            for (body, pointers) in [
                (["price": "0"], ["/price"]), (["price": "0.0000001", "title": ""], ["/title", "/price"]), (["currency": "EUR"], ["/price"]),
                (["currency": "EUR", "price": "1"], ["/price"]), (["slug": "other"], ["/slug"]), (["kind": "article"], ["/kind"]),
                (["state": "sold"], ["/state"]), ([1], [""]),
            ] as [(JSONValue, [String])] {
                let answer = try await socket.send(.PATCH, "/api/v1/products/song", body)
                #expect(answer.status == 422 && answer.pointers == pointers, "\(body) \(answer.pointers)")
            }
            let stored = try await socket.send(.POST, "/api/v1/contents", bytes: [0xFF])
            let content: JSONValue = ["sha256": try #require(stored.json["sha256"]), "mediaType": "text/markdown", "fileName": "a.md"]
            (try await socket.send(.PATCH, "/api/v1/products/hello", ["content": content])).expect(422, "not UTF-8")
            (try await socket.send(.PATCH, "/api/v1/products/nothing", [:])).expect(404, "no product of that name")
            (try await socket.send(.PATCH, "/api/v1/products/No", [:])).expect(404, "no product of that name")
        }
        #expect(try await shop.events() == before)
    }

    // MARK: Lists

    @Test func `products are listed newest first in pages, drafts and all`() async throws {
        let shop = try TestShop()
        for number in 1...5 { try await shop.sell("item-\(number)", file: [UInt8(number)]) { $0.state = number == 2 ? .draft : .published } }
        let all = try await shop.control("/api/v1/products").json()
        #expect(all["items"]?.array?.compactMap { $0["slug"]?.string } == ["item-5", "item-4", "item-3", "item-2", "item-1"])
        #expect(all["next"] == nil)
        let first = try await shop.control("/api/v1/products?limit=2").json()
        #expect(first["items"]?.array?.compactMap { $0["slug"]?.string } == ["item-5", "item-4"])
        let next = try #require(first["next"]?.string)
        let second = try await shop.control("/api/v1/products?limit=3&cursor=\(next)").json()
        #expect(second["items"]?.array?.compactMap { $0["slug"]?.string } == ["item-3", "item-2", "item-1"])
        try await shop.control("/api/v1/products/nothing").expectProblem(404, "no product of that name")
        try await shop.control("/api/v1/products/No").expectProblem(404, "no product of that name")
    }

    @Test(arguments: ["limit=0", "limit=501", "limit=x", "limit=", "limit=1&limit=2", "cursor=", "cursor=x", "cursor=aWQgMA", "before=1", "lim=1"])
    func `a page that cannot be is refused`(_ query: String) async throws {
        let shop = try TestShop()
        for list in ["products", "orders"] {
            try await shop.control("/api/v1/\(list)?\(query)").expectProblem(
                400, query.hasPrefix("cursor=") && query != "cursor=" ? "his cursor is not one of this list" : "“\(query.prefix { $0 != "=" })”")
        }
    }

    @Test func `orders are listed newest first in pages and shown by their number`() async throws {
        let shop = try TestShop()
        #expect(try await shop.control("/api/v1/orders").json() == ["items": []])
        let song = try await shop.sell { $0.repeatable = true }
        for nonce in 1...3 { try await shop.get("/p/song", shop.pay("song", nonce: UInt8(nonce))).expect(200) }
        let first = try await shop.control("/api/v1/orders?limit=2").json()
        #expect(first["items"]?.array?.compactMap { $0["order"]?.string } == ["2027-000003", "2027-000002"])
        let next = try #require(first["next"]?.string)
        let rest = try await shop.control("/api/v1/orders?limit=2&cursor=\(next)").json()
        #expect(rest["items"]?.array?.compactMap { $0["id"]?.int64 } == [1])
        #expect(rest["next"] == nil)

        let order = try await shop.control("/api/v1/orders/2027-000002").json()
        let payment = try shop.payments[1]
        #expect(
            order == [
                "id": 2, "order": "2027-000002", "receipt": .string(payment.receiptID.description), "state": "settled", "paid": true, "sandbox": true,
                "finality": "final", "accessEnded": false, "refunds": [], "network": "eip155:84532", "payer": .string(Buyer.ada.address),
                "amountAtomic": "10000", "amount": "0.01", "asset": "USDC",
                "transaction": .string("0x" + lowercaseHex(try #require(payment.transaction))), "sha256": .string(song.content.digest.description),
                "claimedAt": "2027-01-15T08:00:00Z", "settledAt": "2027-01-15T08:00:00Z", "product": ["slug": "song", "title": "The song"],
                "receiptURL": "http://127.0.0.1:4020/r/\(payment.receiptID)",
            ])
        #expect(try await shop.control("/api/v1/orders/2").json() == order)
        for wrong in ["2026-000002", "2027-2", "9", "0", "-2", "x", "2027-", "2-2"] {
            try await shop.control("/api/v1/orders/\(wrong)").expectProblem(404, "no order of that number")
        }
    }

    @Test func `totals count what was sold, practice and real money apart`() async throws {
        let shop = try TestShop()
        #expect(try await shop.control("/api/v1/sales").json() == ["totals": [], "latest": []])
        try await shop.sell { $0.repeatable = true }
        try await shop.sell("film", file: [1]) { $0.price = try Money("1.50", .usd) }
        for nonce in 1...2 { try await shop.get("/p/song", shop.pay("song", nonce: UInt8(nonce))).expect(200) }
        try await shop.get("/p/film", shop.pay("film", by: .bob)).expect(200)
        let sales = try await shop.control("/api/v1/sales").json()
        #expect(
            sales["totals"] == [
                [
                    "network": "eip155:84532", "sandbox": true, "count": 3, "amountAtomic": "1520000", "amount": "1.52", "asset": "USDC",
                    "name": "Base Sepolia",
                ]
            ])
        #expect(sales["latest"]?.array?.compactMap { $0["order"]?.string } == ["2027-000003", "2027-000002", "2027-000001"])
        let real = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction))
        try await real.sell()
        try await real.get("/p/song", real.pay("song")).expect(200)
        #expect(try await real.control("/api/v1/sales").json()["totals"]?.array?.first?["sandbox"] == false)
    }

    // MARK: Status

    @Test func `the status tells how the shop is doing`() async throws {
        let shop = try TestShop()
        try await shop.useOwnerKey()
        try await shop.sell()
        try await shop.sell("secret", file: [1]) { $0.state = .draft }
        shop.clock.advance(.seconds(5))
        var status = try #require(try await shop.control("/api/v1/status").json().object)
        let writer = try #require(status["writer"])
        // A key, its use and two products; the last may be counted a moment after it was answered.
        for name in ["writes", "commits"] { #expect((3...4).contains(writer[name]?.int64 ?? 0), "\(name)") }
        #expect(writer["processorMicroseconds"]?.int64 ?? 0 > 0)
        status["writer"] = nil
        #expect(
            status == [
                "version": "9.9.9", "shop": "Lena’s cart", "origin": "http://127.0.0.1:4020", "practice": true, "startedAt": "2027-01-15T08:00:00Z",
                "payments": [
                    [
                        "network": "eip155:84532", "name": "Base Sepolia", "asset": "USDC", "payTo": .string(TestShop.payTo), "sandbox": true,
                        "ready": true,
                    ]
                ],
                "openPayments": 0, "openRefunds": 0, "unmatchedIncome": 0, "products": 1,
            ])
    }

    @Test func `the status says why nothing can be paid and what is on its way`() async throws {
        let waiting = try ScriptedChain.shop(.unknown, shortfall: "Still connecting.")
        let option = try await waiting.control("/api/v1/status").json()["payments"]?.array?.first
        #expect(option?["ready"] == false && option?["reason"] == "Still connecting." && option?["sandbox"] == false)
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        try await shop.get("/p/song", shop.pay("song")).expect(402)
        #expect(try await shop.control("/api/v1/status").json()["openPayments"] == 1)
    }

    @Test func `the control socket serves the shop too, and refuses other methods`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.control("/p/song").expect(402)
        try await shop.control("/healthz").expect(200)
        let answer = try await shop.control("/api/v1/products/song", method: .delete)
        try answer.expectProblem(405, "GET, HEAD, PATCH")
        #expect(answer.headers[.allow] == "GET, HEAD, PATCH")
        try await shop.control("/api/v1/nothing").expectProblem(404, "nothing")
    }
}
