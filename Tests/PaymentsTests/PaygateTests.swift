import Domain
import JSON
import Payments
import Storage
import Testing
import X402

@Suite struct PaygateTests {
    // MARK: Paying

    @Test func `a payment by our terms is verified, settled, posted and admitted`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product)
        guard case .admitted(let receipt) = try await desk.gate().admit(PayDesk.pay(terms), for: product) else {
            Issue.record("not admitted")
            return
        }
        #expect(receipt.payment.state == .settled)
        #expect(receipt.payment.transaction == [UInt8](repeating: 0xCC, count: 32))
        #expect(receipt.payment.protocolVersion == 2)
        #expect(receipt.payment.sealHash?.count == 32)
        #expect(receipt.content == product.content.digest)
        #expect(receipt.orderNumber == "2027-000001")
        #expect(!receipt.wasOwned)
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
        #expect(try await desk.reader.events(after: 0).map(\.kind) == [.productCreated, .orderPaid])
        #expect(try await desk.reader.sales().map(\.payment.id) == [receipt.payment.id])
    }

    @Test func `a payment of version 1 by its body's terms is admitted`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let admission = try await desk.gate().admit(PayDesk.payV1(), for: product)
        #expect(admission.told == "admitted")
        #expect(admission.payment?.protocolVersion == 1)
        #expect(admission.payment?.sealHash == nil)
    }

    @Test func `fifty copies at once are one settlement, and each gets the goods`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let gate = desk.gate()
        let payload = PayDesk.pay(try desk.offer(product))
        let admissions = try await withThrowingTaskGroup(of: Admission.self) { group in
            for _ in 0..<50 { group.addTask { try await gate.admit(payload, for: product) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // Between the claim and the start of its settlement a copy may be told to come again.
        #expect(admissions.allSatisfy { $0.told == "admitted" || $0.told == "pending" })
        #expect(admissions.contains { $0.told == "admitted" })
        #expect(Set(admissions.compactMap { $0.payment?.id }).count == 1)
        #expect(desk.facilitator.calls.count { $0 == "settle 1" } == 1)
        #expect(try await desk.reader.sales().count == 1)
        #expect(try await gate.admit(payload, for: product).told == "admitted")
    }

    // MARK: Recall

    @Test func `the same payment with the same seal gets the goods again, however late`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PayDesk.pay(try desk.offer(product))
        let first = try await desk.gate().admit(payload, for: product)
        for span in [Duration.seconds(1), .seconds(3_600), .seconds(365 * 86_400)] {
            desk.clock.advance(span)
            let again = try await desk.gate().admit(payload, for: product)
            #expect(again.told == "admitted")
            #expect(again.payment?.id == first.payment?.id)
        }
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
    }

    @Test func `a settled authorization under a fresh offer, or under none, gets nothing`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product)
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == "admitted")
        let spent = "refused: invalid_exact_evm_nonce_already_used"
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product).told == spent)
        #expect(try await desk.gate().admit(PayDesk.pay(terms.unsealed()), for: product).told == spent)
        #expect(try await desk.gate().admit(PayDesk.payV1(), for: product).told == spent)
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
    }

    @Test func `the same seal with a forged signature gets nothing, and with another that proves the payer the goods`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product)
        _ = try await desk.gate().admit(PayDesk.pay(terms), for: product)
        #expect(
            try await desk.gate().admit(PayDesk.pay(terms, signature: 0), for: product).told == "refused: invalid_exact_evm_nonce_already_used")
        #expect(try await desk.gate().admit(PayDesk.pay(terms, signature: 2), for: product).told == "admitted")
    }

    @Test(arguments: [(Duration.zero, true), (.seconds(900), true), (.milliseconds(900_001), false), (.seconds(86_400), false)])
    func `a payment of version 1 is believed again for 15 minutes`(_ span: Duration, _ isBelieved: Bool) async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        #expect(try await desk.gate().admit(PayDesk.payV1(), for: product).told == "admitted")
        desk.clock.advance(span)
        let told = isBelieved ? "admitted" : "refused: invalid_exact_evm_nonce_already_used"
        #expect(try await desk.gate().admit(PayDesk.payV1(), for: product).told == told)
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
    }

    @Test func `one authorization as version 1 and as version 2 is one payment`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let first = try await desk.gate().admit(PayDesk.payV1(), for: product)
        let terms = try desk.offer(product)
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == "refused: invalid_exact_evm_nonce_already_used")
        let unsealed = try await desk.gate().admit(PayDesk.pay(terms.unsealed()), for: product)
        #expect(unsealed.told == "admitted")
        #expect(unsealed.payment?.id == first.payment?.id)
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
    }

    @Test func `an authorization that paid for one product pays for no other`() async throws {
        let desk = try PayDesk()
        let (product, other) = (try await desk.product(), try await desk.product("other"))
        let terms = try desk.offer(product)
        _ = try await desk.gate().admit(PayDesk.pay(terms), for: product)
        let spent = "refused: invalid_exact_evm_nonce_already_used"
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: other).told == spent)
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(other)), for: other).told == spent)
        #expect(try await desk.gate().admit(PayDesk.payV1(), for: other).told == spent)
        #expect(try await desk.reader.sales().count == 1)
    }

    @Test func `what was paid is recalled also while the facilitator can do nothing`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let terms = try desk.offer(product)
        _ = try await desk.gate().admit(PayDesk.pay(terms), for: product)
        desk.facilitator.set { $0.shortfall = "The chain does not answer." }
        #expect(try await desk.gate().admit(PayDesk.pay(terms), for: product).told == "admitted")
        guard case .unavailable(let sentence) = try await desk.gate().admit(PayDesk.pay(terms, nonce: 2), for: product) else {
            Issue.record("something new was taken")
            return
        }
        #expect(sentence == "The chain does not answer.")
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
    }

    // MARK: Owned

    @Test func `who owns it gets it for a fresh authorization, which is not settled`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let first = try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product)
        desk.clock.advance(.seconds(86_400))
        let again = try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: 2), for: product)
        #expect(again.told == "owned")
        #expect(again.payment?.id == first.payment?.id)
        #expect(desk.facilitator.calls == ["verify 1", "settle 1", "verify 2"])
        #expect(try await desk.reader.sales().count == 1)
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product), payer: 2, nonce: 3), for: product).told == "admitted")
    }

    @Test func `an authorization that does not verify proves no owner`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        _ = try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product)
        desk.facilitator.set { $0.verdict = .invalid(WireError(.invalidSignature, "No.")) }
        #expect(
            try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: 2), for: product).told
                == "refused: invalid_exact_evm_payload_signature")
    }

    @Test func `a repeatable product is sold every time`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product(repeatable: true)
        for nonce in 1...3 as ClosedRange<Int64> {
            #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: nonce), for: product).told == "admitted")
        }
        #expect(try await desk.reader.sales().count == 3)
    }

    @Test func `what is no longer for sale is given to who bought it and sold to nobody`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        _ = try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product)
        let archived = try await desk.edit(product) { $0.state = .archived }
        let terms = try desk.offer(archived)
        #expect(try await desk.gate().admit(PayDesk.pay(terms, nonce: 2), for: archived).told == "owned")
        #expect(
            try await desk.gate().admit(PayDesk.pay(terms, payer: 2, nonce: 3), for: archived).told == "refused: invalid_payment_requirements")
        #expect(desk.facilitator.calls.filter { $0.hasPrefix("settle") } == ["settle 1"])
    }

    // MARK: Pending

    @Test func `a settlement that outlasts the wait is pending, and the same payment then gets the goods`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        let payload = PayDesk.pay(try desk.offer(product))
        let pending = try await desk.hasty.admit(payload, for: product)
        #expect(pending.told == "pending")
        let held = await desk.facilitator.next()
        #expect(try await desk.hasty.admit(payload, for: product).told == "pending")
        #expect(desk.settlements.isActive(held.payment.id))
        #expect(desk.settlements.count == 1)
        held.answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xDD, count: 32)))
        let admitted = try await desk.gate().admit(payload, for: product)
        #expect(admitted.told == "admitted")
        #expect(admitted.payment?.id == pending.payment?.id)
        #expect(admitted.payment?.transaction == [UInt8](repeating: 0xDD, count: 32))
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
        #expect(!desk.settlements.isActive(held.payment.id))
    }

    @Test func `whoever waits for a settlement is told in time that it is pending`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        let payload = PayDesk.pay(try desk.offer(product))
        // The one place where the wall clock itself decides: nobody answers before these milliseconds are over.
        #expect(try await desk.gate(wait: .milliseconds(30)).admit(payload, for: product).told == "pending")
        await desk.facilitator.next().answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xDD, count: 32)))
        #expect(try await desk.gate().admit(payload, for: product).told == "admitted")
    }

    @Test func `while an earlier payment is pending a new one is not taken but gets its goods`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        let first = try await desk.hasty.admit(PayDesk.pay(desk.offer(product)), for: product)
        let held = await desk.facilitator.next()
        let second = PayDesk.pay(try desk.offer(product), nonce: 2)
        let pending = try await desk.hasty.admit(second, for: product)
        #expect(pending.told == "pending")
        #expect(pending.payment?.id == first.payment?.id)
        let gate = desk.gate()
        async let waiting = gate.admit(second, for: product)
        held.answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xDD, count: 32)))
        let owned = try await waiting
        #expect(owned.told == "owned")
        #expect(owned.payment?.id == first.payment?.id)
        #expect(desk.facilitator.calls.filter { $0.hasPrefix("settle") } == ["settle 1"])
        #expect(try await desk.reader.sales().count == 1)
    }

    @Test func `when the payment that was awaited comes to nothing, the new one is taken`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        _ = try await desk.hasty.admit(PayDesk.pay(desk.offer(product)), for: product)
        let held = await desk.facilitator.next()
        let gate = desk.gate()
        let second = PayDesk.pay(try desk.offer(product), nonce: 2)
        async let waiting = gate.admit(second, for: product)
        held.answer.resume(returning: .failed(WireError(.transactionFailed, "Reverted.")))
        let other = await desk.facilitator.next()
        #expect(other.payment.authorization.key.nonce[0] == 2)
        other.answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xDD, count: 32)))
        #expect(try await waiting.told == "admitted")
        #expect(try desk.state(held.payment.id) == .failed)
        #expect(try await desk.reader.sales().count == 1)
    }

    // MARK: What settling can find

    @Test func `a payment that was not sent is given back and may pay again`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set {
            $0.storesAttempt = false
            $0.settlement = .notSent(WireError(.unexpectedSettleError, "Gas costs more than the goods."))
        }
        let payload = PayDesk.pay(try desk.offer(product))
        #expect(try await desk.gate().admit(payload, for: product).told == "unavailable")
        #expect(try desk.state(1) == .released)
        desk.facilitator.set { $0.settlement = .settled(transaction: [UInt8](repeating: 0xCC, count: 32)) }
        #expect(try await desk.gate().admit(payload, for: product).told == "admitted")
        #expect(desk.facilitator.calls == ["verify 1", "settle 1", "verify 1", "settle 1"])
    }

    @Test func `a payment that failed is refused with its reason, every time, and another may follow`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = .failed(WireError(.insufficientFunds, "The wallet is empty.")) }
        let payload = PayDesk.pay(try desk.offer(product))
        for _ in 0..<2 { #expect(try await desk.gate().admit(payload, for: product).told == "refused: insufficient_funds") }
        #expect(desk.facilitator.calls == ["verify 1", "settle 1"])
        #expect(try await desk.reader.events(after: 1).map(\.kind) == [.paymentFailed])
        desk.facilitator.set { $0.settlement = .settled(transaction: [UInt8](repeating: 0xCC, count: 32)) }
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: 2), for: product).told == "admitted")
    }

    @Test func `not knowing is pending and uncertain, never failed`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = .unknown }
        let payload = PayDesk.pay(try desk.offer(product))
        let pending = try await desk.gate().admit(payload, for: product)
        #expect(pending.told == "pending")
        #expect(pending.payment?.state == .uncertain)
        #expect(try await desk.gate().admit(payload, for: product).told == "pending")
        #expect(try await desk.reader.events(after: 1).map(\.kind) == [.paymentUncertain])
    }

    @Test func `what was used on the chain without us is refused, listed as unmatched and never adopted`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.verdict = .spentElsewhere }
        let payload = PayDesk.pay(try desk.offer(product))
        for _ in 0..<2 {
            #expect(try await desk.gate().admit(payload, for: product).told == "refused: invalid_exact_evm_nonce_already_used")
        }
        #expect(try await desk.reader.unmatchedIncomeCount() == 1)
        #expect(try desk.reader.payment(id: 1) == nil)
        #expect(try await desk.reader.events(after: 1).map(\.kind) == [.incomeUnmatched])
    }

    @Test func `what does not verify is refused with its reason and its payer, and nothing is stored`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.verdict = .invalid(WireError(.validBefore, "Too late.")) }
        guard case .refused(let error, let payer) = try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product) else {
            Issue.record("not refused")
            return
        }
        #expect(error == WireError(.validBefore, "Too late."))
        #expect(payer == [UInt8](repeating: 1, count: 20))
        desk.facilitator.set { $0.verdict = .unavailable("Nobody answers.") }
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product).told == "unavailable")
        #expect(try await desk.reader.countOpenPayments() == 0)
        #expect(try desk.reader.payment(id: 1) == nil)
    }

    // MARK: Practice money

    @Test func `practice money is admitted at once, until it is spent`() async throws {
        let desk = try PayDesk(options: [PayDesk.option(chain: 84_532, sandbox: true, v1Name: "base-sepolia")])
        desk.facilitator.set { $0.isPractice = true }
        let product = try await desk.product(price: "500", repeatable: true)
        for nonce in 1...2 as ClosedRange<Int64> {
            let admission = try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: nonce), for: product)
            #expect(admission.told == "admitted")
            #expect(admission.payment?.sandbox == true)
        }
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: 3), for: product).told == "refused: insufficient_funds")
        #expect(desk.facilitator.calls == ["verify 1", "verify 2", "verify 3"])
        #expect(try await desk.reader.sales().count == 2)
    }

    @Test func `a practice wallet owns what it bought, and a seal of practice money is none of real money`() async throws {
        let options = [PayDesk.option(chain: 84_532, sandbox: true, v1Name: "base-sepolia"), PayDesk.option()]
        let desk = try PayDesk(options: options)
        let product = try await desk.product()
        let accepts = try desk.required(product).accepts
        #expect(accepts.map(\.network) == ["eip155:84532", "eip155:8453"])
        desk.facilitator.set { $0.isPractice = true }
        #expect(try await desk.gate().admit(PayDesk.pay(accepts[0]), for: product).told == "admitted")
        #expect(try await desk.gate().admit(PayDesk.pay(accepts[0], nonce: 2), for: product).told == "owned")
        desk.facilitator.set { $0.isPractice = false }
        #expect(try await desk.gate().admit(PayDesk.pay(accepts[1], nonce: 3), for: product).told == "admitted")
        let totals = try await desk.reader.salesTotals()
        #expect(totals.count { $0.sandbox } == 1)
        #expect(totals.count { !$0.sandbox } == 1)
    }

    // MARK: A broken database

    @Test func `when the database breaks, nothing is admitted`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        let payload = PayDesk.pay(try desk.offer(product))
        #expect(try await desk.hasty.admit(payload, for: product).told == "pending")
        let held = await desk.facilitator.next()
        let gate = desk.gate()
        try desk.database.close()
        held.answer.resume(returning: .settled(transaction: [UInt8](repeating: 0xDD, count: 32)))
        #expect(await desk.logBook.next().hasPrefix("error: the end of a payment could not be stored: "))
        await #expect(throws: (any Error).self) { try await gate.admit(payload, for: product) }
    }
}
