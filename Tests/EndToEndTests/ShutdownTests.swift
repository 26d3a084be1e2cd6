import Foundation
import Testing

@Suite("Ending and starting")
struct ShutdownTests {
    @Test("SIGTERM finishes what was accepted and ends with 0")
    func finishesWhatWasAccepted() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "15"])
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            async let answer = shop.pay(signed)
            try await eventually("the send") { try await node.stats.pool == 1 }
            async let code = shop.stop()
            try await Task.sleep(for: .milliseconds(700))
            try await node.admin(["mine": 1])
            expectGoods(try await answer)
            #expect(try await code == 0)
            try await node.admin(["set_block_time": 0])
            try await shop.start()
            #expect(try await shop.books(node) == .of(1))
            try await shop.expectNextSale(node)
        }
    }

    @Test("SIGTERM while nothing is mined answers pending in time, and the restart resolves it")
    func restartResolvesTheRest() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "1"])
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            async let answer = shop.pay(signed)
            try await eventually("the send") { try await node.stats.pool == 1 }
            #expect(try await shop.stop(within: .seconds(30)) == 0)
            let pending = try await answer
            #expect(pending.isPending, "\(pending.status) \(pending.text)")
            try await node.admin(["set_block_time": 0])
            try await shop.start()
            try await eventually("the reconciler books it") { try await shop.states == ["settled"] }
            expectGoods(try await shop.pay(signed))
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("SIGTERM ends the downloads that are under way only after their last bytes")
    func finishesDownloads() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            try await shop.add("film", file: Data(count: 32 << 20))
            var sockets: [Socket] = []
            for wallet in try await Desk.wallets(6) {
                let signed = try await shop.sign(wallet, "film")
                let connection = sockets.count % 2 == 0 ? "close" : "keep-alive"
                let request = "GET /p/film HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\n\(signed.name): \(signed.value)\r\n\r\n"
                let socket = try Socket(shop.port, timeout: .seconds(30))
                try socket.send(Data(request.utf8))
                sockets.append(socket)
            }
            try await eventually("the sales") { try await shop.states.count == 6 }
            async let code = shop.stop()
            try await Task.sleep(for: .milliseconds(300))
            for socket in sockets {
                let (_, count) = try await onThread { try Web.count(socket) }
                #expect(count == 32 << 20)
            }
            #expect(try await code == 0)
        }
    }

    @Test("A shop that a newer Pushcart used is refused with a sentence")
    func newerDatabase() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            #expect(try await shop.stop() == 0)
            let insert = try await scenario.run([
                try await Workshop.pythons.v2, "-c",
                "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(\"INSERT INTO grdb_migrations VALUES ('999 far future')\"); d.commit()",
                shop.database,
            ])
            #expect(insert.ended == 0, "\(insert.errorText)")
            for command in [["serve", "--listen", "127.0.0.1:\(shop.port)"], ["product", "list"]] {
                let said = try await shop.cli(command)
                #expect(said.code == 1 && said.errors.contains("newer Pushcart") && said.output.isEmpty, "\(said.code) \(said.errors)")
            }
        }
    }

    @Test("A write that the disk refuses for a while loses no payment")
    func lockedDatabase() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "0.5"])
            let signed = try await shop.sign(try await node.buyer())
            #expect(try await shop.pay(signed).isPending)
            try await eventually("the send") { try await node.stats.pool == 1 }
            let holder = try await scenario.holdLock("write", shop.database)
            try await node.admin(["set_block_time": 0])
            // Longer than SQLite is waited for.
            try await Task.sleep(for: .seconds(7))
            #expect(try await shop.states == ["settling"])
            await holder.end()
            expectGoods(try await shop.payPatiently(signed))
            try await shop.expectNextSale(node)
            #expect(try await shop.books(node) == .of(2))
        }
    }

    @Test("The daemon answers within a second after its start")
    func startsQuickly() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            #expect(try await shop.stop() == 0)
            let begin = ContinuousClock.now
            try await shop.start()
            #expect(ContinuousClock.now - begin < .seconds(2))
        }
    }
}
