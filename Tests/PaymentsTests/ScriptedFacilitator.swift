import Domain
import JSON
import Payments
import Storage
import Synchronization
import X402

/// A facilitator that does what the test tells it, and can hold a settlement until the test lets it go.
final class ScriptedFacilitator: Facilitator {
    struct Script: Sendable {
        var shortfall: String?
        var verdict = Verdict.valid
        /// What settling and resolving find; nil holds them for the test.
        var settlement: Settlement? = .settled(transaction: [UInt8](repeating: 0xCC, count: 32))
        var resolution: Settlement? = .unknown
        /// Stores signed bytes before it answers, as a settler does before it sends.
        var storesAttempt = true
        var isPractice = false
        /// How each settled payment stands, by its id; nil when nobody can be asked.
        var standings: [Int64: SettlementStanding]?
    }

    struct Held: Sendable {
        let payment: Payment
        let answer: CheckedContinuation<Settlement, Never>
    }

    let options: [PaymentOption]
    private let writer: Writer
    private let script = Mutex(Script())
    private let record = Mutex<[String]>([])
    private let held = AsyncStream<Held>.makeStream()

    init(options: [PaymentOption], writer: Writer) {
        self.options = options
        self.writer = writer
    }

    func set(_ change: (inout Script) -> Void) { script.withLock { change(&$0) } }

    /// What was asked of it, in order.
    var calls: [String] { record.withLock { $0 } }

    /// The next settlement or resolution that is held.
    func next() async -> Held {
        for await one in held.stream { return one }
        preconditionFailure("the stream never ends")
    }

    func shortfall(_ option: PaymentOption) -> String? { script.withLock { $0.shortfall } }

    func read(_ payload: PaymentPayload, for option: PaymentOption) throws(WireError) -> Authorization {
        guard let payer = payload.payload["payer"]?.int64, let nonce = payload.payload["nonce"]?.int64,
            let amount = payload.payload["amount"]?.string.flatMap({ AtomicAmount(wire: $0) }), let payTo = payload.payload["payTo"]?.int64,
            let signature = payload.payload["signature"]?.int64
        else { throw WireError(.invalidPayload, "A field is missing.") }
        return Authorization(
            key: PaymentKey(
                network: option.network, asset: option.asset.address, payer: [UInt8](repeating: UInt8(payer), count: 20),
                nonce: [UInt8](repeating: UInt8(nonce), count: 32)),
            payTo: [UInt8](repeating: UInt8(payTo), count: 20), amount: amount, validAfter: 0, validBefore: .max,
            signature: [UInt8(payer), UInt8(signature)])
    }

    /// Signature 0 is forged.
    func proves(_ authorization: Authorization, for option: PaymentOption) -> Bool { authorization.signature[1] != 0 }

    func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict {
        note("verify \(authorization.key.nonce[0])")
        return script.withLock { $0.verdict }
    }

    /// The signature says whose it is: `key 7`, `contract 7`; anything else is forged.
    func signer(_ proof: WalletProof) async -> SignInVerdict {
        let words = proof.signature.split(separator: " ")
        guard words.count == 2, let number = UInt8(words[1]) else { return .invalid(WireError(.signInSignature, "Forged.")) }
        let wallet = [UInt8](repeating: number, count: 20)
        return words[0] == "key" ? .key(wallet) : .contract(wallet)
    }

    func practiceTransaction(_ authorization: Authorization) -> [UInt8]? {
        script.withLock { $0.isPractice } ? authorization.key.nonce : nil
    }

    func settle(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        note("settle \(payment.authorization.key.nonce[0])")
        let script = script.withLock { $0 }
        if script.storesAttempt { await storeAttempt(payment) }
        return await script.settlement.answer(payment, held.continuation)
    }

    func resolve(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        note("resolve \(payment.authorization.key.nonce[0])")
        return await script.withLock { $0.resolution }.answer(payment, held.continuation)
    }

    func standings(_ payments: [Payment], for option: PaymentOption) async -> [Int64: SettlementStanding]? {
        note("standings \(payments.map { String($0.id) }.joined(separator: ","))")
        return script.withLock { $0.standings }
    }

    private func note(_ call: String) { record.withLock { $0.append(call) } }

    private func storeAttempt(_ payment: Payment) async {
        let nonce = payment.authorization.key.nonce
        _ = try? await writer.addAttempt(
            paymentID: payment.id, transaction: nonce, raw: [2], settler: [UInt8](repeating: 8, count: 20), accountNonce: 1, feeLimit: 1,
            at: payment.claimedAt)
    }
}

extension Settlement? {
    fileprivate func answer(_ payment: Payment, _ held: AsyncStream<ScriptedFacilitator.Held>.Continuation) async -> Settlement {
        if let self { return self }
        return await withCheckedContinuation { held.yield(ScriptedFacilitator.Held(payment: payment, answer: $0)) }
    }
}
