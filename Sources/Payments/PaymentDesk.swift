public import Domain
import JSON
import Logging
import Storage
public import X402

/// The desk as a service for the owner's other shops: verifies and settles payments that are made out to others, under the lock of our own
/// claims, by the same steps and with the same reconciler.
public final class PaymentDesk: Sendable {
    /// What another shop asks about: a payment, and what it must be.
    public struct Request: Sendable {
        public let payload: PaymentPayload
        /// Version 2's terms; version 1's are read as such.
        public let requirements: PaymentRequirements

        public init(payload: PaymentPayload, requirements: PaymentRequirements) {
            self.payload = payload
            self.requirements = requirements
        }
    }

    public enum Verification: Sendable {
        case valid(payer: [UInt8])
        case invalid(WireError, payer: [UInt8]?)
    }

    public enum Outcome: Sendable {
        case settled(Payment)
        /// Not ended yet; the same request may be sent again at any time.
        case pending(Payment)
        case refused(WireError, payer: [UInt8]?)
    }

    private let gate: Paygate
    private let patience: Duration

    /// - Parameter patience: how long an answer may wait for the chain.
    public init(gate: Paygate, patience: Duration = .seconds(20)) {
        self.gate = gate
        self.patience = patience
    }

    /// The ways of paying that are settled here, with the accounts that send the transactions.
    public var kinds: [(option: PaymentOption, settlers: [String])] {
        own.flatMap { facilitator in
            facilitator.options.filter { facilitator.shortfall($0) == nil }.map { ($0, facilitator.settlers($0)) }
        }
    }

    /// What is settled by a service elsewhere is asked of that service.
    private var own: [any Facilitator] {
        gate.facilitators.filter { facilitator in facilitator.options.allSatisfy { facilitator.service($0) == nil } }
    }

    /// Whether a payment could be settled now. Changes nothing.
    public func verify(_ request: Request) async throws -> Verification {
        let asked: Asked
        do { asked = try read(request) } catch { return .invalid(error, payer: nil) }
        let payer = asked.authorization.key.payer
        do {
            try match(asked, request)
            if let known = try gate.reader.payment(key: asked.authorization.key), known.state != .released {
                return .invalid(Self.used, payer: payer)
            }
            try await verify(asked)
            if asked.option.sandbox, try !hasPracticeMoney(asked.authorization) { throw Self.noPracticeMoney }
            return .valid(payer: payer)
        } catch let error as WireError { return .invalid(error, payer: payer) }
    }

    /// Settles a payment. Safe to ask again with the same payment, any number of times, at the same moment.
    /// - Throws: only when the database breaks; then nothing was taken, or the same request again finds what was.
    public func settle(_ request: Request, by caller: Principal) async throws -> Outcome {
        let asked: Asked
        do { asked = try read(request) } catch { return .refused(error, payer: nil) }
        let payer = asked.authorization.key.payer
        do {
            try match(asked, request)
            if let known = try gate.reader.payment(key: asked.authorization.key), known.state != .released {
                return try await follow(known, for: try gate.reader.deskCaller(paymentID: known.id), caller, asked)
            }
            try await verify(asked)
            return try await claim(asked, request, caller)
        } catch let error as WireError { return .refused(error, payer: payer) }
    }

    // MARK: Match and verify

    private struct Asked {
        let facilitator: any Facilitator
        let option: PaymentOption
        let authorization: Authorization
    }

    private static let used = WireError(.nonceAlreadyUsed, "This authorization was used before.")
    private static let noPracticeMoney = WireError(.insufficientFunds, "This practice wallet has spent its 1,000 practice USDC.")

    private func read(_ request: Request) throws(WireError) -> Asked {
        let requirements = request.requirements
        let network = request.payload.version == 1 ? NetworkNamesV1.caip2(name: requirements.network) : requirements.network
        let (scheme, echoed): (String, String) =
            switch request.payload.accepted {
            case .v1(let scheme, let network): (scheme, network)
            case .v2(let accepted): (accepted.scheme, accepted.network)
            }
        guard requirements.scheme == "exact", scheme == "exact" else {
            throw WireError(.unsupportedScheme, "Only the scheme “exact” is settled here.")
        }
        guard echoed == requirements.network else { throw WireError(.invalidNetwork, "The payment is for another network than its terms.") }
        let candidates = own.flatMap { facilitator in facilitator.options.map { (facilitator, $0) } }.filter { $0.1.network.description == network }
        guard !candidates.isEmpty else {
            throw WireError(.invalidNetwork, "Payments on that network are not settled here; see /facilitator/supported.")
        }
        let isPractice = requirements.extra["sandbox"]?.bool == true
        let asset = requirements.asset.lowercased()
        guard let (facilitator, option) = candidates.first(where: { $0.1.asset.addressText.lowercased() == asset && $0.1.sandbox == isPractice })
        else {
            let sentence =
                candidates.contains { $0.1.asset.addressText.lowercased() == asset }
                ? "Practice money and real money are not the same: the terms' “extra.sandbox” must be what /facilitator/supported says."
                : "Payments in that asset are not settled here."
            throw WireError(.invalidPaymentRequirements, sentence)
        }
        return Asked(facilitator: facilitator, option: option, authorization: try facilitator.read(request.payload, for: option))
    }

