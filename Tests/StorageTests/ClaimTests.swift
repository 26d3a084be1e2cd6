import Domain
import GRDB
import Storage
import Testing

@Suite struct ClaimTests {
    typealias Shop = TemporaryShop

    @Test func `a claim is stored as it was made`() async throws {
        let shop = try Shop()
        let claim = Shop.claim(try await shop.product("hello"), sealHash: Shop.bytes(9, 32))
        let payment = try await shop.claimed(claim)
        let stored = try #require(try shop.reader.payment(key: claim.authorization.key))
        #expect(stored.id == payment.id)
        #expect(stored.authorization == claim.authorization)
        #expect(stored.state == .claimed)
        #expect(stored.sealHash == Shop.bytes(9, 32))
        #expect(stored.token == claim.token)
        #expect(stored.protocolVersion == 2)
        #expect(!stored.sandbox)
        #expect(stored.claimedAt == Shop.now)
        #expect(stored.settledAt == nil && stored.orderID == nil && stored.transaction == nil && stored.reason == nil)
        #expect(try shop.reader.payment(id: payment.id)?.authorization == claim.authorization)
        #expect(try await shop.reader.countOpenPayments() == 1)
        #expect(try await shop.reader.openPayments().map(\.id) == [payment.id])
    }

    @Test(
        arguments: [
            ("1", 0, 1), ("9223372036854775807", 0, .max), ("9223372036854775808", 1 << 63, .max - 1), ("18446744073709551615", .max, .max),
            ("340282366920938463463374607431768211455", 256, 65_536),
        ] as [(String, UInt64, UInt64)])
    func `amounts up to 128 bits and windows up to 64 bits are stored exactly`(_ amount: String, _ after: UInt64, _ before: UInt64) async throws {
        let shop = try Shop()
        let amount = try #require(AtomicAmount(wire: amount))
        let simple = Shop.claim(try await shop.product("hello"))
        let authorization = Authorization(
            key: simple.authorization.key, payTo: Shop.shop, amount: amount, validAfter: after, validBefore: before, signature: [1])
        let payment = try await shop.claimed(
            Claim(
                authorization: authorization, sandbox: false, productID: simple.productID, repeatable: false, content: simple.content,
                protocolVersion: 1, sealHash: nil, token: simple.token, at: simple.at))
        #expect(try shop.reader.payment(id: payment.id)?.authorization == authorization)
    }

