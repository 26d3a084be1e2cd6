import Foundation
import Testing

@Suite("Calls of an API for money")
struct CallSaleTests {
    @Test("The reference clients buy calls with practice money: GET with a query, POST with JSON, a stream of events")
    func practice() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let service = try await Service.start(scenario)
            try await shop.add(calls: service, ["--route", "GET /forecast/{city}", "--route", "POST /alerts 0.02", "--route", "GET /events"])
            try await expectSales(shop, service, scenario, wallets: try await Desk.wallets(2))
            #expect(try await shop.cli(["ledger", "check"]).code == 0)
        }
    }

    @Test("The same on a chain, and the money moves once for each")
    func chain() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let service = try await Service.start(scenario)
            try await shop.add(calls: service, ["--route", "GET /forecast/{city}", "--route", "POST /alerts 0.02", "--route", "GET /events"])
            let wallets = try await node.buyers(2)
            try await expectSales(shop, service, scenario, wallets: wallets)
            for wallet in wallets { #expect(try await node.balance(wallet.address) == Node.purse - 4 * Shop.price) }
        }
    }

    private func expectSales(_ shop: Shop, _ service: Service, _ scenario: Scenario, wallets: [Wallet]) async throws {
        for (buyer, wallet) in zip([ReferenceBuyer.v2httpx, .v2requests], wallets) {
            let query = try await buyer.buy(shop.url("weather/forecast/rome?days=3"), wallet, in: scenario)
            #expect(query.line["status"] == 200 && query.line["paymentResponse"]["success"] == true, "\(buyer): \(query.line)")
            #expect(query.goods.flatMap { try? JSON(parsing: $0) }?["target"] == "/forecast/rome?days=3")
            let post = try await buyer.buy(
                shop.url("weather/alerts"), wallet, in: scenario,
                ["--method", "POST", "--data", #"{"city":"rome"}"#, "--header", "Content-Type: application/json"])
            #expect(post.line["status"] == 200, "\(buyer): \(post.line)")
            #expect(post.goods.flatMap { try? JSON(parsing: $0) }?["body"] == #"{"city":"rome"}"#)
            let events = try await buyer.buy(shop.url("weather/events"), wallet, in: scenario)
            #expect(events.goods == Data("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\n".utf8), "\(buyer): \(events.line)")
        }
        #expect(try await service.asked.count == 6)
        #expect(try await shop.orders.count == 6)
    }

    @Test("kill -9 while the service is asked: nothing is charged, and the same payment buys the call after the restart")
    func crashBeforeTheAnswer() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let service = try await Service.start(scenario)
            try await shop.add(calls: service)
            let signed = try await shop.sign(try await Desk.wallet(), "weather/held")
            try await service.hold()
            async let lost = try? shop.ask("/p/weather/held", signed)
            try await eventually("the service is asked") { try await service.asked.count == 1 }
            try await shop.kill()
            #expect(await lost == nil)
            try await service.letGo()
            try await shop.start()
            try await eventually("the claim is given back") { try await shop.states == ["released"] }
            #expect(try await shop.rows("SELECT spent FROM sandbox_wallets") == [[0]])
            #expect(try await shop.askPatiently("/p/weather/held", signed).status == 200)
            #expect(try await service.asked.count == 2)
            #expect(try await shop.orders.count == 1)
        }
    }

    @Test("kill -9 while a paid call settles: the money is booked after the restart and owed back, and nobody is asked again")
    func crashBeforeSettlement() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node)
            let service = try await Service.start(scenario)
            try await shop.add(calls: service)
            let signed = try await shop.sign(try await node.buyer(), "weather/x")
            async let lost = try? shop.ask("/p/weather/x", signed)
            try await eventually("the settlement is sent") { try await node.stats.pool == 1 }
            try await shop.kill()
            #expect(await lost == nil)
            try await shop.start()
            try await node.admin(["mine": 1])
            let answer = try await shop.askPatiently("/p/weather/x", signed)
            #expect(answer.status == 409 && answer.outcome["success"] == true, "\(answer.text)")
            #expect(try await service.asked.count == 1)
            #expect(try await shop.rows("SELECT state FROM calls").first?.first != "done")
        }
    }

    @Test("Pending at the limit: the answer is kept meanwhile, and the retry gets it, also after a restart")
    func pending() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "1"])
            let service = try await Service.start(scenario)
            try await shop.add(calls: service)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet, "weather/bytes/5000000")
            #expect(try await shop.ask("/p/weather/bytes/5000000", signed).isPending)
            try await eventually("the answer is kept") { try await shop.rows("SELECT state FROM calls") == [["kept"]] }
            try await shop.kill()
            try await shop.start(["PUSHCART_SETTLEMENT_WAIT": "1"])
            try await node.admin(["mine": 1])
            let answer = try await shop.askPatiently("/p/weather/bytes/5000000", signed)
            #expect(answer.status == 200 && answer.body == Data(repeating: 0xA5, count: 5_000_000))
            #expect(answer.outcome["success"] == true)
            #expect(try await service.asked.count == 1)
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("Rubbish and slowness of a service cost nothing; the next call is served")
    func badService() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let service = try await Service.start(scenario)
            try await shop.add(calls: service, ["--answer-limit", "1"])
            let wallet = try await Desk.wallet()
            for (path, status) in [("rubbish", 502), ("slow/3", 504), ("status/500", 500), ("status/404", 404)] {
                let answer = try await shop.ask("/p/weather/\(path)", try await shop.sign(wallet, "weather/\(path)"))
                #expect(answer.status == status && answer.outcome["success"] == false, "\(path): \(answer.status) \(answer.text)")
            }
            #expect(try await shop.states.allSatisfy { $0 == "released" })
            #expect(try await shop.ask("/p/weather/x", try await shop.sign(wallet, "weather/x")).status == 200)
            #expect(try await shop.orders.count == 1)
        }
    }

    @Test("An answer of 1 GB passes in flat memory")
    func flatMemory() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let service = try await Service.start(scenario)
            try await shop.add(calls: service)
            let signed = try await shop.sign(try await Desk.wallet(), "weather/bytes/1073741824")
            let before = try shop.peakMegabytes
            let (answer, count) = try await shop.count("/p/weather/bytes/1073741824", [signed.header])
            #expect(answer.status == 200 && count == 1_073_741_824)
            let after = try shop.peakMegabytes
            #expect(after < before + 48, "from \(before) to \(after) MB")
        }
    }
}
