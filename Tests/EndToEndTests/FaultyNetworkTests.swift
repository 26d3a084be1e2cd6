import Foundation
import Testing

/// A way in which a node fails, and how often in a row.
struct NodeFault: Sendable, CustomTestStringConvertible {
    let mode: String
    var count = 3
    var executes = false
    var testDescription: String { executes ? "\(mode), though it took it" : mode }

    func rule(_ method: String) -> JSON {
        var rule: JSON = ["mode": .text(mode), "method": .text(method), "count": .int(count)]
        if executes { rule = rule.with("execute", true) }
        return rule
    }

    static let sending = [
        NodeFault(mode: "lose_answer"), NodeFault(mode: "error_after", count: 1), NodeFault(mode: "error_before"), NodeFault(mode: "hang", count: 2),
        NodeFault(mode: "hang", count: 1, executes: true), NodeFault(mode: "rubbish"), NodeFault(mode: "rubbish", executes: true),
        NodeFault(mode: "huge"), NodeFault(mode: "http_500"), NodeFault(mode: "http_500", executes: true), NodeFault(mode: "drop_tx"),
    ]
    static let verifying = [
        NodeFault(mode: "rubbish", count: 1), NodeFault(mode: "hang", count: 1), NodeFault(mode: "http_500", count: 1),
        NodeFault(mode: "huge", count: 1),
        NodeFault(mode: "error_before", count: 1),
    ]
}

