import Domain
import GRDB
import Payments
import Storage
import Testing
import X402

@Suite struct ReconcilerTests {
    /// A claim as a process that died left it.
    static func claim(_ desk: PayDesk, _ product: Product, nonce: UInt8 = 1, option: PaymentOption = PayDesk.option()) async throws -> Payment {
        let claim = Claim(
            authorization: Authorization(
                key: PaymentKey(
                    network: option.network, asset: option.asset.address, payer: [UInt8](repeating: nonce, count: 20),
                    nonce: [UInt8](repeating: nonce, count: 32)),
                payTo: option.payTo, amount: AtomicAmount(10_000), validAfter: 0, validBefore: .max, signature: [nonce, 1]),
            sandbox: option.sandbox, productID: product.id, repeatable: product.repeatable, content: product.content.digest, protocolVersion: 2,
            sealHash: nil, token: try #require(PaymentToken([UInt8](repeating: nonce, count: 12))), at: desk.clock.now)
        guard case .claimed(let payment) = try await desk.writer.claim(claim, sandboxAllowance: AtomicAmount(1_000_000)) else {
            throw PayDesk.Missing()
        }
        return payment
    }

    /// A payment whose signed bytes are stored, and perhaps sent.
    static func settling(_ desk: PayDesk, _ product: Product, nonce: UInt8 = 1, option: PaymentOption = PayDesk.option()) async throws -> Payment {
        let payment = try await claim(desk, product, nonce: nonce, option: option)
        let isStored = try await desk.writer.addAttempt(
            paymentID: payment.id, transaction: [UInt8](repeating: nonce, count: 32), raw: [2], settler: [UInt8](repeating: 8, count: 20),
            accountNonce: 1, feeLimit: 1, at: desk.clock.now)
        #expect(isStored)
        return payment
    }

    @Test func `a claim of an earlier process is released, never charged`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.claim(desk, desk.product())
        desk.clock.advance(.milliseconds(1))
        try await desk.reconciler().pass()
        #expect(try desk.state(payment.id) == .released)
        #expect(desk.facilitator.calls.isEmpty)
        #expect(try await desk.reader.events(after: 1).isEmpty)
    }

    @Test func `a claim of this process is left alone for a minute`() async throws {
        let desk = try PayDesk()
        let reconciler = desk.reconciler()
        let payment = try await Self.claim(desk, desk.product())
        desk.clock.advance(.seconds(60))
        try await reconciler.pass()
        #expect(try desk.state(payment.id) == .claimed)
        desk.clock.advance(.milliseconds(1))
        try await reconciler.pass()
        #expect(try desk.state(payment.id) == .released)
    }

    @Test func `what was not sent, and could not be given back for a disk that refused, is given back as soon as the disk is well`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let reconciler = desk.reconciler()
        desk.facilitator.set {
            $0.storesAttempt = false
            $0.settlement = .notSent(WireError(.unexpectedSettleError, "No."))
        }
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        let disk = try DatabaseQueue(path: "\(desk.directory)/shop.sqlite", configuration: configuration)
        try await disk.write { db in
            try db.execute(
                sql: "CREATE TRIGGER full BEFORE UPDATE OF state ON payments BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
        }
        #expect(try await desk.gate().admit(PayDesk.payV1(), for: product).told == "pending")
        try await reconciler.pass()
        #expect(try desk.state(1) == .claimed)
        try await disk.write { db in try db.execute(sql: "DROP TRIGGER full") }
        try await reconciler.pass()
        #expect(try desk.state(1) == .released)
        // The same payment is taken again, and what was abandoned once is not for ever.
        desk.facilitator.set { $0.settlement = .settled(transaction: [UInt8](repeating: 0xEE, count: 32)) }
        let again = try await desk.gate().admit(PayDesk.payV1(), for: product)
        #expect(again.told == "admitted" && again.payment?.state == .settled)
    }

