public import Domain
import EVM
import JSON
import Logging
public import Payments
import Storage

extension ChainRefunder {
    public func resolve(_ refund: Refund, of payment: Payment) async -> RefundSending {
        do { return try await lookInto(refund, payment) } catch {
            log.warning("an open refund could not be looked into: \(error)", metadata: ["refund": "\(refund.id)"])
            return .unknown
        }
    }

    private func lookInto(_ refund: Refund, _ payment: Payment) async throws -> RefundSending {
        let attempts = try await reader.refundAttempts(refundID: refund.id)
        guard let newest = attempts.last, let hash = Bytes32(newest.transaction), let wallet = EVMAddress(newest.wallet) else { return .unknown }
        let recent = attempts.suffix(16)
        let answers = try await rpc.batch(
            recent.map { RPCCall("eth_getTransactionReceipt", .string(Hex.encode($0.transaction))) }
                + [RPCCall("eth_getTransactionCount", .string(wallet.hex), "latest")])
        for (attempt, answer) in zip(recent, answers) {
            guard let receipt = TransactionReceipt(try answer.get()), let hash = Bytes32(attempt.transaction) else { continue }
            return await conclude(refund, payment, hash, receipt)
        }
        guard let count = try answers[recent.count].get().quantity else { throw RPCSilence(description: "the node's count is no number") }
        if count > newest.accountNonce { return try await judgeLostNonce(attempts, wallet) }
        switch await sender.broadcast(newest.raw, hash: hash) {
        case .taken(let receipt?): return await conclude(refund, payment, hash, receipt)
        case .taken(nil): try await raise(refund, newest)
        case .lost: break
        case .refused(let refusal):
            log.critical("the node refuses a refund from \(wallet.checksummed): \(refusal)", metadata: ["refund": "\(refund.id)"])
        }
        return .unknown
    }

    /// The account nonce is used and none of our transactions with it is known: a node may lag, or another program used the key. Only a
    /// final block, in which the nonce is used and none of ours stands, ends it.
    private func judgeLostNonce(_ attempts: [RefundAttempt], _ wallet: EVMAddress) async throws -> RefundSending {
        let block = try await finalBlock()
        guard let count = try await rpc.call("eth_getTransactionCount", .string(wallet.hex), .string(block.hexQuantity)).quantity,
            let nonce = attempts.last?.accountNonce, count > nonce
        else { return .unknown }
        for start in stride(from: 0, to: attempts.count, by: 16) {
            let part = attempts[start..<min(start + 16, attempts.count)]
            let answers = try await rpc.batch(
                part.flatMap {
                    [
                        RPCCall("eth_getTransactionReceipt", .string(Hex.encode($0.transaction))),
                        RPCCall("eth_getTransactionByHash", .string(Hex.encode($0.transaction))),
                    ]
                })
            for answer in answers where try !answer.get().isNull { return .unknown }
        }
        return .failed(
            "The refund wallet's transaction number \(nonce) was used by something else, so this refund can never be paid by what was signed; "
                + "nothing was paid. Use the refund wallet for nothing else, and make a new refund.")
    }

    /// The same transfer again under its own nonce with a higher fee, when fees have risen above what it offers.
    private func raise(_ refund: Refund, _ waiting: RefundAttempt) async throws {
        guard waiting.wallet == wallet, let raised = sender.raised(waiting.raw, try await sender.chainState()) else { return }
        guard try await store(raised, refund, nil) == .stored else { return }
        log.warning("fees rose; a waiting refund is sent again with a higher one", metadata: ["refund": "\(refund.id)"])
        _ = await sender.broadcast(raised.raw, hash: raised.hash)
    }
}