    /// The authorization must be what the terms say, to the unit.
    private func match(_ asked: Asked, _ request: Request) throws(WireError) {
        let requirements = request.requirements
        guard hexBytes(requirements.payTo.dropFirst(2)) == asked.authorization.payTo, requirements.payTo.hasPrefix("0x") else {
            throw WireError(.recipientMismatch, "The payment is not made out to the terms' payee.")
        }
        guard AtomicAmount(wire: requirements.amount) == asked.authorization.amount else {
            throw WireError(.valueMismatch, "The payment is not for the terms' amount.")
        }
    }

    private func verify(_ asked: Asked) async throws {
        if let shortfall = asked.facilitator.shortfall(asked.option) { throw WireError(.unexpectedVerifyError, shortfall) }
        switch await asked.facilitator.verify(asked.authorization, for: asked.option) {
        case .valid: return
        case .invalid(let error), .proven(let error): throw error
        case .provenUnavailable(let sentence), .unavailable(let sentence): throw WireError(.unexpectedVerifyError, sentence)
        case .spentElsewhere: throw Self.used
        }
    }

    private func hasPracticeMoney(_ authorization: Authorization) throws -> Bool {
        let spent = try gate.reader.sandboxSpent(payer: authorization.key.payer).units
        return authorization.amount.units <= Paygate.sandboxAllowance.units - min(spent, Paygate.sandboxAllowance.units)
    }

    // MARK: Claim and settle

    private func claim(_ asked: Asked, _ request: Request, _ caller: Principal) async throws -> Outcome {
        var generator = SystemRandomNumberGenerator()
        let claim = Claim(
            authorization: asked.authorization, sandbox: asked.option.sandbox, productID: Payment.noProduct, repeatable: true,
            content: Payment.noContent, protocolVersion: request.payload.version, sealHash: nil, token: .random(using: &generator), at: gate.now())
        let key: Int64? = if case .key(let id) = caller.identity { id } else { nil }
        let outcome = try await gate.writer.claim(
            DeskClaim(claim, caller: caller.actor, key: key, money: Money.of(asked.authorization.amount, asked.option.asset)),
            sandboxAllowance: Paygate.sandboxAllowance, sandboxTransaction: asked.facilitator.practiceTransaction(asked.authorization))
        switch outcome {
        case .claimed(let payment):
            if payment.state == .claimed { gate.settle(payment, by: asked.facilitator, for: asked.option) }
            return try await follow(payment, for: caller.actor, caller, asked)
        case .known(let payment):
            return try await follow(payment, for: try gate.reader.deskCaller(paymentID: payment.id), caller, asked)
        case .insufficientFunds: throw Self.noPracticeMoney
        case .insufficientBudget:
            throw WireError(.insufficientBudget, "The budget of this key does not reach for this payment; raise it, or use another key.")
        case .revoked: throw WireError(.insufficientBudget, "This key was revoked; use another one.")
        }
    }

    /// What became of a payment, for whoever had it settled; for all others the authorization is used.
    private func follow(_ payment: Payment, for owner: String?, _ caller: Principal, _ asked: Asked) async throws -> Outcome {
        // Who shows a payment of another caller, or of our own sales, must not learn how it stands.
        let (taken, shown) = (payment.authorization, asked.authorization)
        guard owner == caller.actor, payment.isForOthers, payment.sandbox == asked.option.sandbox, taken.payTo == shown.payTo,
            taken.amount == shown.amount
        else { throw Self.used }
        guard taken.signature == shown.signature || asked.facilitator.proves(asked.authorization, for: asked.option)
        else { throw WireError(.invalidSignature, "The signature is not the payer's for this authorization.") }
        var payment = payment
        if payment.state.isOpen {
            let ended = await gate.settlements.wait(payment.id, until: .now + patience)
            if let fresh = try ended ?? gate.reader.payment(id: payment.id) { payment = fresh }
        }
        if payment.state.isPaid { return .settled(payment) }
        if payment.state.isOpen { return .pending(payment) }
        guard payment.state == .failed else {
            throw WireError(.unexpectedSettleError, "The payment could not be sent and was not taken; send the same request again in a moment.")
        }
        throw WireError(ErrorReason(rawValue: payment.reason ?? ErrorReason.transactionFailed.rawValue), "This payment failed and took no money.")
    }
}
