import Catalogue
public import Domain
import JSON
public import Logging
public import Storage
public import Telemetry
public import X402

/// The pay desk: recall, match, verify, claim, settle, post. Delivery is the caller's, with the receipt.
public final class Paygate: Sendable {
    let reader: Reader
    let writer: Writer
    let facilitators: [any Facilitator]
    let settlements: Settlements
    let log: Logger
    public let offers: Offers
    let now: WallClock
    let settlementWait: Duration
    let metrics: PaymentMetrics
    let steps: Steps

    /// What every practice wallet may spend in all: 1,000 practice USDC.
    static let sandboxAllowance = AtomicAmount(1_000_000_000)

    /// - Parameter settlementWait: how long an answer may wait for the chain; the reference client gives up after 5 seconds.
    public init(
        reader: Reader, writer: Writer, facilitators: [any Facilitator], offers: Offers, settlements: Settlements, settlementWait: Duration,
        metrics: PaymentMetrics = .none, steps: Steps = .untraced, now: @escaping WallClock, log: Logger
    ) {
        self.reader = reader
        self.writer = writer
        self.facilitators = facilitators
        self.offers = offers
        self.settlements = settlements
        self.settlementWait = settlementWait
        self.metrics = metrics
        self.steps = steps
        self.now = now
        self.log = log
    }

    /// A payment that has been read and put beside what we offer.
    struct Presented {
        let payload: PaymentPayload
        let facilitator: any Facilitator
        let option: PaymentOption
        let authorization: Authorization
        /// Hash of the sealed offer, when it is authentic, and whether its price still holds.
        let sealHash: [UInt8]?
        let sealHolds: Bool
        /// The hash of a practice transaction: nothing has to be waited for.
        let practice: [UInt8]?
        /// The payer's own name for the payment.
        let identifier: PaymentIdentifier?
        var isPractice: Bool { practice != nil }
        let deadline: ContinuousClock.Instant
        /// What of the product is paid for.
        let route: String
    }

    /// Takes a payment for a product. Safe to call again with the same payment, any number of times, at the same moment.
    /// - Throws: only when the database breaks; then nothing was taken, or the same payment shown again finds what was.
    public func admit(_ payload: PaymentPayload, for product: Product) async throws -> Admission {
        let (admission, sandbox) = try await judge(payload, for: product)
        switch admission {
        case .admitted, .pending: break
        case .refused, .conflicting: metrics.count(.refused, sandbox, 1)
        case .malformed: metrics.count(.malformed, sandbox, 1)
        case .unavailable: metrics.count(.unavailable, sandbox, 1)
        }
        return admission
    }

    /// - Returns: whether it is about practice money beside; where nobody can tell, whether the shop takes nothing else.
    private func judge(_ payload: PaymentPayload, for product: Product) async throws -> (Admission, sandbox: Bool) {
        do {
            let payment = try present(payload, for: product)
            return (try await judge(payment, product), payment.option.sandbox)
        } catch let error as WireError {
            let isMalformed = error.reason == .invalidPayload || error.reason == .invalidVersion
            let isPractice = facilitators.allSatisfy { $0.options.allSatisfy(\.sandbox) }
            return (isMalformed ? .malformed(error) : .refused(error, payer: nil), isPractice)
        }
    }

    func judge(_ payment: Presented, _ product: Product) async throws -> Admission {
        if let admission = try contradicted(payment, product) { return admission }
        // Before a chain is asked, what is known is recalled. A practice claim costs nothing to try and looks by itself, in its write.
        if !payment.isPractice, let admission = try await recalled(payment, product) { return admission }
        let admission: Admission
        do { admission = try await take(payment, product) } catch let error as WireError {
            admission = .refused(error, payer: payment.authorization.key.payer)
        }
        if payment.isPractice, isRefusal(admission), let known = try await recalled(payment, product) { return known }
        return admission
    }

    /// Match, verify, claim.
    private func take(_ payment: Presented, _ product: Product) async throws -> Admission {
        if let shortfall = payment.facilitator.shortfall(payment.option) { return .unavailable(shortfall) }
        let facts = steps.isTraced ? payment.option.facts : []
        try await steps.run("match", facts) { _ in try await match(payment, product) }
        let verdict = await steps.run("verify", facts) { step in
            let verdict = await payment.facilitator.verify(payment.authorization, for: payment.option)
            step.note("outcome", verdict.word)
            return verdict
        }
        switch verdict {
        case .valid: return try product.state == .published ? await claim(payment, product) : owned(payment, product)
        case .invalid(let error): return .refused(error, payer: payment.authorization.key.payer)
        case .proven(let error):
            if let admission = try await named(payment, product) { return admission }
            return try bought(payment, product) ?? .refused(error, payer: payment.authorization.key.payer)
        case .provenUnavailable(let sentence):
            if let admission = try await named(payment, product) { return admission }
            return try bought(payment, product) ?? .unavailable(sentence)
        case .unavailable(let sentence): return .unavailable(sentence)
        case .spentElsewhere:
            try await writer.noteUnmatchedIncome(payment.authorization, at: now())
            return .refused(Self.spent, payer: payment.authorization.key.payer)
        }
    }

