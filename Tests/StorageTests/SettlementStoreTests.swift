import Domain
import GRDB
import Storage
import Testing

@Suite struct SettlementStoreTests {
    typealias Shop = TemporaryShop

    /// Brings a payment into a state by the writes that the pay desk makes, or by SQL where none of them leads there.
    static func payment(_ shop: Shop, _ state: PaymentState) async throws -> Payment {
        let payment = try await shop.claimed(Shop.claim(try await shop.product("hello")))
        func attempt() async throws { #expect(try await Self.attempt(shop, payment.id)) }
        switch state {
        case .claimed: break
        case .released: _ = try await shop.writer.end(paymentID: payment.id, as: .released, reason: nil, at: Shop.now)
        case .settling: try await attempt()
        case .uncertain, .failed:
            try await attempt()
            _ = try await shop.writer.end(paymentID: payment.id, as: state, reason: "why", at: Shop.now)
        case .settled, .delivered:
            try await attempt()
            _ = try await shop.writer.post(paymentID: payment.id, transaction: Shop.bytes(0xCC, 32), at: Shop.now)
            if state == .delivered { try await shop.writer.markDelivered([payment.id]) }
        }
        let stored = try #require(try shop.reader.payment(id: payment.id))
        #expect(stored.state == state)
        return stored
    }

    @discardableResult
    static func attempt(_ shop: Shop, _ id: Int64, hash: UInt8 = 0xAA, at: Timestamp = Shop.now, fee: UInt64 = 1_000) async throws -> Bool {
        try await shop.writer.addAttempt(
            paymentID: id, transaction: Shop.bytes(hash, 32), raw: [2, hash], settler: Shop.bytes(8, 20), accountNonce: UInt64(hash), feeLimit: fee,
            at: at)
    }

    // MARK: Post

    @Test func `posting is one write: state, order, entitlement, event`() async throws {
        let shop = try Shop()
        let open = try await Self.payment(shop, .settling)
        let later = Shop.now + .seconds(9)
        let (outcome, payment) = told(try await shop.writer.post(paymentID: open.id, transaction: Shop.bytes(0xCC, 32), at: later))
        #expect(outcome == "posted")
        #expect(payment.state == .settled)
        #expect(payment.transaction == Shop.bytes(0xCC, 32))
        #expect(payment.settledAt == later)
        let sale = try await shop.sale(of: payment)
        #expect(sale.order.paymentID == payment.id)
        #expect(sale.order.content == payment.content)
        #expect(sale.order.at == later)
        #expect(sale.slug == "hello" && sale.title == "Title of hello")
        #expect(sale.payment.id == payment.id)
        #expect(try shop.reader.owned(payer: Shop.bytes(1, 20), productID: payment.productID, sandbox: false)?.id == payment.id)
        let event = try #require(await shop.reader.events(after: 1).first)
        #expect(event.kind == .orderPaid && event.subject == payment.orderID && event.actor == "payer" && event.at == later)
    }

    @Test func `posting twice changes nothing`() async throws {
        let shop = try Shop()
        let open = try await Self.payment(shop, .settling)
        let (_, first) = told(try await shop.writer.post(paymentID: open.id, transaction: Shop.bytes(0xCC, 32), at: Shop.now))
        let (outcome, second) = told(
            try await shop.writer.post(paymentID: open.id, transaction: Shop.bytes(0xDD, 32), at: Shop.now + .seconds(60)))
        #expect(outcome == "stands")
        #expect(second.transaction == first.transaction)
        #expect(second.settledAt == first.settledAt)
        #expect(second.orderID == first.orderID)
        #expect(try await shop.integer("SELECT count(*) FROM orders") == 1)
        #expect(try await shop.integer("SELECT count(*) FROM entitlements") == 1)
        #expect(try await shop.events() == [.productCreated, .orderPaid])
    }

    @Test func `twenty posts at once make one order`() async throws {
        let shop = try Shop()
        let open = try await Self.payment(shop, .settling)
        let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask { told(try await shop.writer.post(paymentID: open.id, transaction: Shop.bytes(0xCC, 32), at: Shop.now)).0 }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == "posted" } == 1)
        #expect(try await shop.integer("SELECT count(*) FROM orders") == 1)
    }

    @Test(arguments: PaymentState.allCases) func `only an open payment is posted`(_ state: PaymentState) async throws {
        let shop = try Shop()
        let payment = try await Self.payment(shop, state)
        let (outcome, after) = told(
            try await shop.writer.post(paymentID: payment.id, transaction: Shop.bytes(0xDD, 32), at: Shop.now + .seconds(1)))
        #expect(outcome == (state.isOpen ? "posted" : "stands"))
        #expect(after.state == (state.isOpen ? .settled : state))
        #expect(after.reason == (state == .failed ? "why" : nil))
    }

    // MARK: End

    static let ends: [(PaymentState, PaymentState)] = PaymentState.allCases.flatMap { from in
        [PaymentState.released, .uncertain, .failed].map { (from, $0) }
    }

    @Test(arguments: ends) func `a payment ends only as the rules allow, else it stands`(_ from: PaymentState, _ to: PaymentState) async throws {
        let shop = try Shop()
        let payment = try await Self.payment(shop, from)
        let events = try await shop.events()
        let isAllowed = from.successors.contains(to) && !from.isPaid
        let (outcome, after) = told(try await shop.writer.end(paymentID: payment.id, as: to, reason: "because", at: Shop.now))
        #expect(outcome == (isAllowed ? "posted" : "stands"))
        #expect(after.state == (isAllowed ? to : from))
        #expect(after.reason == (isAllowed ? "because" : payment.reason))
        let told: [Event.Kind] = isAllowed ? (to == .uncertain ? [.paymentUncertain] : to == .failed ? [.paymentFailed] : []) : []
        #expect(try await shop.events() == events + told)
    }

    @Test func `a payment that does not exist cannot be ended`() async throws {
        let shop = try Shop()
        await #expect(throws: StorageError.self) { try await shop.writer.end(paymentID: 7, as: .failed, reason: nil, at: Shop.now) }
        await #expect(throws: StorageError.self) { try await shop.writer.post(paymentID: 7, transaction: Shop.bytes(1, 32), at: Shop.now) }
    }

    @Test(arguments: [
        "UPDATE payments SET state = 'settled'", "UPDATE payments SET settled_at = 5", "UPDATE payments SET state = 'gone'",
        "UPDATE payments SET amount = 0", "UPDATE payments SET amount = -1", "UPDATE payments SET amount = 1.5", "UPDATE payments SET amount = x'01'",
        "UPDATE payments SET nonce = x'01'", "UPDATE payments SET payer = 'text'", "UPDATE payments SET chain_id = 0",
        "UPDATE payments SET protocol_version = 3",
        "UPDATE payments SET transaction_hash = x'00'", "UPDATE payments SET seal_hash = x'00'", "UPDATE payments SET product_id = 99",
        "INSERT INTO orders(payment_id, product_id, content, at) VALUES (99, 1, zeroblob(32), 0)",
    ])
    func `the schema itself refuses a wrong payment`(_ sql: String) async throws {
        let shop = try Shop()
        _ = try await Self.payment(shop, .claimed)
        await #expect(throws: DatabaseError.self) { try await shop.execute(sql) }
    }

    @Test func `a second order for one payment is refused by the index`() async throws {
        let shop = try Shop()
        _ = try await Self.payment(shop, .settled)
        await #expect(throws: DatabaseError.self) {
            try await shop.execute("INSERT INTO orders(payment_id, product_id, content, at) SELECT payment_id, product_id, content, at FROM orders")
        }
    }

    // MARK: Deliver

    @Test func `only settled payments become delivered`() async throws {
        for state in PaymentState.allCases {
            let shop = try Shop()
            let payment = try await Self.payment(shop, state)
            try await shop.writer.markDelivered([payment.id, 999])
            #expect(try shop.reader.payment(id: payment.id)?.state == (state == .settled ? .delivered : state))
        }
    }

    // MARK: Attempts

    @Test func `attempts are appended, and the payment shows the newest`() async throws {
        let shop = try Shop()
        let payment = try await Self.payment(shop, .claimed)
        #expect(try await Self.attempt(shop, payment.id, hash: 1, fee: .max))
        #expect(try shop.reader.payment(id: payment.id)?.state == .settling)
        #expect(try await Self.attempt(shop, payment.id, hash: 2, at: Shop.now + .seconds(1)))
        let attempts = try await shop.reader.attempts(paymentID: payment.id)
        #expect(attempts.map(\.transaction) == [Shop.bytes(1, 32), Shop.bytes(2, 32)])
        #expect(attempts.map(\.raw) == [[2, 1], [2, 2]])
        #expect(attempts.map(\.feeLimit) == [.max, 1_000])
        #expect(attempts.map(\.accountNonce) == [1, 2])
        #expect(attempts.map(\.settler) == [Shop.bytes(8, 20), Shop.bytes(8, 20)])
        #expect(attempts.map(\.at) == [Shop.now, Shop.now + .seconds(1)])
        #expect(attempts.allSatisfy { $0.paymentID == payment.id })
        #expect(try shop.reader.payment(id: payment.id)?.transaction == Shop.bytes(2, 32))
        #expect(try await shop.reader.attempts(paymentID: 99).isEmpty)
    }

    @Test(arguments: PaymentState.allCases) func `nothing may be sent for a payment that has ended`(_ state: PaymentState) async throws {
        let shop = try Shop()
        let payment = try await Self.payment(shop, state)
        let before = try await shop.reader.attempts(paymentID: payment.id).count
        #expect(try await Self.attempt(shop, payment.id, hash: 7) == state.isOpen)
        #expect(try await shop.reader.attempts(paymentID: payment.id).count == before + (state.isOpen ? 1 : 0))
        #expect(try shop.reader.payment(id: payment.id)?.state == (state == .claimed ? .settling : state))
    }

    @Test func `fees count by what was paid, else by their limit, on their chain and in their time`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        let polygon = try #require(Network(chainID: 137))
        let one = try await shop.claimed(Shop.claim(product, nonce: 1))
        let other = try await shop.claimed(Shop.claim(product, nonce: 2, network: polygon))
        try await Self.attempt(shop, one.id, hash: 1, at: Shop.now, fee: 1_000)
        try await Self.attempt(shop, one.id, hash: 2, at: Shop.now + .seconds(10), fee: .max)
        try await Self.attempt(shop, other.id, hash: 3, at: Shop.now + .seconds(10), fee: 5)
        let before = Shop.now - .seconds(1)
        #expect(try await shop.reader.feesSpent(chainID: 8453, since: before) == 1_000 + UInt128(UInt64.max))
        #expect(try await shop.reader.feesSpent(chainID: 8453, since: Shop.now) == UInt128(UInt64.max))
        #expect(try await shop.reader.feesSpent(chainID: 137, since: before) == 5)
        #expect(try await shop.writer.closeAttempt(transaction: Shop.bytes(2, 32), feePaid: 7, reverted: false, at: Shop.now) == UInt64.max)
        #expect(try await shop.writer.closeAttempt(transaction: Shop.bytes(2, 32), feePaid: 9, reverted: true, at: Shop.now) == nil)
        #expect(try await shop.writer.closeAttempt(transaction: Shop.bytes(0x77, 32), feePaid: 9, reverted: true, at: Shop.now) == nil)
        #expect(try await shop.reader.feesSpent(chainID: 8453, since: before) == 1_007)
        #expect(try await shop.reader.feesSpent(chainID: 1, since: before) == 0)
    }

    @Test func `reverted settlements are counted by payer and time`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", repeatable: true)
        for (nonce, payer) in [(1, 1), (2, 1), (3, 2)] as [(UInt8, UInt8)] {
            let payment = try await shop.claimed(Shop.claim(product, payer: payer, nonce: nonce))
            try await Self.attempt(shop, payment.id, hash: nonce, at: Shop.now + .seconds(Int(nonce)))
            #expect(try await shop.writer.closeAttempt(transaction: Shop.bytes(nonce, 32), feePaid: 1, reverted: true, at: Shop.now) == 1_000)
        }
        let unrelated = try await shop.claimed(Shop.claim(product, nonce: 4))
        try await Self.attempt(shop, unrelated.id, hash: 4)
        #expect(try shop.reader.revertedSettlements(payer: Shop.bytes(1, 20), since: Shop.now) == 2)
        #expect(try shop.reader.revertedSettlements(payer: Shop.bytes(1, 20), since: Shop.now + .seconds(1)) == 1)
        #expect(try shop.reader.revertedSettlements(payer: Shop.bytes(2, 20), since: Shop.now) == 1)
        #expect(try shop.reader.revertedSettlements(payer: Shop.bytes(3, 20), since: Shop.now) == 0)
    }

    // MARK: Income

    @Test func `money that came without a claim is listed once for each authorization`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let authorization = Shop.claim(product, amount: .max).authorization
        for _ in 0..<3 { try await shop.writer.noteUnmatchedIncome(authorization, at: Shop.now) }
        try await shop.writer.noteUnmatchedIncome(Shop.claim(product, nonce: 2).authorization, at: Shop.now)
        #expect(try await shop.reader.unmatchedIncomeCount() == 2)
        #expect(try await shop.events() == [.productCreated, .incomeUnmatched, .incomeUnmatched])
        #expect(try shop.reader.payment(key: authorization.key) == nil)
    }
}
