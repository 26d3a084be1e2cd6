import Foundation
import Testing

@Suite("A chain that is reorganised")
struct FinalityTests {
    @Test("A sale is settled, is taken back with its block, is settled again by the same bytes, and is final when its block is deep enough")
    func takenBack() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = Shop(scenario)
            try await shop.setUp(on: node)
            let config = try scenario.write("pushcart.yaml", "networks:\n  base-sepolia:\n    chain-id: 84532\n    finality-depth: 5\n")
            try await shop.start(config: config)
            try await shop.add("song", file: Shop.song)
            try await eventually("the network is confirmed") { try await Web.request(shop.port, "GET", "/readyz").status == 200 }
            let signed = try await shop.sign(try await node.buyer())
            expectGoods(try await shop.payPatiently(signed))
            var order = try #require(try await shop.orders.first)
            #expect(order["finality"] == "settled" && order["block"].int != nil, "\(order)")
            let bytes = try await shop.rows("SELECT hex(transaction_hash) FROM payments")
            let balance = try await wallet(shop)
            #expect(balance == [Shop.price, 0])

            // The block goes and its transaction is forgotten; others are made in its place.
            try await node.admin(["set_block_time": "manual"])
            try await node.admin(["reorg": ["depth": 1, "forget": true]])
            try await node.admin(["mine": 2])
            try await eventually("the sale is taken back", within: .seconds(60)) {
                try await shop.rows("SELECT count(*) FROM audit WHERE kind = 'payment.reorganised'") == [[1]]
            }
            #expect(try await node.income == 0)
            try await node.admin(["set_block_time": 0])
            try await eventually("it is settled again", within: .seconds(60)) {
                try await shop.rows("SELECT state FROM payments") == [["settled"]]
            }
            #expect(try await node.income == Shop.price)
            #expect(try await shop.rows("SELECT hex(transaction_hash) FROM payments") == bytes)
            #expect(try await shop.cli(["ledger", "check"]).code == 0)
            #expect(try await wallet(shop) == [Shop.price, 0])
            expectGoods(try await shop.payPatiently(signed))

            // The next block that goes gives its transaction back to the pool, which is mined a block later: nothing is taken back.
            try await node.admin(["set_block_time": "manual"])
            try await node.admin(["reorg": 1])
            try await node.admin(["mine": 6])
            try await eventually("it is final", within: .seconds(60)) {
                order = try #require(try await shop.orders.first)
                return order["finality"] == "final"
            }
            #expect(try await shop.rows("SELECT count(*) FROM audit WHERE kind = 'payment.reorganised'") == [[1]])
            #expect(try await wallet(shop) == [Shop.price, Shop.price])
            #expect(try await shop.cli(["ledger", "check"]).code == 0)
            #expect(try await shop.cli(["audit", "verify"]).code == 0)
            #expect(try await node.income == Shop.price)
        }
    }

    /// The wallet's balance, and what of it is final.
    private func wallet(_ shop: Shop) async throws -> [Int] {
        let balances = try await shop.cli(["ledger", "balances", "--json"]).json["items"].array ?? []
        let wallet = balances.first { $0["account"]["kind"] == "wallet" } ?? .null
        return ["amountAtomic", "finalAtomic"].map { Int(wallet[$0].text ?? "") ?? -1 }
    }
}