    /// How a payment stands that was claimed before; nil for a new one, and for one that was given back.
    func recalled(_ payment: Presented, _ product: Product) async throws -> Admission? {
        try await steps.run("recall", payment.option.facts) { step in
            guard let known = try reader.payment(key: payment.authorization.key), known.state != .released else {
                step.note("outcome", "unknown")
                return nil
            }
            step.note("payment", "\(known.id)")
            step.note("outcome", known.state.rawValue)
            return try await recall(known, payment, product)
        }
    }

    static let refunded = WireError(
        .refunded, "This payment was refunded, and the access that it gave has ended; sign a new payment to buy again.")
    static let spent = WireError(.nonceAlreadyUsed, "This authorization was used before; sign a new one.")

    // MARK: Read

    /// - Parameter route: what of an API is called; nil for what is sold whole.
    func present(_ payload: PaymentPayload, for product: Product, route: String? = nil) throws -> Presented {
        let route = route ?? offers.door.route
        let (facilitator, option) = try select(payload)
        let authorization = try facilitator.read(payload, for: option)
        var sealHash: [UInt8]?
        var sealHolds = false
        if case .v2(let accepted) = payload.accepted, let seal = accepted.extra["offer"]?.string, let amount = AtomicAmount(wire: accepted.amount) {
            // An offer whose seal is missing or not ours is only an offer without one.
            if case .authentic(let expires, let hash) = offers.judge(seal, product: product, route: route, option: option, amount: amount) {
                sealHash = hash
                sealHolds = expires > now() && amount == authorization.amount
            }
        }
        return Presented(
            payload: payload, facilitator: facilitator, option: option, authorization: authorization, sealHash: sealHash, sealHolds: sealHolds,
            practice: facilitator.practiceTransaction(authorization), identifier: try Self.identifier(payload), deadline: .now + settlementWait,
            route: route)
    }

    /// The facilitator and option that a payload means. What is set up but withheld counts: its payments are still recalled.
    private func select(_ payload: PaymentPayload) throws(WireError) -> (any Facilitator, PaymentOption) {
        let scheme: String
        let network: Network?
        var asset: String?
        switch payload.accepted {
        case .v2(let accepted):
            scheme = accepted.scheme
            network = Network(caip2: accepted.network)
            asset = accepted.asset.lowercased()
        case .v1(let name, let v1Network):
            scheme = name
            network = NetworkNamesV1.caip2(name: v1Network).flatMap { Network(caip2: $0) }
        }
        guard scheme == "exact" else { throw WireError(.unsupportedScheme, "Only the scheme “exact” is taken here.") }
        let candidates = facilitators.flatMap { facilitator in facilitator.options.map { (facilitator, $0) } }.filter { $0.1.network == network }
        guard !candidates.isEmpty else { throw WireError(.invalidNetwork, "This shop is not paid on that network; take one of those it offers.") }
        guard let chosen = candidates.first(where: { asset == nil || $0.1.asset.addressText.lowercased() == asset }) else {
            throw WireError(.invalidPaymentRequirements, "This shop is not paid in that asset; take one of those it offers.")
        }
        return chosen
    }

    // MARK: Recall

    func recall(_ known: Payment, _ shown: Presented, _ product: Product) async throws -> Admission {
        guard isHonest(known, shown, product) else { return .refused(Self.spent, payer: shown.authorization.key.payer) }
        return try await follow(known, until: shown.deadline) ?? Self.notTaken
    }

    /// The receipt of a payment that was settled before, without waiting for anything: what it bought goes by what was sold then,
    /// whatever the product is today. Nil for any other payment.
    public func receipt(for payload: PaymentPayload, product: Product) throws -> Receipt? {
        guard let shown = try? present(payload, for: product),  // whatever cannot be read has bought nothing
            let known = try reader.payment(key: shown.authorization.key), known.state.isPaid, isHonest(known, shown, product)
        else { return nil }
        return Receipt(known)
    }