@Suite("A network that does wrong")
struct FaultyNetworkTests {
    @Test("However the send goes wrong, who is charged gets the goods on retry and the next buyer is not held up", arguments: NodeFault.sending)
    func sending(fault: NodeFault) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await node.spoil(fault.rule("eth_sendRawTransaction"))
            let first = try await shop.pay(signed)
            #expect(first.status == 200 || first.isPending || first.status == 503, "\(first.status) \(first.text)")
            async let retried = shop.payPatiently(signed)
            try await shop.expectNextSale(node, within: .seconds(20))
            expectGoods(try await retried)
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            #expect(try await shop.books(node) == .of(2))
        }
    }

    @Test(
        "A node that cannot be asked while verifying takes no money: 503, and the same payment works a moment later", arguments: NodeFault.verifying)
    func verifying(fault: NodeFault) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let signed = try await shop.sign(try await node.buyer())
            // Every call of the verification's batch is an answer that a fault may spoil; this is its last.
            try await node.spoil(fault.rule("eth_getCode"))
            let answer = try await shop.pay(signed)
            #expect(
                answer.status == 503 && answer["Retry-After"] != nil && answer.json["detail"].text?.isEmpty == false,
                "\(answer.status) \(answer.text)")
            #expect(try await shop.books(node) == .of(0))
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await shop.books(node) == .of(1))
        }
    }

    @Test("A receipt that does not come for a while is waited for")
    func lateReceipt() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "1"])
            let signed = try await shop.sign(try await node.buyer())
            try await node.spoil(["mode": "null_receipt", "count": 8])
            #expect(try await shop.pay(signed).isPending)
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await shop.books(node) == .of(1))
        }
    }

    @Test("A transaction that the node forgets is sent again")
    func evicted() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "0.5"])
            let signed = try await shop.sign(try await node.buyer())
            #expect(try await shop.pay(signed).isPending)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await node.admin(["drop_pool": true])
            try await eventually("the second send") { try await node.stats.pool == 1 }
            try await node.admin(["set_block_time": 0])
            expectGoods(try await shop.payPatiently(signed))
            try await shop.expectNextSale(node)
            #expect(try await shop.books(node) == .of(2))
        }
    }

    @Test(
        "A network with another chain id, or without an answer, is not offered, and is as soon as it is right",
        arguments: ["wrong_chain_id", "hang", "rubbish"])
    func notConfirmed(mode: String) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = Shop(scenario)
            try await shop.setUp(on: node)
            try await shop.add("song", file: Shop.song)
            try await node.spoil(["mode": .text(mode), "method": "eth_chainId", "count": nil])
            let begin = ContinuousClock.now
            try await shop.start()
            #expect(ContinuousClock.now - begin < .seconds(3), "listening waits for the node")
            try await eventually("the node was asked") { try await node.stats.calls["eth_chainId"] ?? 0 > 0 }
            let answer = try await shop.get("/p/song")
            #expect(answer.status == 503 && answer["Retry-After"] != nil && answer["PAYMENT-REQUIRED"] == nil, "\(answer.status)")
            #expect(answer.json["detail"].text?.hasSuffix(".") == true, "\(answer.text)")
            let ready = try await shop.get("/readyz")
            #expect(ready.status == 503 && ready.json["reasons"].array?.isEmpty == false, "\(ready.text)")
            let signed = try await Desk.sign(
                shop.url("song"), try await node.buyer().key, ["--offer", try scenario.write("offer.json", Self.offer(shop, node).encoded)])
            #expect(try await shop.pay(signed).status == 503)
            try await node.admin(["clear_faults": true])
            try await eventually("the network is offered") { try await shop.get("/readyz").status == 200 }
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await shop.books(node) == .of(1))
        }
    }

    /// An offer as the shop would make it, for a payment while it makes none.
    private static func offer(_ shop: Shop, _ node: Node) -> JSON {
        [
            "offer": [
                "x402Version": 2,
                "accepts": [
                    [
                        "scheme": "exact", "network": .text(Node.network), "amount": "10000", "asset": .text(Node.usdc),
                        "payTo": .text(node.payTo.address), "maxTimeoutSeconds": 300, "extra": ["name": "USDC", "version": "2"],
                    ]
                ],
            ]
        ]
    }

    @Test("A node that is on another chain all of a sudden takes no money")
    func chainIDChanges() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let signed = try await shop.sign(try await node.buyer())
            try await node.spoil(["mode": "wrong_chain_id", "count": 1])
            #expect(try await shop.pay(signed).status == 503)
            expectGoods(try await shop.payPatiently(signed))
        }
    }

    @Test("When one node is dead, the next one is asked")
    func secondNode() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = Shop(scenario)
            try await shop.setUp(on: node)
            try await shop.add("song", file: Shop.song)
            let settings =
                "networks:\n  base-sepolia:\n    chain-id: 84532\n    rpc-urls: [\"http://127.0.0.1:\(Workshop.port())\", \"\(node.url)\"]\n"
            try await shop.start(config: try scenario.write("pushcart.yaml", settings))
            try await eventually("the network is confirmed") { try await shop.get("/readyz").status == 200 }
            try await shop.expectNextSale(node)
            #expect(try await shop.books(node) == .of(1))
        }
    }

    @Test("Fees that rise after the send delay the sale and lose nothing")
    func feesRise() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "0.5")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "0.2"])
            let signed = try await shop.sign(try await node.buyer())
            try await node.admin(["set_block_time": "manual"])
            #expect(try await shop.pay(signed).isPending)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await node.admin(["gas_price": 50_000_000, "set_block_time": 0.5])
            #expect(try await shop.pay(signed).isPending)
            try await node.admin(["gas_price": 5_000_000])
            expectGoods(try await shop.payPatiently(signed))
            try await shop.expectNextSale(node)
            #expect(try await shop.books(node) == .of(2))
        }
    }

    @Test("A stranger who runs ahead with the claimed authorization changes nothing for the buyer")
    func frontRun() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            try await node.admin(["front_run": 1])
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await node.transactions.contains { $0["stranger"] == true && $0["input"].text == signed.calldata })
            expectGoods(try await shop.pay(signed))
            // Ours was mined and reverted; the stranger's moved the money.
            #expect(try await shop.books(node) == Books(income: Shop.price, mined: 1, orders: 1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            try await shop.expectNextSale(node)
            #expect(try await shop.books(node) == Books(income: 2 * Shop.price, mined: 2, orders: 2))
        }
    }

    @Test("A stranger who submits it while ours waits in the mempool changes nothing either")
    func overtaken() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "0.5"])
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            #expect(try await shop.pay(signed).isPending)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await node.admin(["submit_authorization": ["calldata": .text(signed.calldata)], "set_block_time": 0])
            expectGoods(try await shop.payPatiently(signed))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            try await shop.expectNextSale(node)
            #expect(try await node.income == 2 * Shop.price)
        }
    }

    @Test("Money that came by an authorization which was never claimed is not adopted, but listed")
    func unmatchedIncome() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let signed = try await shop.sign(try await node.buyer())
            try await node.admin(["submit_authorization": ["calldata": .text(signed.calldata)]])
            expectRefusal(try await shop.pay(signed), "invalid_exact_evm_nonce_already_used")
            expectRefusal(try await shop.pay(signed), "invalid_exact_evm_nonce_already_used")
            let status = try await shop.cli(["status", "--json"]).json
            #expect(status["unmatchedIncome"] == 1)
            #expect(try await shop.orders.isEmpty)
            try await shop.expectNextSale(node)
        }
    }

    @Test("A payer who cancels the authorization after the claim is not charged and gets nothing")
    func cancelled() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "0.5"])
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            #expect(try await shop.pay(signed).isPending)
            try await eventually("the send") { try await node.stats.pool == 1 }
            try await node.admin(["send": ["data": signed.whole["cancel"]], "set_block_time": 0])
            let answer = try await shop.payPatiently(signed)
            expectRefusal(answer, "invalid_exact_evm_nonce_already_used")
            #expect(try await node.balance(wallet.address) == Node.purse)
            expectGoods(try await shop.payPatiently(try await shop.sign(wallet)))
            #expect(try await node.income == Shop.price)
        }
    }

    @Test("When somebody else sends from the fee wallet, settlements are signed anew under the next nonce")
    func nonceTaken() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            try await shop.expectNextSale(node)
            try await Desk.transact(on: node, from: node.settler)
            try await shop.expectNextSale(node)
            try await shop.expectNextSale(node)
            #expect(try await shop.books(node) == Books(income: 3 * Shop.price, mined: 4, orders: 3))
            #expect(try shop.process.errorText.contains("critical"))
        }
    }
}
