import Domain
import Payments
import Storage
import Testing
import X402

@Suite struct FinalityWatchTests {
    private static let transaction = [UInt8](repeating: 0xEE, count: 32)
    private static let block = ChainBlock(number: 100, hash: [UInt8](repeating: 0xB1, count: 32))

    /// A payment that a chain has settled in block 100, with what its transaction cost.
    private static func settled(_ desk: PayDesk, _ product: Product) async throws -> Payment {
        let payment = try await ReconcilerTests.claim(desk, product)
        _ = try await desk.writer.addAttempt(
            paymentID: payment.id, transaction: transaction, raw: [2], settler: [UInt8](repeating: 8, count: 20), accountNonce: 1, feeLimit: 500,
            at: desk.clock.now)
        _ = try await desk.writer.closeAttempt(transaction: transaction, feePaid: 300, reverted: false, at: desk.clock.now)
        return try await desk.writer.post(paymentID: payment.id, transaction: transaction, block: block, at: desk.clock.now).payment
    }

    private static func pass(_ desk: PayDesk, _ standings: [Int64: SettlementStanding]?) async throws {
        desk.facilitator.set { $0.standings = standings }
        try await FinalityWatch(gate: desk.gate(), now: { desk.clock.now }).pass()
    }

    /// The balances by kind of account, settled and final.
    private static func balances(_ desk: PayDesk) async throws -> [String: [String]] {
        let balances = try await desk.reader.ledgerBalances()
        return Dictionary(
            uniqueKeysWithValues: balances.map {
                ($0.account.kind.rawValue, [$0, $0.final].map { ($0.isNegative ? "-" : "") + $0.amount.description })
            })
    }

    private static func expectRight(_ desk: PayDesk) async throws {
        #expect(try await desk.reader.checkLedger().findings == [])
        guard case .intact = try await desk.reader.verifyAudit() else { Issue.record("the audit log is broken"); return }
    }

