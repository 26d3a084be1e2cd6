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
        if try ABIDecoder.bool(used) { return try await whoSettled(transfer) ?? .unknown }
        if payment.authorization.validBefore > UInt64(now().seconds + ExactWindow.margin) {
            return try await sendAgain(payment, Array(attempts))
        }
        return try await isOver(transfer) ? .failed(WireError(.validBefore, "The authorization ran out before it could be settled.")) : .unknown
    }

    /// The same bytes while they can still be mined; signed anew once their nonce has gone to another transaction.
    private func sendAgain(_ payment: Payment, _ attempts: [Attempt]) async throws -> Settlement {
        guard let newest = attempts.last, let hash = Bytes32(newest.transaction) else { return try await send(payment) }
        switch await broadcast(newest.raw, hash: hash) {
        case .taken(let receipt?): return await conclude(payment, hash, receipt)
        case .taken(nil), .lost: return .unknown
        case .refused:
            let count = try await rpc.call("eth_getTransactionCount", .string(settlerAddress.hex), "latest").quantity ?? 0
            guard count > newest.accountNonce, attempts.count < 16 else { return .unknown }
            log.warning("a settlement's nonce went to another transaction; it is signed anew", metadata: ["payment": "\(payment.id)"])
            return try await send(payment)
        }
    }

    /// The settlement or the cancellation of an authorization that the chain says is used; nil when neither is found yet.
    func whoSettled(_ transfer: TransferAuthorization) async throws -> Settlement? {
        if let transaction = try await findUse(transfer), try await proves(transaction, transfer) { return .settled(transaction: transaction.bytes) }
        if try await findLog([EventTopic.authorizationCanceled, transfer.from.word, transfer.nonce]) != nil {
            return .failed(WireError(.nonceAlreadyUsed, "The payer cancelled the authorization."))
        }
        return nil
    }

    func findUse(_ transfer: TransferAuthorization) async throws -> Bytes32? {
        try await findLog([EventTopic.authorizationUsed, transfer.from.word, transfer.nonce])
    }

    /// The transaction of the asset's newest log with these topics, looked for backwards in bounded steps: nodes refuse wide ranges.
    private func findLog(_ topics: [Bytes32]) async throws -> Bytes32? {
        guard var end = try await rpc.call("eth_blockNumber").quantity else { throw RPCSilence(description: "the node's block number is no number") }
        for _ in 0..<8 {
            let start = end >= 1000 ? end - 999 : 0
            let filter: JSONObject = [
                "address": .string(asset.address.hex), "topics": .array(topics.map { .string($0.hex) }),
                "fromBlock": .string(start.hexQuantity), "toBlock": .string(end.hexQuantity),
            ]
            if let found = try await rpc.call("eth_getLogs", .object(filter)).array?.last {
                return found["transactionHash"]?.string.flatMap(Bytes32.init(hex:))
            }
            if start == 0 { return nil }
            end = start - 1
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
