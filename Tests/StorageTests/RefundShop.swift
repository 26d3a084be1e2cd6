import Domain
import Storage
import Testing

/// What tests of refunds do with a shop.
extension TemporaryShop {
    static let wallet = bytes(0x5E, 20)

    /// A sale of 10,000 units to give back.
    func refundable(_ slug: String = "song", payer: UInt8 = 1, nonce: UInt8 = 1, sandbox: Bool = false) async throws -> Payment {
        let product = try await product(slug)
        let claim = Self.claim(product, payer: payer, nonce: nonce, sandbox: sandbox)
        guard sandbox else { return try await sold(claim) }
        let outcome = try await writer.claim(claim, sandboxAllowance: AtomicAmount(1_000_000), sandboxTransaction: Self.bytes(nonce, 32))
        guard case .claimed(let payment) = outcome else { throw Missing() }
        return payment
    }

    func request(
        _ payment: Payment, _ amount: UInt128? = nil, approve: Bool = false, endsAccess: Bool? = nil, actor: String = "person:2"
    ) async throws -> RefundOutcome {
        try await writer.requestRefund(
            RefundDraft(paymentID: payment.id, amount: amount.map { AtomicAmount($0) }, reason: "why", endsAccess: endsAccess), approve: approve,
            actor: actor, at: Self.now)
    }

    func approved(_ payment: Payment, _ amount: UInt128? = nil, endsAccess: Bool? = nil) async throws -> Refund {
        guard case .done(let refund) = try await request(payment, amount, approve: true, endsAccess: endsAccess) else { throw Missing() }
        return refund
    }

    func attempt(
        _ refund: Refund, nonce: UInt64 = 0, hash: UInt8, wallet: [UInt8] = wallet, limit: RefundLimit? = nil, at: Timestamp = now
    ) async throws -> RefundAttemptOutcome {
        try await writer.addRefundAttempt(
            refundID: refund.id, network: Self.base, transaction: Self.bytes(hash, 32), raw: [hash], wallet: wallet, accountNonce: nonce,
            feeLimit: 100, limit: limit, at: at)
    }

    /// A refund that was paid on the chain.
    func refunded(_ payment: Payment, _ amount: UInt128? = nil, endsAccess: Bool? = nil, nonce: UInt64 = 0, hash: UInt8 = 0x71) async throws -> Refund
    {
        let refund = try await approved(payment, amount, endsAccess: endsAccess)
        try #require(try await attempt(refund, nonce: nonce, hash: hash) == .stored)
        let transaction = Self.bytes(hash, 32)
        try await writer.closeRefundAttempt(transaction: transaction, feePaid: 60, reverted: false, at: Self.now)
        guard case .done(let settled) = try await writer.settleRefund(id: refund.id, transaction: transaction, at: Self.now)
        else { throw Missing() }
        return settled
    }
}

/// The name of an outcome, with the state of its refund.
func told(_ outcome: RefundOutcome) -> String {
    switch outcome {
    case .done(let refund): "done: \(refund.state)"
    case .unknown: "unknown"
    case .unpaid(let state): "unpaid: \(state)"
    case .tooMuch(let left): "too much, \(left) left"
    case .stands(let refund): "stands: \(refund.state)"
    case .transactionUsed: "transaction used"
    }
}
