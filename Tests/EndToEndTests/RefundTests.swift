import Foundation
import Testing

/// A shop on a chain with a refund wallet, and a buyer who bought a song for a cent.
private struct Till {
    let node: Node
    let wallet: Wallet
    let shop: Shop
    let buyer: Wallet
    let signed: Signed

    static func open(_ scenario: Scenario, holding: Int = Node.purse, config: String? = nil) async throws -> Till {
        let node = try await Node.start(scenario)
        let wallet = try await Desk.wallet()
        try await node.admin(["fund": [wallet.address: "1000000000000000000"]])
        if holding > 0 { try await node.admin(["mint": [wallet.address: .text("\(holding)")]]) }
        let shop = try await Shop.open(scenario, on: node, refunds: wallet, config: config)
        let buyer = try await node.buyer()
        let signed = try await shop.sign(buyer)
        expectGoods(try await shop.payPatiently(signed))
        return Till(node: node, wallet: wallet, shop: shop, buyer: buyer, signed: signed)
    }

    func refund(_ options: String...) async throws -> Shop.Said {
        try await shop.cli(["refund", "create", "1", "--approve", "--json"] + options)
    }

    func show(_ id: Int = 1) async throws -> JSON { try await shop.cli(["refund", "show", "\(id)", "--json"]).json }

    func settled(_ id: Int = 1) async throws {
        try await eventually("refund \(id) is settled", within: .seconds(60)) { try await show(id)["state"] == "settled" }
    }

    /// What must hold after everything: so much is back, once, and the books say so.
    func expectPaidBack(_ amount: Int, lines: Int = 1, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let balances = try await (node.balance(buyer.address), node.balance(wallet.address))
        #expect(balances.0 == Node.purse - Shop.price + amount, sourceLocation: sourceLocation)
        #expect(balances.1 == Node.purse - amount, sourceLocation: sourceLocation)
        let check = try await shop.cli(["ledger", "check"])
        #expect(check.code == 0, "\(check.errors)", sourceLocation: sourceLocation)
        #expect(try await shop.rows("SELECT count(*) FROM entries WHERE kind = 'refund'") == [[.int(lines)]], sourceLocation: sourceLocation)
        #expect(try await shop.rows("SELECT count(*) FROM entries WHERE kind = 'gas'") == [[.int(1 + lines)]], sourceLocation: sourceLocation)
        #expect(try await shop.cli(["audit", "verify"]).code == 0, sourceLocation: sourceLocation)
    }
}

@Suite("Refunds, on a chain")
struct RefundTests {
    @Test("A full refund is back in the payer's wallet, what was bought is refused, and buying anew is charged")
    func full() async throws {
        try await Scenario.run { scenario in
            let till = try await Till.open(scenario)
            let shop = till.shop
            let asked = try await till.refund("--reason", "bought twice")
            #expect(asked.code == 0, "\(asked.errors)")
            try await till.settled()
            try await till.expectPaidBack(Shop.price)
            let refund = try await till.show()
            #expect(refund["endsAccess"] == true && refund["approvedBy"].text?.hasPrefix("local:") == true)
            #expect(try await till.node.transactions.contains { $0["hash"] == refund["transaction"] && $0["status"] == 1 })
            expectRefusal(try await shop.pay(till.signed), "payment_refunded")
            let order = try await shop.cli(["order", "show", "1"])
            #expect(order.output.contains("refund       1: 0.01 USDC, settled") && order.output.contains("access       ended"), "\(order.output)")
            #expect(try await shop.cli(["refund", "create", "1"]).errors.contains("All of this payment has been given back"))
            expectGoods(try await shop.payPatiently(try await shop.sign(till.buyer)))
            #expect(try await till.node.balance(till.buyer.address) == Node.purse - Shop.price)
            #expect(try await shop.cli(["refund", "list"]).output.contains("settled"))
            // The keys of the two wallets are private files.
            let keys = try FileManager.default.contentsOfDirectory(atPath: shop.data + "/keys").filter { $0.hasPrefix("refund-") }
            let mode = try FileManager.default.attributesOfItem(atPath: shop.data + "/keys/" + (keys.first ?? ""))[.posixPermissions] as? Int
            #expect(keys.count == 1 && mode == 0o600)
        }
    }

    @Test("Of partial refunds asked for at the same moment no more is paid than was paid, and access is kept")
    func partialAndTwice() async throws {
        try await Scenario.run { scenario in
            let till = try await Till.open(scenario)
            async let first = till.refund("--amount", "0.006")
            async let second = till.refund("--amount", "0.006")
            let codes = try await [first.code, second.code].sorted()
            #expect(codes == [0, 1])
            try await till.settled()
            try await till.expectPaidBack(6000)
            #expect(try await till.show()["endsAccess"] == false)
            expectGoods(try await till.shop.pay(till.signed))
        }
    }

