import Foundation
import Testing

@Suite("Sales that a payment service settles")
struct RemoteSaleTests {
    @Test("Every reference client buys, and the money moves once for each", arguments: [true, false])
    func everyClientBuys(_ hasNode: Bool) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let server = try await PaymentServer.start(scenario, on: node)
            let shop = try await Shop.open(scenario, on: node, settledBy: server, hasNode: hasNode)
            let wallets = try await node.buyers(ReferenceBuyer.allCases.count)
            #expect(try await node.income == 0)
            for (buyer, wallet) in zip(ReferenceBuyer.allCases, wallets) {
                let song = try await buyer.buy(shop.url("song"), wallet, in: scenario)
                #expect(song.line["status"] == 200 && song.goods == Shop.song, "\(buyer): \(song.line)")
                let hash = song.line["paymentResponse"]["transaction"]
                #expect(try await node.transactions.contains { $0["hash"] == hash && $0["status"] == 1 })
                #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            }
            #expect(try await shop.books(node) == .of(wallets.count))
            #expect(try await server.calls("/settle") == wallets.count)
            // With a node, nobody else has to be asked whether a payment is good.
            #expect(try await server.calls("/verify") == (hasNode ? 0 : wallets.count))
            let status = try await shop.cli(["status", "--json"])
            #expect(status.json["payments"].array?.first?["service"] == .text("127.0.0.1:\(server.port)"))
            #expect(!status.output.contains(PaymentServer.token))
            let file = try #require(FileManager.default.contents(atPath: shop.database))
            #expect(file.range(of: Data(PaymentServer.token.utf8)) == nil && file.range(of: Data(server.url.utf8)) == nil)
            let poor = try await Desk.wallet()
            let refused = try await shop.pay(try await shop.sign(poor))
            #expect(refused.status == 402 && refused["PAYMENT-REQUIRED"] != nil && refused.outcome["success"] == false, "\(refused.outcome)")
            #expect(try await shop.books(node) == .of(wallets.count))
        }
    }

    @Test(
        "A service that is killed before or after it settled: the honest retry gets the goods, and nobody pays twice", arguments: ["before", "after"])
    func killedService(_ moment: String) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let server = try await PaymentServer.start(scenario, on: node)
            let shop = try await Shop.open(scenario, on: node, settledBy: server, hasNode: true)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await server.admin(["die": .text(moment)])
            let first = try await shop.pay(signed)
            #expect(first.status == 200 || first.isPending, "\(first.status) \(first.text.prefix(300))")
            try await server.process.exit(within: .seconds(5))
            let again = try await PaymentServer.start(scenario, on: node, port: server.port)
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            #expect(try await shop.books(node) == .of(1))
            #expect(try await again.calls("/settle") == (moment == "before" ? 1 : 0))
            #expect(try await shop.states.allSatisfy { $0 == "settled" || $0 == "delivered" })
        }
    }

    @Test("The shop is killed while the service settles: after the restart the same payment brings the goods")
    func killedShop() async throws {
        try await Scenario.run { scenario in
            // Blocks come by hand, so that the settlement waits.
            let node = try await Node.start(scenario)
            let server = try await PaymentServer.start(scenario, on: node)
            let shop = try await Shop.open(scenario, on: node, settledBy: server, hasNode: true)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await node.admin(["set_block_time": "manual"])
            async let lost = try? shop.pay(signed)
            try await eventually("the service has sent it") { try await node.stats.pool == 1 }
            try await shop.kill()
            _ = await lost
            #expect(try await shop.states == ["settling"])
            try await node.admin(["mine": 1, "set_block_time": 0])
            try await shop.start()
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            #expect(try await shop.books(node) == .of(1))
        }
    }

    @Test("Without a node, an answer that was lost leaves the payment open: nobody pays twice, and nothing is given away")
    func lostAnswer() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let server = try await PaymentServer.start(scenario, on: node)
            let shop = try await Shop.open(scenario, on: node, settledBy: server, hasNode: false)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await server.admin(["lose": 1])
            let first = try await shop.pay(signed)
            #expect(first.isPending, "\(first.status) \(first.text.prefix(300))")
            try await eventually("the service is asked again", within: .seconds(20)) { try await server.calls("/settle") >= 2 }
            let second = try await shop.pay(signed)
            #expect(second.isPending, "\(second.status) \(second.text.prefix(300))")
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            #expect(try await node.income == Shop.price)
            #expect(try await shop.orders.isEmpty)
        }
    }
}
