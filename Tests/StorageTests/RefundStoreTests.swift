import Domain
import Storage
import Testing

@Suite struct RefundStoreTests {
    typealias Shop = TemporaryShop

    @Test func `a refund is asked for by one and approved by another, each in the audit log`() async throws {
        let shop = try Shop()
        let payment = try await shop.refundable()
        guard case .done(let asked) = try await shop.request(payment, 4000) else { throw Shop.Missing() }
        #expect(asked.state == .requested && asked.way == .chain && asked.amount.units == 4000 && asked.requestedBy == "person:2")
        #expect(!asked.endsAccess && asked.approvedBy == nil && asked.reason == "why")
        guard case .done(let approved) = try await shop.writer.approveRefund(id: asked.id, actor: "person:1", at: Shop.now) else {
            throw Shop.Missing()
        }
        #expect(approved.state == .approved && approved.approvedBy == "person:1" && approved.approvedAt == Shop.now)
        let events = try await shop.reader.events(after: 0).suffix(2)
        #expect(events.map(\.kind) == [.refundRequested, .refundApproved] && events.map(\.actor) == ["person:2", "person:1"])
        #expect(events.allSatisfy { $0.subject == asked.id && $0.details.text.contains(#""amount":"4000""#) && !$0.details.text.contains("why") })
        #expect(try await shop.reader.openRefunds().map(\.refund.id) == [asked.id])
        #expect(told(try await shop.writer.approveRefund(id: asked.id, actor: "person:1", at: Shop.now)) == "stands: approved")
        #expect(told(try await shop.writer.approveRefund(id: 99, actor: "person:1", at: Shop.now)) == "unknown")
    }

    @Test func `only what was paid is given back, and all refunds together are no more than that`() async throws {
        let shop = try Shop()
        let open = try await shop.claimed(Shop.claim(try await shop.product("film"), payer: 9, nonce: 9))
        #expect(told(try await shop.request(open)) == "unpaid: claimed")
        let payment = try await shop.refundable()
        #expect(told(try await shop.request(payment, 10_001)) == "too much, 10000 left")
        #expect(told(try await shop.request(payment, 0)) == "too much, 10000 left")
        #expect(told(try await shop.request(payment, 6000)) == "done: requested")
        #expect(told(try await shop.request(payment, 4001)) == "too much, 4000 left")
        guard case .done(let rest) = try await shop.request(payment) else { throw Shop.Missing() }
        #expect(rest.amount.units == 4000 && rest.endsAccess)
        #expect(told(try await shop.request(payment)) == "too much, 0 left")
        #expect(told(try await shop.writer.cancelRefund(id: rest.id, actor: "x", at: Shop.now)) == "done: cancelled")
        #expect(told(try await shop.request(payment, 4000)) == "done: requested")
    }

    @Test func `of twenty refunds at the same moment no more is granted than was paid`() async throws {
        let shop = try Shop()
        let payment = try await shop.refundable()
        let granted = try await withThrowingTaskGroup(of: String.self) { tasks in
            for _ in 0..<20 { tasks.addTask { told(try await shop.request(payment, 3000, approve: true)) } }
            return try await tasks.reduce(into: 0) { $0 += $1 == "done: approved" ? 1 : 0 }
        }
        #expect(granted == 3)
        #expect(try shop.reader.refunds(ofPayment: payment.id).reduce(0) { $0 + $1.amount.units } == 9000)
    }

    @Test func `practice money goes back at once, and the wallet may spend it again`() async throws {
        let shop = try Shop()
        let payment = try await shop.refundable(sandbox: true)
        #expect(try shop.reader.sandboxSpent(payer: Shop.bytes(1, 20)).units == 10_000)
        let refund = try await shop.approved(payment, 4000)
        #expect(refund.state == .settled && refund.way == .practice && refund.transaction == nil && refund.settledAt == Shop.now)
        #expect(try shop.reader.sandboxSpent(payer: Shop.bytes(1, 20)).units == 6000)
        let line = try #require(try await shop.reader.ledgerEntries(kind: .refund).first)
        #expect(line.movement.debit.kind == .refunds && line.movement.credit.kind == .wallet && line.movement.credit.asset.sandbox)
        #expect(try await shop.reader.checkLedger().isClean)
    }

