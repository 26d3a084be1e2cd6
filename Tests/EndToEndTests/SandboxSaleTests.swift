import Foundation
import Testing

@Suite("The first sale, with practice money")
struct SandboxSaleTests {
    @Test("Every reference client and our own buys a file and an article from a fresh shop")
    func everyClientBuys() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let buyers = ReferenceBuyer.allCases
            let wallets = try await Desk.wallets(buyers.count)
            for (buyer, wallet) in zip(buyers, wallets) {
                async let first = buyer.buy(shop.url("song"), wallet, in: scenario)
                async let second = buyer.buy(shop.url("hello"), wallet, in: scenario)
                let (song, hello) = try await (first, second)
                #expect(song.line["status"] == 200, "\(buyer): \(song.line)")
                #expect(song.goods == Shop.song, "\(buyer)")
                #expect(song.line["paymentResponse"]["success"] == true)
                #expect(song.line["headers"]["cache-control"] == "private")
                #expect(hello.line["status"] == 200, "\(buyer): \(hello.line)")
                #expect(hello.goods == Data(Shop.hello.utf8), "\(buyer)")
            }
            let own = try await Shop.command(["buy", shop.url("song"), "--output", scenario.path("own.bin"), "--json"], in: scenario)
            #expect(own.code == 0, "\(own.errors)")
            #expect(own.json["paid"] == true && own.json["sandbox"] == true && own.json["amount"] == "0.01")
            #expect(FileManager.default.contents(atPath: scenario.path("own.bin")) == Shop.song)

            let orders = try await shop.orders
            #expect(orders.count == buyers.count * 2 + 1)
            #expect(orders.allSatisfy { $0["sandbox"] == true && $0["amountAtomic"] == "10000" && $0["paid"] == true })
            #expect(Set(orders.compactMap { $0["payer"].text }).count == buyers.count + 1)
        }
    }

    @Test("A practice wallet has 1,000 practice USDC")
    func allowance() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            try await shop.add("dear", price: "999.99", file: Shop.song)
            let wallet = try await Desk.wallet()
            expectGoods(try await shop.pay(try await shop.sign(wallet, "dear"), "dear"))
            expectGoods(try await shop.pay(try await shop.sign(wallet, "song")))
            expectRefusal(try await shop.pay(try await shop.sign(wallet, "hello"), "hello"), "insufficient_funds")
            #expect(try await shop.orders.count == 2)
        }
    }

    @Test("On a public address practice money buys a sample, never the goods")
    func publicAddress() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario, environment: ["PUSHCART_ORIGIN": "https://shop.example"])
            for slug in ["song", "hello"] {
                let paid = try await shop.pay(try await shop.sign(try await Desk.wallet(), slug), slug)
                #expect(paid.status == 200 && paid.outcome["success"] == true)
                #expect(paid.text.contains("sample") && !paid.text.contains("*paid*") && paid.body.range(of: Shop.song.prefix(64)) == nil)
                let link = try #require(paid.link("enclosure"))
                #expect(link.hasPrefix("https://shop.example/r/"))
                let again = try await shop.get(String(link.dropFirst("https://shop.example".count)))
                #expect(again.text == paid.text)
            }
            let page = try await shop.get("/", [("Accept", "text/html"), ("User-Agent", "Mozilla/5.0")])
            #expect(page.text.lowercased().contains("opening soon") || page.text.lowercased().contains("opens soon"))
        }
    }
}
