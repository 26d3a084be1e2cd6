import Foundation
import Testing

@Suite("Asking costs nothing")
struct UnpaidTests {
    /// What a write would change.
    private func marks(_ shop: Shop) throws -> [String] {
        try ["", "-wal"].map { suffix in
            var status = stat()
            guard stat(shop.database + suffix, &status) == 0 else { throw Subprocess.Failure(description: "no database") }
            return "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
    }

    @Test("200 unpaid answers make no call to the network and no write")
    func nothingHappens() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            try await shop.expectNextSale(node)
            try await eventually("the delivery is noted") { try await shop.states == ["delivered"] }
            let (calls, written) = (try await node.stats.requests, try marks(shop))
            for index in 0..<200 {
                let answer = try await shop.get(index % 2 == 0 ? "/p/song" : "/p/hello")
                #expect(answer.status == 402 && answer["Cache-Control"] == "no-store")
                #expect((answer["PAYMENT-REQUIRED"] ?? "").utf8.count < 6 * 1024)
            }
            #expect(try await node.stats.requests == calls)
            #expect(try marks(shop) == written)
        }
    }

    @Test("A 402 speaks both versions, and every answer has a seal of its own")
    func bothVersions() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let (one, two) = (try await shop.get("/p/song"), try await shop.get("/p/song", [("Accept", "application/json"), ("Range", "bytes=-1")]))
            let offers = [one, two].map { JSON(header: $0["PAYMENT-REQUIRED"]) }
            #expect(offers[0]["x402Version"] == 2 && offers[0]["resource"]["url"].text == shop.url("song"))
            #expect(offers[0]["extensions"]["bazaar"].object != nil)
            let accept = offers[0]["accepts"][0]
            #expect(accept["extra"]["paymentFlow"] == "upfront" && accept["extra"]["sandbox"] == true && accept["maxTimeoutSeconds"] == 300)
            #expect(accept["asset"].text == Node.usdc && accept["amount"] == "10000")
            #expect(accept["extra"]["offer"].text != nil && accept["extra"]["offer"] != offers[1]["accepts"][0]["extra"]["offer"])
            #expect(one.json["x402Version"] == 1 && one.json["accepts"].array?.count == 1)
            let v1 = one.json["accepts"][0]
            #expect(v1["network"] == "base-sepolia" && v1["maxAmountRequired"] == "10000" && v1["resource"].text == shop.url("song"))
            for field in ["description", "mimeType"] { #expect(v1[field].text != nil) }
            #expect(v1["extra"]["name"] == "USDC" && v1["extra"]["version"] == "2")
        }
    }

    @Test("People get the page, with the offer for whoever has a wallet in the browser")
    func people() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let browser = [("Accept", "text/html,*/*;q=0.8"), ("User-Agent", "Mozilla/5.0")]
            let page = try await shop.get("/p/hello", browser)
            #expect(page.status == 200 && page["Content-Type"]?.hasPrefix("text/html") == true && page["PAYMENT-REQUIRED"] != nil)
            #expect(page["Vary"]?.contains("Accept") == true && page["Cache-Control"] == "no-store")
            #expect(page.text.contains("This is free") && !page.text.contains("paid</em> for"))
            let front = try await shop.get("/", browser)
            #expect(front.status == 200 && front.text.contains("/p/song") && front.text.contains("0.01"))
            for path in ["/.well-known/x402", "/discovery/resources", "/llms.txt"] {
                let list = try await shop.get(path)
                #expect(list.status == 200 && list.text.contains(shop.url("song")), "\(path)")
            }
            let bought = try await shop.get(
                "/p/hello", [try await shop.sign(try await Desk.wallet(), "hello").header, ("Accept", "application/json")])
            #expect(bought.status == 200 && bought.json["markdown"].text == Shop.hello)
        }
    }
}