    @Test func `a payment that was sent is resolved and posted, and the honest buyer gets the goods`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payment = try await Self.settling(desk, product)
        desk.facilitator.set { $0.resolution = .settled(transaction: [UInt8](repeating: 0xEE, count: 32)) }
        desk.clock.advance(.seconds(5))
        try await desk.reconciler().pass()
        let stored = try #require(try desk.reader.payment(id: payment.id))
        #expect(stored.state == .settled)
        #expect(stored.transaction == [UInt8](repeating: 0xEE, count: 32))
        #expect(stored.settledAt == desk.clock.now)
        #expect(desk.facilitator.calls == ["resolve 1"])
        let again = try await desk.gate().admit(PayDesk.payV1(), for: product)
        #expect(again.told == "admitted")
        #expect(again.payment?.id == payment.id)
        try await desk.reconciler().pass()
        #expect(desk.facilitator.calls == ["resolve 1"])
    }

    @Test func `a payment that certainly failed is failed`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settling(desk, desk.product())
        desk.facilitator.set { $0.resolution = .failed(WireError(.validBefore, "Its window has closed.")) }
        try await desk.reconciler().pass()
        #expect(try desk.state(payment.id) == .failed)
        #expect(try desk.reader.payment(id: payment.id)?.reason == "invalid_exact_evm_payload_authorization_valid_before")
    }

    @Test func `not knowing makes a payment uncertain once, and it is asked for again`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settling(desk, desk.product())
        for _ in 0..<3 {
            try await desk.reconciler().pass()
            #expect(try desk.state(payment.id) == .uncertain)
        }
        #expect(desk.facilitator.calls == ["resolve 1", "resolve 1", "resolve 1"])
        #expect(try await desk.reader.events(after: 1).map(\.kind) == [.paymentUncertain])
        desk.facilitator.set { $0.resolution = .settled(transaction: [UInt8](repeating: 0xEE, count: 32)) }
        try await desk.reconciler().pass()
        #expect(try desk.state(payment.id) == .settled)
    }

    @Test func `what was sent is never given back, whatever a facilitator says`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settling(desk, desk.product())
        desk.facilitator.set { $0.resolution = .notSent(WireError(.unexpectedSettleError, "No.")) }
        try await desk.reconciler().pass()
        #expect(try desk.state(payment.id) == .settling)
    }

    @Test func `what this process is settling just now is left alone`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        _ = try await desk.hasty.admit(PayDesk.pay(desk.offer(product)), for: product)
        let held = await desk.facilitator.next()
        desk.clock.advance(.seconds(3_600))
        try await desk.reconciler().pass()
        #expect(try desk.state(held.payment.id) == .settling)
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
        held.answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xDD, count: 32)))
        #expect(try await desk.gate().admit(PayDesk.payV1(nonce: 2), for: product).told == "owned")
    }

    @Test func `a payment on a network that is no longer set up stays open`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let polygon = try await Self.settling(desk, product, nonce: 1, option: PayDesk.option(chain: 137))
        let otherAsset = try await Self.settling(desk, product, nonce: 2, option: PayDesk.option(asset: 9))
        let practice = try await Self.settling(desk, product, nonce: 3, option: PayDesk.option(sandbox: true))
        try await desk.reconciler().pass()
        var entries: Set<String> = []
        for _ in 0..<3 { entries.insert(await desk.logBook.next()) }
        #expect(entries == Set((1...3).map { "error: a payment is open on a network that is no longer set up (payment \($0))" }))
        for payment in [polygon, otherAsset, practice] { #expect(try desk.state(payment.id) == .settling) }
        #expect(desk.facilitator.calls.isEmpty)
    }

    @Test func `one pass finishes all that is open, also more than it works on at once`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        for nonce in 1...20 as ClosedRange<UInt8> { _ = try await Self.settling(desk, product, nonce: nonce) }
        for nonce in 21...25 as ClosedRange<UInt8> { _ = try await Self.claim(desk, product, nonce: nonce) }
        desk.clock.advance(.seconds(1))
        desk.facilitator.set { $0.resolution = .settled(transaction: [UInt8](repeating: 0xEE, count: 32)) }
        try await desk.reconciler().pass()
        #expect(try await desk.reader.countOpenPayments() == 0)
        #expect(try await desk.reader.sales().count == 20)
        #expect(desk.facilitator.calls.count == 20)
    }

    @Test func `the service passes at its start and ends when it is cancelled`() async throws {
        let desk = try PayDesk()
        let payment = try await Self.settling(desk, desk.product())
        desk.facilitator.set { $0.resolution = nil }
        let reconciler = Reconciler(gate: desk.gate(), interval: .seconds(3_600), now: { [clock = desk.clock] in clock.now })
        let service = Task { try await reconciler.run() }
        let held = await desk.facilitator.next()
        held.answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xEE, count: 32)))
        // Whoever shows the payment waits for the one settlement under way.
        #expect(try await desk.gate().admit(PayDesk.payV1(), for: #require(desk.reader.product(id: payment.productID))).told == "admitted")
        service.cancel()
        try await service.value
        #expect(try desk.state(payment.id) == .settled)
    }

    @Test func `a pass over a broken database is an error, and the service goes on`() async throws {
        let desk = try PayDesk()
        let reconciler = Reconciler(gate: desk.gate(), interval: .seconds(3_600), now: { [clock = desk.clock] in clock.now })
        try desk.database.close()
        await #expect(throws: (any Error).self) { try await reconciler.pass() }
        let service = Task { try await reconciler.run() }
        #expect(await desk.logBook.next().hasPrefix("error: open payments could not be looked through: "))
        service.cancel()
        try await service.value
    }
}