    @Test("kill -9 between storing and sending: the same bytes are sent after the restart, and money leaves once")
    func killedBeforeTheSend() async throws {
        try await Scenario.run { scenario in
            let till = try await Till.open(scenario)
            let sends = try await till.node.stats.calls["eth_sendRawTransaction"] ?? 0
            try await till.node.spoil(["mode": "hang", "method": "eth_sendRawTransaction", "count": nil])
            #expect(try await till.refund().code == 0)
            try await eventually("the send") { try await till.node.stats.calls["eth_sendRawTransaction"] ?? 0 > sends }
            try await till.shop.kill()
            #expect(try await till.shop.rows("SELECT state FROM refunds") == [["sending"]])
            let stored = try await till.shop.rows("SELECT lower(hex(raw)) FROM refund_attempts")
            try await till.node.admin(["clear_faults": true])
            try await till.shop.start()
            try await till.settled()
            try await till.expectPaidBack(Shop.price)
            #expect(stored.count == 1)
            #expect(try await till.node.transactions.contains { $0["raw"].text == "0x" + (stored.first?.first?.text ?? "") })
        }
    }

    @Test("kill -9 between sending and confirming: what is on its way is followed after the restart, and money leaves once")
    func killedBeforeTheReceipt() async throws {
        try await Scenario.run { scenario in
            let till = try await Till.open(scenario)
            try await till.node.admin(["set_block_time": "manual"])
            #expect(try await till.refund().code == 0)
            try await eventually("the send") { try await till.node.stats.pool == 1 }
            try await till.shop.kill()
            try await till.node.admin(["mine": 1])
            try await till.shop.start()
            try await till.settled()
            try await till.expectPaidBack(Shop.price)
            #expect(try await till.shop.rows("SELECT count(*) FROM refund_attempts") == [[1]])
        }
    }

    @Test("A lost answer to the send pays once")
    func lostAnswer() async throws {
        try await Scenario.run { scenario in
            let till = try await Till.open(scenario)
            try await till.node.spoil(["mode": "lose_answer", "method": "eth_sendRawTransaction", "count": 1])
            #expect(try await till.refund().code == 0)
            try await till.settled()
            try await till.expectPaidBack(Shop.price)
        }
    }

    @Test("An empty refund wallet is said, and the refund is paid once it holds the money")
    func emptyWallet() async throws {
        try await Scenario.run { scenario in
            let till = try await Till.open(scenario, holding: 0)
            #expect(try await till.refund("--amount", "0.004").code == 0)
            try await eventually("why it waits") {
                try await till.show()["waiting"].text?.contains("holds 0.00 USDC and 0.004 USDC are needed; send it some") == true
            }
            #expect(try await till.show()["state"] == "approved")
            try await till.node.admin(["mint": [till.wallet.address: .text("\(Node.purse)")]])
            // The next approval looks at what waits, too.
            #expect(try await till.refund("--amount", "0.001").code == 0)
            try await till.settled(1)
            try await till.settled(2)
            try await till.expectPaidBack(5000, lines: 2)
        }
    }

    @Test("Over the day's limit a refund stays approved, says when it goes on, and can be declined")
    func overTheLimit() async throws {
        try await Scenario.run { scenario in
            let config = try scenario.write(
                "pushcart.yaml", "networks:\n  base-sepolia:\n    chain-id: 84532\n    refunds:\n      daily-count: 1\n      daily-amount: 1\n")
            let till = try await Till.open(scenario, config: config)
            #expect(try await till.refund("--amount", "0.001").code == 0)
            try await till.settled()
            #expect(try await till.refund("--amount", "0.001").code == 0)
            try await eventually("why it waits") {
                try await till.show(2)["waiting"].text?.contains("1 refunds, 1.00 USDC) is reached; it goes on at") == true
            }
            let cancelled = try await till.shop.cli(["refund", "cancel", "2", "--json"])
            #expect(cancelled.code == 0 && cancelled.json["state"] == "cancelled", "\(cancelled.errors)")
            try await till.expectPaidBack(1000)
        }
    }

    @Test("Without a refund wallet a refund says what is missing, and one that pays fees is refused as refund wallet")
    func noWallet() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let buyer = try await node.buyer()
            expectGoods(try await shop.payPatiently(try await shop.sign(buyer)))
            let refused = try await shop.cli(["refund", "create", "1", "--approve"])
            #expect(refused.code == 1 && refused.errors.contains("--refund-key-file") && refused.errors.contains(buyer.address.lowercased()))
            #expect(try await shop.rows("SELECT count(*) FROM refunds") == [[0]])
            let same = Shop(scenario)
            let failure = await #expect(throws: Subprocess.Failure.self) { try await same.setUp(on: node, refunds: node.settler) }
            #expect(
                failure?.description.contains("must be another one than the wallet that pays network fees") == true, "\(failure?.description ?? "")")
        }
    }
}