    /// Whether whoever shows a known payment is its buyer. Its offer is judged by where the money went and how much it was.
    private func isHonest(_ known: Payment, _ shown: Presented, _ product: Product) -> Bool {
        // Practice money has a payee of its own at each door, and nothing that came by one goes out by the other.
        guard !known.sandbox || known.authorization.payTo == shown.option.payTo else { return false }
        guard known.authorization.signature == shown.authorization.signature || shown.facilitator.proves(shown.authorization, for: shown.option)
        else { return false }
        var sealHash = shown.sealHash
        if case .v2(let accepted) = shown.payload.accepted, let seal = accepted.extra["offer"]?.string,
            case .authentic(_, let hash) = offers.judge(
                seal, product: product, route: shown.route, option: shown.option, payTo: known.authorization.payTo, amount: known.authorization.amount
            )
        {
            sealHash = hash
        }
        // A call of an API is another one with another request.
        guard product.kind != .api || known.content == product.content.digest else { return false }
        return Replay.judge(known, productID: product.id, sealHash: sealHash, sandbox: shown.option.sandbox, now: now()) == .honest
    }

    /// Waits for a payment that is under way and says how it stands; nil when it was released.
    func follow(_ payment: Payment, until deadline: ContinuousClock.Instant, wasOwned: Bool = false) async throws -> Admission? {
        var payment = payment
        if payment.state.isOpen {
            let ended = await settlements.wait(payment.id, until: deadline)
            guard let fresh = try ended ?? reader.payment(id: payment.id) else { return nil }
            payment = fresh
        }
        if let receipt = Receipt(payment, wasOwned: wasOwned) { return .admitted(receipt) }
        if payment.state.isOpen { return .pending(payment) }
        if payment.accessEnded { return .refused(Self.refunded, payer: payment.authorization.key.payer) }
        guard payment.state == .failed else { return nil }
        let reason = ErrorReason(rawValue: payment.reason ?? ErrorReason.transactionFailed.rawValue)
        return .refused(WireError(reason, "This payment failed and took no money; sign a new one."), payer: payment.authorization.key.payer)
    }

    // MARK: Match

    /// Our own terms decide; what the client echoes only has to agree with them.
    func match(_ shown: Presented, _ product: Product) async throws {
        guard shown.authorization.payTo == shown.option.payTo else {
            throw WireError(.recipientMismatch, "The payment is not made out to this shop.")
        }
        if case .v2(let accepted) = shown.payload.accepted {
            guard accepted.payTo.lowercased() == shown.option.payToText.lowercased() else {
                throw WireError(.recipientMismatch, "The accepted terms are not made out to this shop.")
            }
            guard AtomicAmount(wire: accepted.amount) == shown.authorization.amount else {
                throw WireError(.valueMismatch, "The authorization is not for the amount that was accepted.")
            }
        }
        if shown.sealHolds { return }
        let price = Quote.all(product.price, by: [shown.option]).first?.amount
        if shown.authorization.amount == price { return }
        // What a product cost says nothing of what its routes cost.
        for former in product.kind == .api ? [] : try await offers.honouredPrices(product) {
            if Quote.all(former, by: [shown.option]).first?.amount == shown.authorization.amount { return }
        }
        throw WireError(
            .valueMismatch, "The payment is not for the price, which is \(price.map(shown.option.asset.text) ?? "not payable in this asset").")
    }

    /// What is no longer for sale is still given to the wallet that bought it.
    private func owned(_ shown: Presented, _ product: Product) throws -> Admission {
        try bought(shown, product)
            ?? .refused(
                WireError(.invalidPaymentRequirements, "This product is no longer for sale."), payer: shown.authorization.key.payer)
    }

    /// The goods that a wallet, proved by its signature, has bought before; nil for what sells every time.
    private func bought(_ shown: Presented, _ product: Product) throws -> Admission? {
        guard !product.repeatable || product.state != .published,
            let payment = try reader.owned(
                payer: shown.authorization.key.payer, productID: product.id, sandbox: shown.option.sandbox,
                practicePayTo: shown.option.sandbox ? shown.option.payTo : nil)
        else { return nil }
        return Receipt(payment, wasOwned: true).map(Admission.admitted)
    }

    // MARK: Claim, settle, post

