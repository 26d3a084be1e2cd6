import Foundation
import Testing

@Suite("kill -9 at any moment")
struct CrashTests {
    /// What must hold after every crash: the honest retry gets the goods, one charge, one order, and the next buyer is served.
    private func expectRightEnd(_ shop: Shop, _ node: Node, _ wallet: Wallet, _ signed: Signed, _ slug: String = "song", _ goods: Data = Shop.song)
        async throws
    {
        expectGoods(try await shop.payPatiently(signed, slug), goods)
        #expect(try await shop.books(node) == .of(1))
        #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        try await node.admin(["set_block_time": 0])
        try await shop.expectNextSale(node)
        #expect(try await shop.books(node) == .of(2))
        #expect(try await shop.cli(["status", "--json"]).json["openPayments"] == 0)
    }

    @Test("Before anything is stored: the claim is given back and the same payment is taken after the restart")
    func beforeTheAttempt() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await node.spoil(["mode": "hang", "method": "eth_getTransactionCount", "count": nil])
            async let lost = try? shop.pay(signed)
            try await eventually("the claim") { try await shop.states == ["claimed"] }
            try await shop.kill()
            #expect(await lost == nil)
            try await node.admin(["clear_faults": true])
            try await shop.start()
            try await eventually("the claim is given back") { try await shop.states == ["released"] }
            try await expectRightEnd(shop, node, wallet, signed)
        }
    }

    @Test("Between storing and sending: the same bytes are sent after the restart")
    func beforeTheSend() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await node.spoil(["mode": "hang", "method": "eth_sendRawTransaction", "count": nil])
            async let lost = try? shop.pay(signed)
            try await eventually("the attempt") { try await node.stats.calls["eth_sendRawTransaction"] ?? 0 > 0 }
            try await shop.kill()
            #expect(await lost == nil)
            #expect(try await shop.states == ["settling"])
            #expect(try await node.stats.mined == 0)
            let stored = try await shop.rows("SELECT raw FROM attempts")
            try await node.admin(["clear_faults": true])
            try await shop.start()
            try await expectRightEnd(shop, node, wallet, signed)
            #expect(try await node.transactions.contains { $0["raw"].text == "0x" + (stored.first?.first?.text ?? "") })
        }
    }

    @Test("Between sending and the receipt: the transaction that is on its way is followed after the restart")
    func beforeTheReceipt() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            async let lost = try? shop.pay(signed)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await shop.kill()
            #expect(await lost == nil)
            try await shop.start()
            #expect(try await shop.pay(signed).isPending)
            try await node.admin(["mine": 1])
            try await expectRightEnd(shop, node, wallet, signed)
        }
    }

    @Test("Between the receipt and the post: the money that arrived is booked after the restart")
    func beforeThePost() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "30"])
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            async let lost = try? shop.pay(signed)
            try await eventually("the send") { try await node.stats.pool == 1 }
            let holder = try await scenario.holdLock("write", shop.database)
            // In one go, so that whoever asks for a receipt after this gets it.
            let asked = Node.Stats(try await node.admin(["mine": 1, "stats": true])["stats"]).calls["eth_getTransactionReceipt"] ?? 0
            try await eventually("the receipt is seen") { try await node.stats.calls["eth_getTransactionReceipt"] ?? 0 > asked }
            try await Task.sleep(for: .milliseconds(200))
            try await shop.kill()
            await holder.end()
            #expect(await lost == nil)
            #expect(try await shop.states == ["settling"])
            #expect(try await shop.rows("SELECT count(*) FROM orders") == [[0]])
            #expect(try await node.income == Shop.price)
            try await shop.start()
            try await expectRightEnd(shop, node, wallet, signed)
        }
    }

    @Test("Between the post and the delivery: the retry gets the whole file")
    func beforeTheDelivery() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            var film = Data(count: 48 << 20)
            film.replaceSubrange(film.count - 4..<film.count, with: Data("end.".utf8))
            try await shop.add("film", file: film)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet, "film")
            let request = "GET /p/film HTTP/1.1\r\nHost: 127.0.0.1\r\n\(signed.name): \(signed.value)\r\n\r\n"
            let port = shop.port
            let stalled = try await onThread {
                let socket = try Socket(port, timeout: .seconds(30))
                try socket.send(Data(request.utf8))
                #expect(try Web.head(socket).0.status == 200)
                return socket
            }
            #expect(try await shop.states == ["settled"])
            try await shop.kill()
            withExtendedLifetime(stalled) {}
            try await shop.start()
            #expect(try await shop.states == ["settled"])
            try await expectRightEnd(shop, node, wallet, signed, "film", film)
            try await eventually("the delivery is noted") { try await shop.states == ["delivered", "delivered"] }
        }
    }

    @Test("pushcart buy outlives the crash of the shop that it buys from")
    func buyOutlivesTheCrash() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let key = try scenario.write("wallet.key", wallet.key)
            async let bought = Shop.command(
                ["buy", shop.url("song"), "--key-file", key, "--output", scenario.path("song")], in: scenario)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await shop.kill()
            try await node.admin(["mine": 1])
            try await Task.sleep(for: .milliseconds(500))
            try await shop.start()
            let said = try await bought
            #expect(said.code == 0, "\(said.errors)")
            #expect(FileManager.default.contents(atPath: scenario.path("song")) == Shop.song)
            #expect(try await shop.books(node) == .of(1))
        }
    }

    @Test("pushcart buy says 75 when the shop is gone, and the same command sends the same payment later")
    func buyIsRepeated() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let buy = ["buy", shop.url("song"), "--key-file", try scenario.write("wallet.key", wallet.key), "--output", scenario.path("song")]
            async let first = Shop.command(buy, in: scenario)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await shop.kill()
            #expect(try await first.code == 75)
            try await node.admin(["mine": 1])
            try await shop.start()
            let second = try await Shop.command(buy, in: scenario)
            #expect(second.code == 0, "\(second.errors)")
            #expect(FileManager.default.contents(atPath: scenario.path("song")) == Shop.song)
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("A practice payment survives a crash right after its answer")
    func practiceMoneyIsDurable() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let signed = try await shop.sign(try await Desk.wallet())
            expectGoods(try await shop.pay(signed))
            try await shop.kill()
            try await shop.start()
            expectGoods(try await shop.pay(signed))
            #expect(try await shop.orders.count == 1)
        }
    }
}
