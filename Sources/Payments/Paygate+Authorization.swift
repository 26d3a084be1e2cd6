public import Domain
import Logging
import Storage
import Telemetry
public import X402

/// The flow `authorization`: verify, claim, let the service answer, settle when it answered well.
extension Paygate {
    /// Takes a payment for a call. Safe to call again with the same payment, any number of times, at the same moment: the service is asked
    /// at most once while a claim holds.
    /// - Parameter upstream: asks the service, within a time limit of its own; whether its answer's head is worth paying. Called once a
    ///   claim is written. The claim lives as long as that takes; after a crash it is given back.
    /// - Throws: only when the database breaks; then nothing was taken, or the same payment shown again finds what was.
    public func admit(
        _ payload: PaymentPayload, for call: APICall, upstream: @Sendable (Payment) async -> Bool
    ) async throws -> CallAdmission {
        let shown: Presented
        do { shown = try present(payload, for: call.product, route: call.route) } catch let error as WireError {
            let isMalformed = error.reason == .invalidPayload || error.reason == .invalidVersion
            metrics.count(isMalformed ? .malformed : .refused, facilitators.allSatisfy { $0.options.allSatisfy(\.sandbox) }, 1)
            return .ended(isMalformed ? .malformed(error) : .refused(error, payer: nil))
        }
        let admission = try await judge(shown, call, upstream)
        if case .ended(let end) = admission {
            switch end {
            case .admitted, .pending: break
            case .refused, .conflicting: metrics.count(.refused, shown.option.sandbox, 1)
            case .malformed: metrics.count(.malformed, shown.option.sandbox, 1)
            case .unavailable: metrics.count(.unavailable, shown.option.sandbox, 1)
            }
        }
        return admission
    }

    private func judge(
        _ shown: Presented, _ call: APICall, _ upstream: @Sendable (Payment) async -> Bool
    ) async throws -> CallAdmission {
        if let admission = try contradicted(shown, call.product) { return .ended(admission) }
        if let admission = try await recalled(shown, call.product) { return Self.replay(admission) }
        do { return try await take(shown, call, upstream) } catch let error as WireError {
            return .ended(.refused(error, payer: shown.authorization.key.payer))
        }
    }

    private static func replay(_ admission: Admission) -> CallAdmission {
        if case .admitted(let receipt) = admission { .replayed(receipt) } else { .ended(admission) }
    }

    private func take(
        _ shown: Presented, _ call: APICall, _ upstream: @Sendable (Payment) async -> Bool
    ) async throws -> CallAdmission {
        let payer = shown.authorization.key.payer
        guard call.product.state == .published else {
            return .ended(.refused(WireError(.invalidPaymentRequirements, "This product is no longer for sale."), payer: payer))
        }
        if let shortfall = shown.facilitator.shortfall(shown.option) { return .ended(.unavailable(shortfall)) }
        let facts = steps.isTraced ? shown.option.facts : []
        try await steps.run("match", facts) { _ in try await match(shown, call.product) }
        let verdict = await steps.run("verify", facts) { step in
            let verdict = await shown.facilitator.verify(shown.authorization, for: shown.option)
            step.note("outcome", verdict.word)
            return verdict
        }
        switch verdict {
        case .valid: return try await claim(shown, call, upstream)
        case .invalid(let error): return .ended(.refused(error, payer: payer))
        case .proven(let error):
            return try await named(shown, call.product).map(Self.replay) ?? .ended(.refused(error, payer: payer))
        case .provenUnavailable(let sentence):
            return try await named(shown, call.product).map(Self.replay) ?? .ended(.unavailable(sentence))
        case .unavailable(let sentence): return .ended(.unavailable(sentence))
        case .spentElsewhere:
            try await writer.noteUnmatchedIncome(shown.authorization, at: now())
            return .ended(.refused(Self.spent, payer: payer))
        }
    }