    private func claim(_ shown: Presented, _ product: Product) async throws -> Admission {
        var generator = SystemRandomNumberGenerator()
        let claim = Claim(
            authorization: shown.authorization, sandbox: shown.option.sandbox, productID: product.id, repeatable: product.repeatable,
            content: product.content.digest, protocolVersion: shown.payload.version, sealHash: shown.sealHash,
            token: .random(using: &generator), identifier: shown.identifier, at: now())
        // Twice at most: an earlier payment that was awaited and came to nothing leaves the way free.
        for _ in 0..<2 {
            let outcome = try await steps.run("claim", shown.option.facts) { step in
                let outcome = try await writer.claim(claim, sandboxAllowance: Self.sandboxAllowance, sandboxTransaction: shown.practice)
                step.note("outcome", outcome.word)
                if let payment = outcome.payment { step.note("payment", "\(payment.id)") }
                return outcome
            }
            switch outcome {
            case .claimed(let payment):
                metrics.count(.claimed, payment.sandbox, 1)
                if payment.state != .claimed { metrics.entered(payment) }
                if let receipt = Receipt(payment) { return .admitted(receipt) }
                settle(payment, by: shown.facilitator, for: shown.option)
                return try await follow(payment, until: shown.deadline) ?? Self.notTaken
            case .known(let payment): return try await recall(payment, shown, product)
            case .owned(let payment):
                if let receipt = Receipt(payment, wasOwned: true) { return .admitted(receipt) }
            case .conflicting: return Self.conflict
            case .awaiting(let payment), .identified(let payment):
                if let admission = try await follow(payment, until: shown.deadline, wasOwned: true), !isRefusal(admission) { return admission }
            case .insufficientFunds:
                return .refused(
                    WireError(.insufficientFunds, "This practice wallet has spent its 1,000 practice USDC; use another one."),
                    payer: shown.authorization.key.payer)
            }
        }
        return .unavailable("An earlier payment of this wallet is being cleared up; try the same payment again in a moment.")
    }

    func isRefusal(_ admission: Admission) -> Bool { if case .refused = admission { true } else { false } }

    /// What to say of a payment that was given back: no terms, for the same one may be shown again.
    static let notTaken = Admission.unavailable(
        "The payment could not be sent and was not taken; nothing was charged. Try the same payment again in a moment.")

    func settle(_ payment: Payment, by facilitator: any Facilitator, for option: PaymentOption) {
        settlements.start(payment.id) { [self] in
            let settlement = await steps.run("settle", payment.facts) { step in
                let settlement = await facilitator.settle(payment, for: option)
                step.note("outcome", settlement.word)
                return settlement
            }
            return await conclude(payment, settlement)
        }
    }

    /// Writes down what became of a payment. Any number of times, in any order: the rules of the states decide.
    /// - Returns: the payment as it stands now; nil when that could not be stored.
    func conclude(_ payment: Payment, _ settlement: Settlement) async -> Payment? {
        await steps.run("post", payment.facts) { step in
            let ended = await post(payment, settlement)
            step.note("outcome", ended?.state.rawValue ?? "not stored")
            return ended
        }
    }

    private func post(_ payment: Payment, _ settlement: Settlement) async -> Payment? {
        let moment = now()
        do {
            switch settlement {
            case .settled(let transaction, let block):
                let outcome = try await writer.post(paymentID: payment.id, transaction: transaction, block: block, at: moment)
                if case .stands(let ended) = outcome, !ended.state.isPaid {
                    log.critical("money arrived for a payment that had ended as \(ended.state)", metadata: ["payment": "\(payment.id)"])
                    // What is made out to others is no income of ours.
                    if !payment.isForOthers { try await writer.noteUnmatchedIncome(payment.authorization, at: moment) }
                }
                return metrics.ended(outcome)
            case .notSent(let error):
                log.warning("payment was not sent and is given back: \(error)", metadata: ["payment": "\(payment.id)"])
                return metrics.ended(try await writer.end(paymentID: payment.id, as: .released, reason: error.reason.rawValue, at: moment))
            case .failed(let error):
                log.warning("payment failed: \(error)", metadata: ["payment": "\(payment.id)"])
                return metrics.ended(try await writer.end(paymentID: payment.id, as: .failed, reason: error.reason.rawValue, at: moment))
            case .unknown:
                return metrics.ended(
                    try await writer.end(paymentID: payment.id, as: .uncertain, reason: ErrorReason.settlementPending.rawValue, at: moment))
            }
        } catch {
            // The row stays open and the reconciler comes back to it.
            log.error("the end of a payment could not be stored: \(error)", metadata: ["payment": "\(payment.id)"])
            if case .notSent = settlement { settlements.abandon(payment.id) }
            return nil
        }
    }
}
