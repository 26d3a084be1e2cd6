import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Payments
import Storage
import Testing

@testable import HTTPAPI

/// Lists in pages.
@Suite struct PagingTests {
    /// All pages of a list, one after the other; `between` runs after each.
    private func pages(
        _ shop: TestShop, _ path: String, _ member: String, limit: Int = 2, between: (Int) async throws -> Void = { _ in }
    ) async throws -> [[String]] {
        var pages: [[String]] = []
        var cursor = ""
        while pages.count < 20 {
            let separator = path.contains("?") ? "&" : "?"
            let answer = try await shop.send(.get, "\(path)\(separator)limit=\(limit)\(cursor)")
            answer.expect(200)
            let json = try answer.json()
            pages.append(try #require(json["items"]?.array).map { $0[member]?.string ?? "\($0[member]?.int64 ?? -1)" })
            guard let next = json["next"]?.string else { return pages }
            #expect(next.wholeMatch(of: /[A-Za-z0-9_-]{1,200}/) != nil)
            cursor = "&cursor=\(next)"
            try await between(pages.count)
        }
        return pages
    }

    private func shop(_ slugs: String...) async throws -> TestShop {
        let shop = try TestShop()
        for (number, slug) in slugs.enumerated() {
            try await shop.sell(slug, file: [UInt8(number)]) {
                $0.repeatable = true
                if slug.hasPrefix("draft") { $0.state = .draft }
            }
        }
        return shop
    }

    @Test func `products come newest first, oldest first or by name, each once`() async throws {
        let shop = try await shop("cello", "alto", "drum", "bass", "echo")
        #expect(try await pages(shop, "/products", "slug") == [["echo", "bass"], ["drum", "alto"], ["cello"]])
        #expect(try await pages(shop, "/products?sort=newest", "slug") == [["echo", "bass"], ["drum", "alto"], ["cello"]])
        #expect(try await pages(shop, "/products?sort=oldest", "slug") == [["cello", "alto"], ["drum", "bass"], ["echo"]])
        #expect(try await pages(shop, "/products?sort=slug", "slug") == [["alto", "bass"], ["cello", "drum"], ["echo"]])
        #expect(try await pages(shop, "/products?sort=slug", "slug", limit: 5).joined().count == 5)
        for wrong in ["sort=", "sort=best", "sort=slug&sort=slug", "state=sold", "sort=Slug"] {
            try await shop.send(.get, "/products?\(wrong)").expectKind(400, "bad-request")
        }
    }

    @Test func `what is added between two pages moves nothing and is missed by none`() async throws {
        let newest = try await shop("a", "c", "e", "g")
        let byNewest = try await pages(newest, "/products", "slug") { try await newest.sell("x\($0)", file: [UInt8(100 + $0)]) }
        #expect(byNewest.joined().elementsEqual(["g", "e", "c", "a"]))
        let oldest = try await shop("a", "c", "e", "g")
        let byOldest = try await pages(oldest, "/products?sort=oldest", "slug") { page in
            if page == 1 { try await oldest.sell("b", file: [100]) }
        }
        #expect(byOldest.joined().elementsEqual(["a", "c", "e", "g", "b"]))
        let named = try await shop("a", "c", "e", "g")
        let bySlug = try await pages(named, "/products?sort=slug", "slug") { page in
            if page == 1 {
                for (number, slug) in ["b", "d", "z"].enumerated() { try await named.sell(slug, file: [UInt8(100 + number)]) }
            }
        }
        #expect(bySlug.joined().elementsEqual(["a", "c", "d", "e", "g", "z"]))
    }

    @Test func `products are filtered by their state, orders by product and wallet, payments by whether they have ended`() async throws {
        let shop = try await shop("song", "draft-one", "film", "draft-two")
        #expect(try await pages(shop, "/products?state=draft", "slug", limit: 1).joined().elementsEqual(["draft-two", "draft-one"]))
        #expect(try await pages(shop, "/products?state=published", "slug").joined().elementsEqual(["film", "song"]))
        #expect(try await pages(shop, "/products?state=archived", "slug") == [[]])
        for (nonce, (slug, buyer)) in [("song", Buyer.ada), ("film", .ada), ("song", .bob), ("song", .ada)].enumerated() {
            try await shop.get("/p/\(slug)", shop.pay(slug, by: buyer, nonce: UInt8(nonce + 1))).expect(200)
        }
        #expect(try await pages(shop, "/orders", "id").joined().elementsEqual(["4", "3", "2", "1"]))
        #expect(try await pages(shop, "/orders?product=song", "id").joined().elementsEqual(["4", "3", "1"]))
        #expect(try await pages(shop, "/orders?payer=\(Buyer.bob.address)", "id") == [["3"]])
        #expect(try await pages(shop, "/orders?payer=\(Buyer.ada.address)&product=song", "id", limit: 1).joined().elementsEqual(["4", "1"]))
        let shouted = "0x" + Buyer.ada.address.dropFirst(2).uppercased()
        #expect(try await pages(shop, "/entitlements?payer=\(shouted)", "product").joined().elementsEqual(["song", "film", "song"]))
        #expect(try await pages(shop, "/orders?product=nothing", "id") == [[]])
        #expect(try await pages(shop, "/payments", "id").joined().elementsEqual(["4", "3", "2", "1"]))
        #expect(try await pages(shop, "/payments?open=true", "id") == [[]])
        #expect(try await pages(shop, "/payments?open=false", "id").joined().count == 4)
        for wrong in [
            "orders?payer=0x12", "orders?payer=", "orders?product=No%20slug", "payments?open=1", "payments?open=", "entitlements?product=song",
        ] {
            try await shop.send(.get, "/\(wrong)").expectKind(400, "bad-request")
        }
        let waiting = try ScriptedChain.shop(.unknown)
        try await waiting.sell()
        try await waiting.get("/p/song", waiting.pay("song")).expect(402)
        #expect(try await pages(waiting, "/payments?open=true", "id") == [["1"]])
        #expect(try await pages(waiting, "/orders", "id") == [[]])
    }

    @Test func `people and keys come in pages too`() async throws {
        let shop = try TestShop()
        for number in 1...3 {
            try await shop.send(.post, "/people", ["email": "p\(number)@example.com", "role": "support"]).expect(201)
            try await shop.send(.post, "/keys", ["name": "k\(number)", "role": "support"]).expect(201)
        }
        #expect(try await pages(shop, "/people", "email") == [["p1@example.com", "p2@example.com"], ["p3@example.com"]])
        #expect(try await pages(shop, "/keys", "name") == [["k3", "k2"], ["k1", "owner"], []])
    }

    private func cursor(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test func `a cursor of another order or list, or of nobody, is refused`() async throws {
        let shop = try await shop("a", "b", "c")
        let newest = try #require(try await shop.send(.get, "/products?limit=1").json()["next"]?.string)
        try await shop.send(.get, "/products?limit=1&cursor=\(newest)").expect(200, has: ["\"b\""])
        try await shop.send(.get, "/products?limit=1&cursor=\(newest)&sort=slug").expectKind(400, "cursor")
        for list in ["orders", "payments", "entitlements", "people", "keys"] {
            try await shop.send(.get, "/\(list)?cursor=\(newest)").expectKind(400, "cursor")
            for wrong in ["x", "%20", "a+b", cursor("id"), cursor("id 0"), cursor("id -1"), cursor("id x"), cursor("id 99999999999999999999")] {
                try await shop.send(.get, "/\(list)?cursor=\(wrong)").expectKind(400, "cursor")
            }
            try await shop.send(.get, "/\(list)?cursor=").expectKind(400, "bad-request")
            try await shop.send(.get, "/\(list)?cursor=\(String(repeating: "A", count: 201))").expectKind(400, "bad-request")
        }
        for wrong in [cursor("newest x"), cursor("newest 0"), cursor("newest -1"), cursor("oldest 1")] {
            try await shop.send(.get, "/products?cursor=\(wrong)").expectKind(400, "cursor")
        }
    }

    @Test func `a cursor of one list is refused by another`() async throws {
        let shop = try TestShop()
        for number in 1...2 { try await shop.send(.post, "/people", ["email": "p\(number)@example.com", "role": "support"]).expect(201) }
        let people = try #require(try await shop.send(.get, "/people?limit=1").json()["next"]?.string)
        try await shop.send(.get, "/people?limit=1&cursor=\(people)").expect(200)
        for list in ["orders", "payments", "keys"] {
            try await shop.send(.get, "/\(list)?cursor=\(people)").expectKind(400, "cursor")
        }
    }
}
