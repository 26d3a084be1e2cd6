import BigInt
public import Domain
import EVM
import JSON
import Logging
public import Payments
import Storage

extension ChainRefunder {
    public func send(_ refund: Refund, of payment: Payment) async -> RefundSending {
        let signed: SignedTransaction
        do {
            guard let payer = EVMAddress(payment.authorization.key.payer) else { return .waiting("The payer's address cannot be read.") }
            let data = ERC20.transferCallData(to: payer, value: BigUInt(refund.amount.units))
            let chain = try await sender.chainState()
            if let refusal = try await refusal(refund, data, chain) { return .waiting(refusal) }
            guard let made = sender.sign(data, to: asset.address, gas: Self.gas, nonce: try await nextNonce(), chain) else {
                return .waiting("Network fees are above this shop's limit just now; it is tried again.")
            }
            signed = made
            switch try await store(made, refund, limit) {
            case .stored: break
            case .closed: return .unknown
            case .busy: return .waiting("Another refund on this network is under way; this one follows it.")
            case .limited(let moment):
                return .waiting("The limit of refunds a day (\(told(limit))) is reached; it goes on at \(moment.iso8601).")
            case .beyondLimit:
                return .waiting(
                    "This refund alone is above the limit of refunds a day (\(told(limit))); raise it under “refunds” in pushcart.yaml, or cancel it."
                )
            }
        } catch {
            log.warning("a refund could not be sent: \(error)", metadata: ["refund": "\(refund.id)"])
            return .waiting("The network cannot be reached just now; it is tried again.")
        }
        // From here on the bytes are stored: whatever happens, they and no others pay this refund.
        switch await sender.broadcast(signed.raw, hash: signed.hash) {
        case .taken(let receipt): return await follow(refund, payment, signed, receipt)
        case .lost: return await follow(refund, payment, signed, nil)
        case .refused(let refusal):
            log.critical("the node refused a refund from \(sender.address.checksummed): \(refusal)", metadata: ["refund": "\(refund.id)"])
            sender.forgetChainState()
            return .unknown
        }
    }

    private func told(_ limit: RefundLimit) -> String { "\(limit.count) refunds, \(option.asset.text(limit.amount))" }

    /// What stands in a refund's way before anything is signed, in one sentence; nil when nothing does.
    private func refusal(_ refund: Refund, _ data: [UInt8], _ chain: ChainState) async throws -> String? {
        let (fee, overflow) = chain.maximumFeePerGas.multipliedReportingOverflow(by: UInt128(Self.gas))
        guard !overflow, fee <= sender.feeCap else { return "Network fees are above this shop's limit just now; it is tried again." }
        let wallet = sender.address.checksummed
        guard chain.balance >= fee else {
            return "The refund wallet \(wallet) has too little of the network's coin to pay fees; send it some."
        }
        let answers = try await rpc.batch([
            .read(asset.address, ERC20.balanceOfCallData(sender.address)), .read(asset.address, data, from: sender.address, gas: Self.gas),
        ])
        guard let balance = try answers[0].get().data else { throw RPCSilence(description: "the node's answer is no data") }
        let held = UInt128(exactly: try ABIDecoder.uint256(balance)) ?? .max
        guard held >= refund.amount.units else {
            return
                "The refund wallet \(wallet) holds \(option.asset.text(AtomicAmount(held))) and \(option.asset.text(refund.amount)) are needed; send it some."
        }
        switch answers[1] {
        case .success(let answer):
            // Some tokens answer nothing, others whether they would.
            guard let data = answer.data, data.isEmpty || (try? ABIDecoder.bool(data)) == true else { return Self.wouldRefuse }  // no bool is no yes
            return nil
        case .failure(let refusal):
            guard refusal.isRevert else { throw refusal }
            return Self.wouldRefuse
        }
    }

    private static let wouldRefuse =
        "The asset's contract would refuse a transfer to this payer, who may be blocked there; cancel the refund, or try again later."

    /// Never one that was signed with before, whatever a node that lags behind says.
    private func nextNonce() async throws -> UInt64 {
        guard let count = try await rpc.call("eth_getTransactionCount", .string(sender.address.hex), "pending").quantity, count < 1 << 62 else {
            throw RPCSilence(description: "the node's count of transactions is no number")
        }
        return max(count, try await reader.nextRefundNonce(wallet: wallet, on: option.network) ?? 0)
    }

    func store(_ signed: SignedTransaction, _ refund: Refund, _ limit: RefundLimit?) async throws -> RefundAttemptOutcome {
        let feeLimit = UInt64(exactly: signed.unsigned.maxFeePerGas * BigUInt(signed.unsigned.gasLimit)) ?? .max
        return try await writer.addRefundAttempt(
            refundID: refund.id, network: option.network, transaction: signed.hash.bytes, raw: signed.raw, wallet: wallet,
            accountNonce: signed.unsigned.nonce, feeLimit: feeLimit, limit: limit, at: now())
    }

    private func follow(
        _ refund: Refund, _ payment: Payment, _ signed: SignedTransaction, _ first: TransactionReceipt?
    ) async -> RefundSending {
        guard let receipt = await sender.follow(signed, first) else { return .unknown }
        return await conclude(refund, payment, signed.hash, receipt)
    }
}