    private func claim(
        _ shown: Presented, _ call: APICall, _ upstream: @Sendable (Payment) async -> Bool
    ) async throws -> CallAdmission {
        var generator = SystemRandomNumberGenerator()
        let claim = Claim(
            authorization: shown.authorization, sandbox: shown.option.sandbox, productID: call.product.id, repeatable: true,
            content: call.product.content.digest, protocolVersion: shown.payload.version, sealHash: shown.sealHash,
            token: .random(using: &generator), identifier: shown.identifier, isCall: true, at: now())
        let credit = call.credit.flatMap { credit in
            Quote.all(credit.amount, by: [shown.option]).first.map { (count: credit.count, amount: $0.amount) }
        }
        let (outcome, isOnCredit) = try await steps.run("claim", shown.option.facts) { step in
            let claimed = try await writer.claim(
                CallClaim(claim, route: call.name, credit: credit), sandboxAllowance: Self.sandboxAllowance)
            step.note("outcome", claimed.outcome.word)
            if let payment = claimed.outcome.payment { step.note("payment", "\(payment.id)") }
            return claimed
        }
        switch outcome {
        case .claimed(let payment):
            metrics.count(.claimed, payment.sandbox, 1)
            return try await serve(payment, shown, isOnCredit: isOnCredit, upstream)
        case .known(let payment): return Self.replay(try await recall(payment, shown, call.product))
        case .identified(let payment), .owned(let payment), .awaiting(let payment):
            return Self.replay(try await follow(payment, until: shown.deadline, wasOwned: true) ?? Self.notTaken)
        case .conflicting: return .ended(Self.conflict)
        case .insufficientFunds:
            return .ended(
                .refused(
                    WireError(.insufficientFunds, "This practice wallet has spent its 1,000 practice USDC; use another one."),
                    payer: shown.authorization.key.payer))
        }
    }

    /// Asks the service and settles. From the claim to its end the payment counts as being worked on, so that nobody else settles it or
    /// gives it back, and whoever shows it again waits.
    private func serve(
        _ payment: Payment, _ shown: Presented, isOnCredit: Bool, _ upstream: @Sendable (Payment) async -> Bool
    ) async throws -> CallAdmission {
        let (verdicts, verdict) = AsyncStream<Bool>.makeStream()
        settlements.start(payment.id) { [self] in
            var isGood = false
            for await each in verdicts { isGood = each }
            guard isGood else { return await giveBack(payment) }
            let ended = await conclude(payment, await settlement(payment, shown))
            if isOnCredit, ended?.state.isPaid == true { await clearCredit(payment) }
            return ended
        }
        let isGood = await steps.run("call", payment.facts) { step in
            let isGood = await upstream(payment)
            step.note("outcome", isGood ? "answered" : "declined")
            return isGood
        }
        verdict.yield(isGood)
        verdict.finish()
        if isGood, isOnCredit { return .credited(payment) }
        let admission = try await follow(payment, until: .now + (isGood ? settlementWait : .seconds(10)))
        guard isGood else { return .declined(payment) }
        switch admission {
        case .admitted(let receipt)?: return .answered(receipt)
        case .pending(let payment)?: return .postponed(payment)
        case let other?: return .ended(other)
        case nil: return .ended(Self.notTaken)
        }
    }

    private func settlement(_ payment: Payment, _ shown: Presented) async -> Settlement {
        if let transaction = shown.practice { return .settled(transaction: transaction) }
        return await steps.run("settle", payment.facts) { step in
            let settlement = await shown.facilitator.settle(payment, for: shown.option)
            step.note("outcome", settlement.word)
            return settlement
        }
    }

    private func giveBack(_ payment: Payment) async -> Payment? {
        do { return metrics.ended(try await writer.releaseCall(paymentID: payment.id, at: now())) } catch {
            // The row stays open, and the reconciler gives it back.
            log.error("a call that was not answered could not be given back: \(error)", metadata: ["payment": "\(payment.id)"])
            settlements.abandon(payment.id)
            return nil
        }
    }

    private func clearCredit(_ payment: Payment) async {
        do { try await writer.clearCredit(paymentID: payment.id) } catch {
            log.error("the credit of a payment could not be cleared: \(error)", metadata: ["payment": "\(payment.id)"])
        }
    }

    // MARK: Answers

    /// The answer to a call is kept for its buyer until `end`.
    public func keepCall(_ paymentID: Int64, until end: Timestamp) async throws { try await writer.keepCall(paymentID: paymentID, until: end) }

    /// The answer to a call can never be given: what was or will be paid for it is owed back.
    public func loseCall(_ paymentID: Int64) async {
        do { try await writer.loseCall(paymentID: paymentID, at: now()) } catch {
            // The call stays open, and the next start finds it lost.
            log.error("that an answer is lost could not be stored: \(error)", metadata: ["payment": "\(paymentID)"])
        }
    }

    /// Marks for refund what was paid and cannot be given any more.
    /// - Parameter hasRestarted: whether the calls that are open are those of an earlier process.
    public func sweepCalls(hasRestarted: Bool) async throws {
        for id in try await writer.sweepCalls(hasRestarted: hasRestarted, at: now()) {
            log.warning("a call was paid and its answer never given; a refund is due", metadata: ["payment": "\(id)"])
        }
    }
}
