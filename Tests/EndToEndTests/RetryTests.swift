import Foundation
import Testing

@Suite("Payments that are safe to retry")
struct RetryTests {
    /// The answers to `count` copies of one payment sent at the same moment.
    private func copies(_ count: Int, of signed: Signed, to shop: Shop) async throws -> [Answer] {
        try await withThrowingTaskGroup { group in
            for _ in 0..<count { group.addTask { try await shop.pay(signed) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("50 copies of one payment at once are one practice sale", arguments: ["2", "1"])
    func copiesInTheSandbox(version: String) async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let signed = try await shop.sign(try await Desk.wallet(), "song", "--protocol", version)
            for answer in try await copies(50, of: signed, to: shop) { expectGoods(answer) }
            #expect(try await shop.orders.count == 1)
        }
    }

    @Test("50 copies of one payment at once are one transaction, and each gets the goods or a clear pending", arguments: ["0", "2"])
    func copiesOnAChain(blockTime: String) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: blockTime)
            let shop = try await Shop.open(scenario, on: node, environment: blockTime == "0" ? [:] : ["PUSHCART_SETTLEMENT_WAIT": "0.5"])
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            let answers = try await copies(50, of: signed, to: shop)
            for answer in answers where !answer.isPending { expectGoods(answer) }
            if blockTime != "0" { #expect(answers.contains { $0.isPending }) }
            expectGoods(try await shop.payPatiently(signed))
            for answer in try await copies(50, of: signed, to: shop) { expectGoods(answer) }
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("Who gives up while pending and signs anew is charged once and gets the goods")
    func signsAnewWhilePending() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "manual")
            let shop = try await Shop.open(scenario, on: node, environment: ["PUSHCART_SETTLEMENT_WAIT": "0.3"])
            let wallet = try await node.buyer()
            let first = try await shop.sign(wallet)
            let second = try await shop.sign(wallet)
            let pending = try await shop.pay(first)
            #expect(pending.isPending, "\(pending.status) \(pending.text)")
            #expect(try await shop.pay(second).isPending)
            let status = try await shop.get(String(try #require(pending["Location"]).dropFirst(shop.origin.count)))
            #expect(status.status == 200 && status.json["paid"] == false)
            try await eventually("the settlement is sent") { try await node.stats.pool == 1 }
            try await node.admin(["mine": 1])
            expectGoods(try await shop.payPatiently(second))
            expectGoods(try await shop.pay(first))
            expectGoods(try await shop.pay(second))
            try await node.admin(["mine": 2])
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("Ten authorizations of one wallet for one file at once are one charge, and each gets the goods")
    func signsManyAtOnce() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 {
                    let signed = try await shop.sign(wallet)
                    group.addTask { expectGoods(try await shop.payPatiently(signed)) }
                }
                try await group.waitForAll()
            }
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("Thirty buyers at once are thirty sales")
    func manyBuyers() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario, blockTime: "0.5")
            let shop = try await Shop.open(scenario, on: node)
            var payments: [Signed] = []
            for wallet in try await node.buyers(30) { payments.append(try await shop.sign(wallet)) }
            try await withThrowingTaskGroup { group in
                for signed in payments { group.addTask { expectGoods(try await shop.payPatiently(signed)) } }
                try await group.waitForAll()
            }
            #expect(try await shop.books(node) == .of(30))
        }
    }

    @Test("Who owns a file may fetch it with a fresh signature; a repeatable one is sold again")
    func ownedIsOwned() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            try await shop.add("stamp", file: Shop.song, ["--repeatable"])
            let wallet = try await node.buyer()
            let first = try await shop.payPatiently(try await shop.sign(wallet))
            let again = try await shop.payPatiently(try await shop.sign(wallet))
            expectGoods(again)
            #expect(again.link("describedby") == first.link("describedby"))
            #expect(try await shop.books(node) == .of(1))
            expectGoods(try await shop.payPatiently(try await shop.sign(wallet, "stamp"), "stamp"))
            expectGoods(try await shop.payPatiently(try await shop.sign(wallet, "stamp"), "stamp"))
            #expect(try await shop.books(node) == .of(3))
        }
    }

    @Test("A payment rebuilt from the calldata of its transaction gets no goods under a fresh offer")
    func rebuiltFromCalldata() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            try await shop.add("other", file: Shop.song)
            let honest = try await shop.sign(try await node.buyer())
            expectGoods(try await shop.payPatiently(honest))

            let input = try #require(try await node.transactions.last { $0["stranger"] == false }?["input"].text)
            let words = Calldata.words(input)
            let authorization: JSON = [
                "from": .text(Calldata.address(words[0])), "to": .text(Calldata.address(words[1])), "value": .text(Calldata.number(words[2])),
                "validAfter": .text(Calldata.number(words[3])), "validBefore": .text(Calldata.number(words[4])), "nonce": .text("0x" + words[5]),
            ]
            #expect(authorization["nonce"] == honest.authorization["nonce"] && authorization["value"] == honest.authorization["value"])
            let stolen: JSON = ["authorization": authorization, "signature": .text("0x" + words[7] + words[8] + words[6].suffix(2))]
            for slug in ["song", "other"] {
                let offer = JSON(header: try await shop.get("/p/\(slug)")["PAYMENT-REQUIRED"])
                let accepted = offer["accepts"][0]
                let v2: JSON = ["x402Version": 2, "accepted": accepted, "resource": offer["resource"], "payload": stolen]
                let v1: JSON = ["x402Version": 1, "scheme": "exact", "network": "base-sepolia", "payload": stolen]
                let nonce = "invalid_exact_evm_nonce_already_used"
                expectRefusal(try await shop.get("/p/\(slug)", [("PAYMENT-SIGNATURE", v2.header)]), nonce)
                expectRefusal(try await shop.get("/p/\(slug)", [("PAYMENT-SIGNATURE", v2.with("accepted.extra.offer", nil).header)]), nonce)
                expectRefusal(try await shop.get("/p/\(slug)", [("PAYMENT-SIGNATURE", v2.with("accepted.extra", nil).header)]), nonce)
                expectRefusal(try await shop.get("/p/\(slug)", [("X-PAYMENT", v1.header)]), nonce)
            }
            expectGoods(try await shop.pay(honest))
            #expect(try await shop.books(node) == .of(1))
        }
    }

    @Test("One authorization as version 1, as version 2 and in other letter case is one payment")
    func oneAuthorizationInManyForms() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let signed = try await shop.sign(wallet)
            let inner = signed.payload["payload"]
            let v1: JSON = ["x402Version": 1, "scheme": "exact", "network": "base-sepolia", "payload": inner]
            var loud = signed.payload
            for name in ["from", "to", "nonce"] {
                let text = inner["authorization"][name].text ?? ""
                loud = loud.with("payload.authorization.\(name)", .text("0x" + text.dropFirst(2).uppercased()))
            }
            loud = loud.with("payload.signature", .text("0x" + (inner["signature"].text ?? "").dropFirst(2).uppercased()))
            loud = loud.with("accepted.asset", .text("0x" + Node.usdc.dropFirst(2).uppercased()))
            let headers = [signed.header, ("X-PAYMENT", v1.header), ("PAYMENT-SIGNATURE", loud.header)]
            let answers = try await withThrowingTaskGroup { group in
                for header in headers + headers { group.addTask { try await shop.get("/p/song", [header]) } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.contains { $0.status == 200 })
            #expect(answers.allSatisfy { $0.status == 200 || $0.status == 402 })
            for answer in answers where answer.status == 402 && !answer.isPending { expectRefusal(answer, "invalid_exact_evm_nonce_already_used") }
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }
}

/// Reads what a settlement told the whole world.
enum Calldata {
    /// The words after the selector, 64 hexadecimal digits each.
    static func words(_ input: String) -> [String] {
        let digits = Array(input.dropFirst(10))
        return stride(from: 0, to: digits.count - 63, by: 64).map { String(digits[$0..<$0 + 64]) }
    }

    static func address(_ word: String) -> String { "0x" + word.suffix(40) }
    static func number(_ word: String) -> String { String(UInt64(word.suffix(16), radix: 16) ?? 0) }
}