    @Test func `of fifty claims of one authorization at once exactly one is told claimed`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let outcomes = try await withThrowingTaskGroup(of: (String, Payment?).self) { group in
            for number in 0..<50 {
                group.addTask { told(try await shop.writer.claim(Shop.claim(product, version: 1 + number % 2))) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0.0 == "claimed" } == 1)
        #expect(outcomes.count { $0.0 == "known" } == 49)
        #expect(Set(outcomes.map { $0.1?.id }).count == 1)
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 1)
    }

    @Test func `the index itself refuses a second row for one authorization`() async throws {
        let shop = try Shop()
        _ = try await shop.claimed(Shop.claim(try await shop.product("hello")))
        let copy = { (changed: String) in
            """
            INSERT INTO payments(chain_id, asset, payer, nonce, pay_to, amount, valid_after, valid_before, signature, sandbox, product_id, content,
                protocol_version, token, state, claimed_at)
            SELECT \(changed), pay_to, amount, valid_after, valid_before, signature, 1, product_id, content, 1, token, 'claimed', 0 FROM payments LIMIT 1
            """
        }
        let error = await #expect(throws: DatabaseError.self) { try await shop.execute(copy("chain_id, asset, payer, nonce")) }
        #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE)
        let other = [
            "1, asset, payer, nonce", "chain_id, zeroblob(20), payer, nonce", "chain_id, asset, zeroblob(20), nonce",
            "chain_id, asset, payer, zeroblob(32)",
        ]
        for change in other { try await shop.execute(copy(change)) }
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 5)
    }

    @Test func `chain, asset, payer and nonce each make another authorization`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let polygon = try #require(Network(chainID: 137))
        let claims = [
            Shop.claim(product), Shop.claim(product, network: polygon), Shop.claim(product, asset: Shop.bytes(7, 20)),
            Shop.claim(product, payer: 2), Shop.claim(product, nonce: 2),
        ]
        for claim in claims { #expect(try await told(shop.writer.claim(claim)).0 == "claimed") }
        for claim in claims { #expect(try await told(shop.writer.claim(claim)).0 == "known") }
        #expect(try shop.reader.payment(key: Shop.claim(product, payer: 3).authorization.key) == nil)
    }

    @Test func `a released authorization may be claimed again, and is another payment then`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let first = try await shop.claimed(Shop.claim(product))
        #expect(told(try await shop.writer.end(paymentID: first.id, as: .released, reason: "x", at: Shop.now)).0 == "posted")
        let second = try await shop.claimed(Shop.claim(product, sealHash: Shop.bytes(1, 32)))
        // Whoever still follows the first must not take the second for it.
        #expect(second.id != first.id)
        #expect(try shop.reader.payment(id: first.id) == nil)
        #expect(try shop.reader.payment(key: first.authorization.key)?.sealHash == Shop.bytes(1, 32))
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 1)
        let third = try await shop.claimed(Shop.claim(product, payer: 2))
        #expect(third.id > second.id)
    }

    @Test func `what a wallet owns is not sold to it again, and a repeatable product is`() async throws {
        let shop = try Shop()
        let (once, again) = (try await shop.product("once"), try await shop.product("again", repeatable: true))
        let bought = try await shop.sold(Shop.claim(once))
        let (outcome, payment) = told(try await shop.writer.claim(Shop.claim(once, nonce: 2)))
        #expect(outcome == "owned")
        #expect(payment?.id == bought.id)
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 1)
        #expect(try await told(shop.writer.claim(Shop.claim(once, payer: 2, nonce: 2))).0 == "claimed")

        _ = try await shop.sold(Shop.claim(again, nonce: 3))
        #expect(try await told(shop.writer.claim(Shop.claim(again, nonce: 4))).0 == "claimed")
        #expect(try await told(shop.writer.claim(Shop.claim(again, nonce: 5))).0 == "claimed")
    }

    @Test func `while a payment of the wallet for the product is open, another is not claimed`() async throws {
        let shop = try Shop()
        let (product, other) = (try await shop.product("hello"), try await shop.product("other"))
        let open = try await shop.claimed(Shop.claim(product))
        let (outcome, awaited) = told(try await shop.writer.claim(Shop.claim(product, nonce: 2)))
        #expect(outcome == "awaiting")
        #expect(awaited?.id == open.id)
        #expect(try await told(shop.writer.claim(Shop.claim(other, nonce: 3))).0 == "claimed")
        _ = try await shop.writer.end(paymentID: open.id, as: .released, reason: nil, at: Shop.now)
        #expect(try await told(shop.writer.claim(Shop.claim(product, nonce: 2))).0 == "claimed")
    }

    @Test func `practice money and real money neither own nor await each other`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let practice = Shop.claim(product, sandbox: true)
        let allowance = AtomicAmount(1_000_000)
        let (outcome, bought) = told(
            try await shop.writer.claim(practice, sandboxAllowance: allowance, sandboxTransaction: Shop.bytes(0xEE, 32)))
        #expect(outcome == "claimed")
        #expect(bought?.state == .settled)
        #expect(try await told(shop.writer.claim(Shop.claim(product, nonce: 2))).0 == "claimed")
        let (again, owned) = told(
            try await shop.writer.claim(
                Shop.claim(product, nonce: 3, sandbox: true), sandboxAllowance: allowance, sandboxTransaction: Shop.bytes(0xEF, 32)))
        #expect(again == "owned")
        #expect(owned?.id == bought?.id)
        #expect(try shop.reader.owned(payer: Shop.bytes(1, 20), productID: product.id, sandbox: true)?.id == bought?.id)
        #expect(try shop.reader.owned(payer: Shop.bytes(1, 20), productID: product.id, sandbox: false) == nil)

        // The other way round: what was bought for real money is not owned for practice money.
        _ = try await shop.sold(Shop.claim(product, payer: 2, nonce: 4))
        #expect(try shop.reader.owned(payer: Shop.bytes(2, 20), productID: product.id, sandbox: true) == nil)
        let practised = try await shop.writer.claim(
            Shop.claim(product, payer: 2, nonce: 5, sandbox: true), sandboxAllowance: allowance, sandboxTransaction: Shop.bytes(0xF0, 32))
        #expect(told(practised).0 == "claimed")
    }

    @Test func `a practice payment is claimed, paid and posted in one write`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let transaction = Shop.bytes(0xEE, 32)
        let (_, told) = told(
            try await shop.writer.claim(
                Shop.claim(product, sandbox: true), sandboxAllowance: AtomicAmount(10_000), sandboxTransaction: transaction))
        let payment = try #require(told)
        let stored = try #require(try shop.reader.payment(id: payment.id))
        for one in [payment, stored] {
            #expect(one.state == .settled)
            #expect(one.transaction == transaction)
            #expect(one.settledAt == Shop.now)
            #expect(one.orderID != nil)
            #expect(one.sandbox)
        }
        #expect(payment.orderID == stored.orderID)
        #expect(try await shop.events() == [.productCreated, .orderPaid])
        #expect(try await shop.reader.countOpenPayments() == 0)
    }

    @Test func `a practice wallet spends all of its money exactly and not one unit more`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let allowance = AtomicAmount(1_000_000_000)
        func spend(_ amount: String, nonce: UInt8, payer: UInt8 = 1) async throws -> String {
            told(
                try await shop.writer.claim(
                    Shop.claim(product, payer: payer, nonce: nonce, amount: try #require(UInt128(amount)), sandbox: true),
                    sandboxAllowance: allowance,
                    sandboxTransaction: Shop.bytes(nonce, 32))
            ).0
        }
        #expect(try await spend("999999999", nonce: 1) == "claimed")
        #expect(try await spend("2", nonce: 2) == "insufficientFunds")
        #expect(try await spend("1", nonce: 3) == "claimed")
        #expect(try await spend("1", nonce: 4) == "insufficientFunds")
        #expect(try shop.reader.sandboxSpent(payer: Shop.bytes(1, 20)) == allowance)
        #expect(try await spend("340282366920938463463374607431768211455", nonce: 5) == "insufficientFunds")
        #expect(try await spend("1000000001", nonce: 6, payer: 2) == "insufficientFunds")
        #expect(try await spend("1000000000", nonce: 7, payer: 2) == "claimed")
        #expect(try shop.reader.sandboxSpent(payer: Shop.bytes(3, 20)) == AtomicAmount(0))
        #expect(try await shop.integer("SELECT count(*) FROM payments") == 3)
    }

    @Test func `of a hundred practice purchases at once as many are paid as the money lasts for`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
            for nonce in 0..<100 {
                group.addTask {
                    told(
                        try await shop.writer.claim(
                            Shop.claim(product, nonce: UInt8(nonce), sandbox: true), sandboxAllowance: AtomicAmount(300_000),
                            sandboxTransaction: Shop.bytes(UInt8(nonce), 32))
                    ).0
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == "claimed" } == 30)
        #expect(outcomes.count { $0 == "insufficientFunds" } == 70)
        #expect(try shop.reader.sandboxSpent(payer: Shop.bytes(1, 20)) == AtomicAmount(300_000))
    }

    @Test func `a claim for a product that does not exist is refused by the schema, and nothing is spent`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let claim = Shop.claim(product, sandbox: true)
        let orphan = Claim(
            authorization: claim.authorization, sandbox: true, productID: 999, repeatable: false, content: claim.content, protocolVersion: 2,
            sealHash: nil, token: claim.token, at: claim.at)
        await #expect(throws: DatabaseError.self) { try await shop.writer.claim(orphan, sandboxAllowance: AtomicAmount(1_000_000)) }
        #expect(try shop.reader.sandboxSpent(payer: Shop.bytes(1, 20)) == AtomicAmount(0))
    }

    @Test func `a receipt is found by number and token together only`() async throws {
        let shop = try Shop()
        let payment = try await shop.claimed(Shop.claim(try await shop.product("hello")))
        #expect(try shop.reader.payment(receipt: payment.receiptID)?.id == payment.id)
        let wrong = try #require(PaymentToken(Shop.bytes(0xFE, 12)))
        #expect(try shop.reader.payment(receipt: ReceiptID(paymentID: payment.id, token: wrong)) == nil)
        #expect(try shop.reader.payment(receipt: ReceiptID(paymentID: payment.id + 1, token: payment.token)) == nil)
    }
}
