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
    public func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict {
        do {
            let (payload, signature) = try asset.check(authorization, now: now())
            if case .needsContract = signature {
                switch try await hasCode(payload.authorization.from) {
                case true?: break
                case false?: return .invalid(ExactAsset.badSignature)
                case nil:
                    return .invalid(WireError(.unexpectedVerifyError, "Too many payments with unclear signatures came in; try the same one again."))
                }
            }
            // The chain first: a wallet that proves itself may own the goods already, whatever settling costs just now.
            let verdict = try await ask(payload, signature, authorization)
            guard case .valid = verdict else { return verdict }
            return try refusal(authorization, try await chainState()) ?? .valid
        } catch let error as WireError {
            return .invalid(error)
        } catch {
            log.warning("a payment could not be verified: \(error)")
            return .unavailable("The network cannot be asked just now; try the same payment again in a moment.")
        }
    }

    /// Limits of ours that stop a proven payment before it costs anything.
    private func refusal(_ authorization: Authorization, _ chain: ChainState) throws -> Verdict? {
        let likely = chain.likelyFeePerGas.multipliedReportingOverflow(by: UInt128(Self.gasForKey) * 6 / 10)
        let limit = feeLimit(chain, gas: Self.gasForKey)
        if likely.overflow || limit > policy.capPerSettlement {
            return .provenUnavailable("Network fees are unusually high just now; try again later.")
        }
        if !policy.isWorth(authorization.amount, decimals: asset.option.asset.decimals, fee: likely.partialValue) {
            return .provenUnavailable("Network fees are above the price just now; try again later.")
        }
        if chain.balance < limit {
            log.critical("the fee wallet \(settlerAddress.checksummed) is empty; send it some of the network's coin")
            return .provenUnavailable("This shop cannot settle payments just now; its owner has been told.")
        }
        if let budget = policy.dailyBudget, fees.spent(at: now()) + limit > budget {
            log.critical("the daily budget for network fees is used up")
            return .provenUnavailable("This shop cannot settle payments just now; its owner has been told.")
        }
        if try reader.revertedSettlements(payer: authorization.key.payer, since: now() - .seconds(86_400)) >= Self.revertLimit {
            return .proven(
                but: WireError(.invalidTransactionState, "Payments of this wallet failed on the chain three times in a day; try again tomorrow."))
        }
        return nil
    }

    func feeLimit(_ chain: ChainState, gas: UInt64) -> UInt128 {
        let (limit, overflow) = chain.maximumFeePerGas.multipliedReportingOverflow(by: UInt128(gas))
        return overflow ? .max : limit
    }

    /// Code, balance, authorization state and simulation in one batch; a second one only for contract wallets.
    private func ask(_ payload: ExactPayload, _ signature: ExactSignature, _ authorization: Authorization) async throws -> Verdict {
        let transfer = payload.authorization
        let isContract = knownToHaveCode(transfer.from) ?? false
        var calls = [
            RPCCall("eth_chainId"), RPCCall("eth_getCode", .string(transfer.from.hex), "latest"),
            .read(asset.address, ERC20.balanceOfCallData(transfer.from)),
            .read(asset.address, EIP3009.authorizationStateCallData(authorizer: transfer.from, nonce: transfer.nonce)),
        ]
        if case .recovers(let signature) = signature, !isContract {
            calls.append(.read(asset.address, transfer.callData(signature: signature), from: settlerAddress, gas: Self.gasForKey))
        }
        let answers = try await rpc.batch(calls)
        guard try answers[0].get().quantity == asset.option.network.chainID else { throw RPCSilence(description: "the node is on another chain") }
        guard let code = try answers[1].get().data, let balance = try answers[2].get().data, let used = try answers[3].get().data else {
            throw RPCSilence(description: "the node's answer is no data")
        }
        remember(transfer.from, hasCode: !code.isEmpty)
        if try ABIDecoder.bool(used) { return try await spent(payload) }
        let isPoor = try ABIDecoder.uint256(balance) < transfer.value
        if !code.isEmpty { return try await askContract(payload, isPoor: isPoor) }
        guard answers.count == 5 else { return .invalid(ExactAsset.badSignature) }
        return try verdict(answers[4], isPoor: isPoor)
    }

    /// An account with code is asked itself (ERC-1271), also when its key's signature would do (EIP-7702).
    private func askContract(_ payload: ExactPayload, isPoor: Bool) async throws -> Verdict {
        let transfer = payload.authorization
        let digest = transfer.digest(in: asset.domain)
        let answers = try await rpc.batch([
            .read(transfer.from, ERC1271.callData(digest: digest, signatureBytes: payload.signature), gas: Self.gasForContract),
            .read(asset.address, transfer.callData(signatureBytes: payload.signature), from: settlerAddress, gas: Self.gasForContract),
        ])
        guard case .success(let answer) = answers[0], let data = answer.data, ERC1271.isMagic(data) else {
            if case .failure(let refusal) = answers[0], !refusal.isRevert { throw refusal }
            return .invalid(ExactAsset.badSignature)
        }
        return try verdict(answers[1], isPoor: isPoor)
    }

    /// What becomes of an authorization whose signature is proved and that is unused.
    private func verdict(_ simulation: Result<JSONValue, RPCRefusal>, isPoor: Bool) throws -> Verdict {
        if isPoor { return .proven(but: WireError(.insufficientFunds, "The wallet does not hold enough \(asset.option.asset.symbol).")) }
        switch simulation {
        case .success: return .valid
        case .failure(let refusal):
            guard refusal.isRevert else { throw refusal }
            return .proven(but: WireError(.simulationFailed, "The asset's contract would refuse this transfer."))
        }
    }

    /// The authorization was used or cancelled. If it brought money, the owner will want to know.
    private func spent(_ payload: ExactPayload) async throws -> Verdict {
        if let transaction = try await findUse(payload.authorization, since: nil), try await proves(transaction, payload.authorization) {
            return .spentElsewhere
        }
        return .invalid(WireError(.nonceAlreadyUsed, "This authorization was used or cancelled before; sign a new one."))
    }
}
