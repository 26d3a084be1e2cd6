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
            if case .settled(let transaction) = await conclude(payment, hash, receipt) { return .settled(transaction: transaction) }
        }
        guard let used = try answers[attempts.count].get().data else { throw RPCSilence(description: "the node's answer is no data") }
        if try ABIDecoder.bool(used) { return try await whoSettled(payment, transfer) ?? .unknown }
        if payment.authorization.validBefore > UInt64(now().seconds + ExactWindow.margin) {
            return try await sendAgain(payment, Array(attempts))
        }
        if !attempts.isEmpty { nonces.distrust() }
        return try await isOver(transfer) ? .failed(WireError(.validBefore, "The authorization ran out before it could be settled.")) : .unknown
    }

    /// The same bytes while they can still be mined; signed anew once their nonce has gone to another transaction.
    private func sendAgain(_ payment: Payment, _ attempts: [Attempt]) async throws -> Settlement {
        guard let newest = attempts.last, let hash = Bytes32(newest.transaction) else { return try await send(payment) }
        switch await broadcast(newest.raw, hash: hash) {
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
        let chain = try await chainState()
        guard let old = (try? SignedTransaction(decoding: waiting.raw))?.unsigned,  // our own bytes; what cannot be read stays as it is
            old.maxFeePerGas < BigUInt(chain.likelyFeePerGas),
            let raised = EIP1559Transaction(
                chainID: old.chainID, nonce: old.nonce,
                // Nodes want an eighth more for a replacement.
                maxPriorityFeePerGas: max(BigUInt(chain.tip), old.maxPriorityFeePerGas * 9 / 8 + 1),
                maxFeePerGas: max(BigUInt(chain.maximumFeePerGas), old.maxFeePerGas * 9 / 8 + 1), gasLimit: old.gasLimit, to: old.to,
                value: old.value, data: old.data)?.signed(by: settler),
            raised.unsigned.maxFeePerGas * BigUInt(old.gasLimit) <= BigUInt(policy.capPerSettlement)
        else { return }
        guard try await store(raised, payment, nonce: old.nonce, gas: old.gasLimit) else { return }
        log.warning("fees rose; a waiting settlement is sent again with a higher one", metadata: ["payment": "\(payment.id)"])
        _ = await broadcast(raised.raw, hash: raised.hash)
    }

    /// The settlement or the cancellation of an authorization that the chain says is used; nil when neither is found yet.
    func whoSettled(_ payment: Payment, _ transfer: TransferAuthorization) async throws -> Settlement? {
        // It was unused when it was claimed; clocks may differ by some minutes.
        let since = payment.claimedAt - .seconds(600)
        if let transaction = try await findUse(transfer, since: since), try await proves(transaction, transfer) {
            return .settled(transaction: transaction.bytes)
        }
        if try await findLog([EventTopic.authorizationCanceled, transfer.from.word, transfer.nonce], since: since) != nil {
            return .failed(WireError(.nonceAlreadyUsed, "The payer cancelled the authorization."))
        }
        return nil
    }

    func findUse(_ transfer: TransferAuthorization, since: Timestamp?) async throws -> Bytes32? {
        try await findLog([EventTopic.authorizationUsed, transfer.from.word, transfer.nonce], since: since)
    }

    /// The transaction of the asset's newest log with these topics, looked for backwards to `since`, or a few thousand blocks when that
    /// is not known; in bounded steps, for nodes refuse wide ranges.
    private func findLog(_ topics: [Bytes32], since: Timestamp?) async throws -> Bytes32? {
        guard var end = try await rpc.call("eth_blockNumber").quantity else { throw RPCSilence(description: "the node's block number is no number") }
        var width: UInt64 = 1000
        for _ in 0..<(since == nil ? 8 : 512) {
            let start = end >= width ? end - (width - 1) : 0
            let filter: JSONObject = [
                "address": .string(asset.address.hex), "topics": .array(topics.map { .string($0.hex) }),
                "fromBlock": .string(start.hexQuantity), "toBlock": .string(end.hexQuantity),
            ]
            let answers = try await rpc.batch([
                RPCCall("eth_getLogs", .object(filter)), RPCCall("eth_getBlockByNumber", .string(start.hexQuantity), false),
            ])
            switch answers[0] {
            case .failure where width > 10: width /= 10
            case .failure(let refusal): throw refusal
            case .success(let logs):
                if let found = logs.array?.last { return found["transactionHash"]?.string.flatMap(Bytes32.init(hex:)) }
                let time = try answers[1].get()["timestamp"]?.quantity
                if start == 0 { return nil }
                if let since, let time, Int64(clamping: time) < since.seconds { return nil }
                end = start - 1
            }
        }
        return nil
    }

    func proves(_ transaction: Bytes32, _ transfer: TransferAuthorization) async throws -> Bool {
        guard let receipt = TransactionReceipt(try await rpc.call("eth_getTransactionReceipt", .string(transaction.hex))) else { return false }
        return receipt.succeeded && SettlementProof.holds(receipt.logs, asset: asset.address, authorization: transfer)
    }

    /// Unused at a final block after its window: it can never be used any more.
    private func isOver(_ transfer: TransferAuthorization) async throws -> Bool {
        let block = try await rpc.call("eth_getBlockByNumber", "finalized", false)
        guard let number = block["number"]?.string, let time = block["timestamp"]?.quantity, BigUInt(time) >= transfer.validBefore else {
            return false
        }
        let call = RPCCall.read(
            asset.address, EIP3009.authorizationStateCallData(authorizer: transfer.from, nonce: transfer.nonce), block: number)
        guard let used = try await rpc.batch([call])[0].get().data else { return false }
        return try !ABIDecoder.bool(used)
    }
}