    @Test func `a settled refund is one line of the ledger out of the refund wallet, with its gas, once however often it is told`() async throws {
        let shop = try Shop()
        let payment = try await shop.refundable()
        let refund = try await shop.refunded(payment)
        #expect(refund.state == .settled && refund.transaction == Shop.bytes(0x71, 32))
        let again = try await shop.writer.settleRefund(id: refund.id, transaction: Shop.bytes(0x71, 32), at: Shop.now)
        #expect(told(again) == "stands: settled")
        try await shop.writer.closeRefundAttempt(transaction: Shop.bytes(0x71, 32), feePaid: 60, reverted: false, at: Shop.now)
        let lines = try await shop.reader.ledgerEntries(paymentID: payment.id)
        #expect(lines.map(\.movement.kind) == [.refund, .gas, .sale])
        #expect(lines[0].movement.debit.kind == .refunds && lines[0].movement.credit.kind == .refundWallet)
        #expect(lines[0].movement.credit.address == Shop.wallet && lines[0].movement.amount.units == 10_000)
        #expect(
            lines[1].movement.credit.kind == .refundWallet && lines[1].movement.credit.asset.address == [] && lines[1].movement.amount.units == 60)
        #expect(try await shop.reader.checkLedger().isClean)
    }

    @Test(arguments: [nil, true, false] as [Bool?]) func `access ends or is kept as the owner chose; a full refund ends it`(_ choice: Bool?)
        async throws
    {
        let shop = try Shop()
        let payment = try await shop.refundable()
        let payer = Shop.bytes(1, 20)
        #expect(try shop.reader.payment(id: payment.id)?.accessEnded == false)
        _ = try await shop.refunded(payment, endsAccess: choice)
        let ended = choice ?? true
        #expect(try shop.reader.payment(id: payment.id)?.accessEnded == ended)
        #expect(try (shop.reader.owned(payer: payer, productID: payment.productID, sandbox: false) == nil) == ended)
        #expect(try (shop.reader.entitled(payer: payer, productID: payment.productID, sandbox: false) == nil) == ended)
        #expect(try shop.reader.wasRefunded(payer: payer, productID: payment.productID, sandbox: false) == ended)
        // Buying anew is a sale of its own, or none where the access was kept.
        let product = try #require(try shop.reader.product(id: payment.productID))
        let outcome = told(try await shop.writer.claim(Shop.claim(product, nonce: 2)))
        #expect(outcome.0 == (ended ? "claimed" : "owned"))
        #expect(try await shop.reader.checkLedger().isClean)
    }

    @Test func `what the owner paid by hand is written down with its transaction, which pays one refund only`() async throws {
        let shop = try Shop()
        let payment = try await shop.refundable()
        func record(_ amount: UInt128, _ transaction: UInt8?, from wallet: [UInt8]?) async throws -> String {
            told(
                try await shop.writer.recordRefund(
                    RefundDraft(paymentID: payment.id, amount: AtomicAmount(amount)), transaction: transaction.map { Shop.bytes($0, 32) },
                    wallet: wallet, actor: "local:0", at: Shop.now))
        }
        #expect(try await record(1000, 0x33, from: Shop.bytes(0x77, 20)) == "done: settled")
        #expect(try await record(1000, 0x33, from: Shop.bytes(0x77, 20)) == "transaction used")
        #expect(try await record(1000, nil, from: nil) == "done: settled")
        #expect(try await record(9000, 0x34, from: nil) == "too much, 8000 left")
        let lines = try await shop.reader.ledgerEntries(kind: .refund)
        #expect(lines.map(\.movement.credit.kind) == [.wallet, .refundWallet])
        #expect(try await shop.reader.checkLedger().isClean)
    }
}
