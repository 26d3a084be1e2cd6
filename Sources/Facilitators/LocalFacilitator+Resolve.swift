import BigInt
public import Domain
import EVM
import JSON
import Logging
public import Payments
import Storage
import X402
import X402EVM

extension LocalFacilitator {
    public func resolve(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        do { return try await lookInto(payment) } catch {
            log.warning("an open payment could not be looked into: \(error)", metadata: ["payment": "\(payment.id)"])
            return .unknown
        }
    }

    private func lookInto(_ payment: Payment) async throws -> Settlement {
        guard let payload = asset.payload(payment.authorization) else { return .unknown }
        let transfer = payload.authorization
        let attempts = try await reader.attempts(paymentID: payment.id).suffix(16)
        let state = RPCCall.read(asset.address, EIP3009.authorizationStateCallData(authorizer: transfer.from, nonce: transfer.nonce))
        let answers = try await rpc.batch(attempts.map { RPCCall("eth_getTransactionReceipt", .string(Hex.encode($0.transaction))) } + [state])
        for (attempt, answer) in zip(attempts, answers) {
            guard let receipt = TransactionReceipt(try answer.get()), let hash = Bytes32(attempt.transaction) else { continue }
            let settlement = await conclude(payment, hash, receipt)
            if case .settled = settlement { return settlement }
        }
        guard let used = try answers[attempts.count].get().data else { throw RPCSilence(description: "the node's answer is no data") }
        if try ABIDecoder.bool(used) { return try await witness.whoSettled(transfer, claimedAt: payment.claimedAt) ?? .unknown }
        if payment.authorization.validBefore > UInt64(now().seconds + ExactWindow.margin) {
            return try await sendAgain(payment, Array(attempts))
        }
        if !attempts.isEmpty { nonces.distrust() }
        return try await witness.isOver(transfer)
            ? .failed(WireError(.validBefore, "The authorization ran out before it could be settled.")) : .unknown
    }

    /// The same bytes while they can still be mined; signed anew once their nonce has gone to another transaction.
    private func sendAgain(_ payment: Payment, _ attempts: [Attempt]) async throws -> Settlement {
        guard let newest = attempts.last, let hash = Bytes32(newest.transaction) else { return try await send(payment) }
        switch await sender.broadcast(newest.raw, hash: hash) {
        case .taken(let receipt?): return await conclude(payment, hash, receipt)
        case .taken(nil):
            try await raise(payment, newest)
            return .unknown
        case .lost: return .unknown
        case .refused:
            let count = try await rpc.call("eth_getTransactionCount", .string(settlerAddress.hex), "latest").quantity ?? 0
            guard count > newest.accountNonce, attempts.count < 16 else { return .unknown }
            log.warning("a settlement's nonce went to another transaction; it is signed anew", metadata: ["payment": "\(payment.id)"])
            return try await send(payment)
        }
    }

    /// Signs a waiting transaction again under its own nonce with a higher fee, when fees have risen above what it offers: it would
    /// wait, and every sale after it too.
    private func raise(_ payment: Payment, _ waiting: Attempt) async throws {
        guard let raised = sender.raised(waiting.raw, try await chainState()) else { return }
        let old = raised.unsigned
        guard try await store(raised, payment, nonce: old.nonce, gas: old.gasLimit) else { return }
        log.warning("fees rose; a waiting settlement is sent again with a higher one", metadata: ["payment": "\(payment.id)"])
        _ = await sender.broadcast(raised.raw, hash: raised.hash)
    }
}
