import BigInt
import Domain
import EVM
import JSON
import Payments
import X402
import X402EVM

/// What a chain tells of authorizations and of what became of them, for whoever settles.
struct ChainWitness: Sendable {
    let asset: ExactAsset
    let rpc: RPCClient
    let finality: FinalityDepth

    /// Whether the chain says that the authorization was used or cancelled.
    func isUsed(_ transfer: TransferAuthorization) async throws -> Bool {
        let call = RPCCall.read(asset.address, EIP3009.authorizationStateCallData(authorizer: transfer.from, nonce: transfer.nonce))
        guard let used = try await rpc.batch([call])[0].get().data else { throw RPCSilence(description: "the node's answer is no data") }
        return try ABIDecoder.bool(used)
    }

    /// The settlement or the cancellation of an authorization that the chain says is used; nil when neither is found yet.
    func whoSettled(_ transfer: TransferAuthorization, claimedAt: Timestamp) async throws -> Settlement? {
        // It was unused when it was claimed; clocks may differ by some minutes.
        let since = claimedAt - .seconds(600)
        if let transaction = try await findUse(transfer, since: since), let receipt = try await proof(transaction, transfer) {
            return .settled(transaction: transaction.bytes, block: receipt.block)
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

    /// The transaction's receipt, when it proves that the authorization was settled by it; nil when it is not mined or moved something else.
    func proof(_ transaction: Bytes32, _ transfer: TransferAuthorization) async throws -> TransactionReceipt? {
        guard let receipt = TransactionReceipt(try await rpc.call("eth_getTransactionReceipt", .string(transaction.hex))) else { return nil }
        return isProof(receipt, of: transfer) ? receipt : nil
    }

    func isProof(_ receipt: TransactionReceipt, of transfer: TransferAuthorization) -> Bool {
        receipt.succeeded && SettlementProof.holds(receipt.logs, asset: asset.address, authorization: transfer)
    }

    /// Unused at a final block after its window: it can never be used any more.
    func isOver(_ transfer: TransferAuthorization) async throws -> Bool {
        let block = try await rpc.call("eth_getBlockByNumber", "finalized", false)
        guard let number = block["number"]?.string, let time = block["timestamp"]?.quantity, BigUInt(time) >= transfer.validBefore else {
            return false
        }
        let call = RPCCall.read(
            asset.address, EIP3009.authorizationStateCallData(authorizer: transfer.from, nonce: transfer.nonce), block: number)
        guard let used = try await rpc.batch([call])[0].get().data else { return false }
        return try !ABIDecoder.bool(used)
    }

    // MARK: The chain itself

    /// What is not as it should be with the chain and its asset. Asked of whatever chain it is, so that the owner reads what is wrong.
    /// - Throws: `RPCSilence` when the node refused to tell, which says nothing of the chain.
    func mismatch() async throws(RPCSilence) -> String? {
        try mismatch(
            try await rpc.batch(
                [
                    RPCCall("eth_chainId"), .read(asset.address, ERC20.domainSeparatorCallData), .read(asset.address, ERC20.decimalsCallData),
                ], anyChain: true))
    }

    private func mismatch(_ answers: [Result<JSONValue, RPCRefusal>]) throws(RPCSilence) -> String? {
        for case .failure(let refusal) in answers where !refusal.isRevert {
            throw RPCSilence(description: "the node does not tell what it is: \(refusal)")
        }
        guard case .success(let chain) = answers[0], chain.quantity == asset.option.network.chainID else { return "the node is on another chain" }
        guard case .success(let separator) = answers[1], let bytes = separator.data, Bytes32(bytes) == asset.domain.separator else {
            return "the asset's signing domain is another one"
        }
        guard case .success(let decimals) = answers[2], let bytes = decimals.data, let word = Bytes32(bytes),
            BigUInt(word) == BigUInt(asset.option.asset.decimals)
        else { return "the asset has other decimals" }
        return nil
    }
}