    @Test func `a settled payment is final once its block is, and is not looked at again`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settled(desk, desk.product())
        #expect(payment.finality == .settled && payment.block == Self.block)
        #expect(try await Self.balances(desk)["wallet"] == ["10000", "0"])
        try await Self.pass(desk, nil)
        try await Self.pass(desk, [:])
        try await Self.pass(desk, [payment.id: .revocable(Self.block)])
        #expect(try desk.reader.payment(id: payment.id)?.finality == .settled)
        try await Self.pass(desk, [payment.id: .final(Self.block)])
        #expect(try desk.reader.payment(id: payment.id)?.finality == .final)
        #expect(
            try await Self.balances(desk) == [
                "wallet": ["10000", "10000"], "sales": ["10000", "10000"], "gas": ["300", "300"], "settler": ["-300", "-300"],
            ])
        let asked = desk.facilitator.calls.count
        try await Self.pass(desk, [:])
        #expect(desk.facilitator.calls.count == asked)
        try await Self.expectRight(desk)
    }

    @Test func `a settlement that moved to another block is written down there`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settled(desk, desk.product())
        let other = ChainBlock(number: 103, hash: [UInt8](repeating: 0xB3, count: 32))
        try await Self.pass(desk, [payment.id: .revocable(other)])
        #expect(try desk.reader.payment(id: payment.id)?.block == other)
        #expect(try desk.reader.payment(id: payment.id)?.finality == .settled)
    }

    @Test func `what a chain took back is uncertain and reversed, and is sold again with the same order when it comes true`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payment = try await Self.settled(desk, product)
        _ = try await desk.writer.markDelivered([payment.id])
        try await Self.pass(desk, [payment.id: .gone])
        let open = try #require(try desk.reader.payment(id: payment.id))
        #expect(open.state == .uncertain && open.finality == .pending && open.settledAt == nil && open.block == nil)
        #expect(await desk.logBook.next().hasPrefix("critical: the chain was reorganised and a settled payment is gone"))
        #expect(
            try await Self.balances(desk) == [
                "wallet": ["0", "0"], "sales": ["10000", "10000"], "reorganised": ["10000", "10000"], "gas": ["0", "0"], "settler": ["0", "0"],
            ])
        try await Self.expectRight(desk)
        let event = try #require(try await desk.reader.events(after: 0).last)
        #expect(event.kind == .paymentReorganised && event.subject == payment.id && event.details.text.contains("\"delivered\":true"))
        // Nobody owns it meanwhile, and nobody is charged for it twice.
        desk.facilitator.set { $0.resolution = .unknown }
        try await desk.reconciler().pass()
        #expect(desk.facilitator.calls.last == "resolve 1")
        #expect(try desk.reader.owned(payer: open.authorization.key.payer, productID: product.id, sandbox: false) == nil)

        let again = ChainBlock(number: 107, hash: [UInt8](repeating: 0xB7, count: 32))
        desk.facilitator.set { $0.resolution = .settled(transaction: Self.transaction, block: again) }
        try await desk.reconciler().pass()
        _ = try await desk.writer.closeAttempt(transaction: Self.transaction, feePaid: 310, reverted: false, at: desk.clock.now)
        let restored = try #require(try desk.reader.payment(id: payment.id))
        #expect(restored.state == .settled && restored.orderID == payment.orderID && restored.block == again && restored.finality == .settled)
        #expect(try await Self.balances(desk)["wallet"] == ["10000", "0"])
        #expect(try await Self.balances(desk)["settler"] == ["-310", "0"])
        #expect(try await desk.reader.events(after: 0).map(\.kind).suffix(2) == [.paymentRestored, .gasPaid])
        try await Self.expectRight(desk)

        // And once more.
        try await Self.pass(desk, [payment.id: .gone])
        try await desk.reconciler().pass()
        try await Self.pass(desk, [payment.id: .final(again)])
        #expect(try desk.reader.payment(id: payment.id)?.finality == .final)
        #expect(try await Self.balances(desk)["wallet"] == ["10000", "10000"])
        #expect(try await Self.balances(desk)["reorganised"] == ["20000", "20000"])
        #expect(try await desk.reader.ledgerEntries(kind: .sale).count == 3)
        try await Self.expectRight(desk)
    }

    @Test func `what is lost for good keeps its order as a record and opens nothing, and the wallet may buy again`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payment = try await Self.settled(desk, product)
        try await Self.pass(desk, [payment.id: .gone])
        desk.facilitator.set { $0.resolution = .failed(WireError(.validBefore, "Its window has closed.")) }
        try await desk.reconciler().pass()
        let lost = try #require(try desk.reader.payment(id: payment.id))
        #expect(lost.state == .failed && lost.finality == nil && lost.orderID == payment.orderID)
        #expect(try await desk.reader.sales(payer: payment.authorization.key.payer).isEmpty)
        #expect(try await desk.reader.sales().count == 1)
        #expect(try await Self.balances(desk)["reorganised"] == ["10000", "10000"])
        try await Self.expectRight(desk)
        let second = try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: 2), for: product)
        #expect(second.told == "admitted" && second.payment?.id != payment.id)
        try await Self.expectRight(desk)
    }

    @Test func `a payment that has changed since somebody looked is not taken back`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settled(desk, desk.product())
        try await desk.writer.moveSettlements([(payment, ChainBlock(number: 101, hash: [UInt8](repeating: 1, count: 32)))])
        #expect(try await desk.writer.takeBack(payment, at: desk.clock.now) == nil)
        let moved = try #require(try desk.reader.payment(id: payment.id))
        try await desk.writer.markFinal([(moved, try #require(moved.block))])
        #expect(try await desk.writer.takeBack(moved, at: desk.clock.now) == nil)
        #expect(try desk.state(payment.id) == .settled)
        try await Self.expectRight(desk)
    }

    @Test func `practice money is final at once and is never asked for`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(sandbox: true)])
        desk.facilitator.set { $0.isPractice = true }
        let product = try await desk.product()
        let payment = try #require(await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product).payment)
        #expect(payment.finality == .final)
        try await Self.pass(desk, [:])
        #expect(!desk.facilitator.calls.contains { $0.hasPrefix("standings") })
        #expect(try await Self.balances(desk)["wallet"] == ["10000", "10000"])
    }
}
