import BigInt
import Domain
import EVM
import JSON
import Payments
import X402
import X402EVM

/// Asks a chain about an authorization before anybody claims it: code, balance, use, and what the asset's contract would say.
struct ChainInspector: Sendable {
    let witness: ChainWitness
    /// Who would send the transaction; the asset does not mind who.
    let sender: EVMAddress
    let codes: AccountCodes
    private var asset: ExactAsset { witness.asset }
    private var rpc: RPCClient { witness.rpc }

    init(witness: ChainWitness, sender: EVMAddress) {
        self.witness = witness
        self.sender = sender
        codes = AccountCodes(witness.rpc)
    }

    /// What the chain says of a payload whose free checks have passed.
    func verify(_ payload: ExactPayload, _ signature: ExactSignature) async throws -> Verdict {
        if case .needsContract = signature {
            switch try await codes.hasCode(payload.authorization.from) {
            case true?: break
            case false?: return .invalid(ExactAsset.badSignature)
            case nil:
                return .invalid(WireError(.unexpectedVerifyError, "Too many payments with unclear signatures came in; try the same one again."))
            }
        }
        return try await ask(payload, signature)
    }

    /// Code, balance, authorization state and simulation in one batch; a second one only for contract wallets.
    private func ask(_ payload: ExactPayload, _ signature: ExactSignature) async throws -> Verdict {
        let transfer = payload.authorization
        let isContract = codes.known(transfer.from) ?? false
        var calls = [
            RPCCall("eth_chainId"), RPCCall("eth_getCode", .string(transfer.from.hex), "latest"),
            .read(asset.address, ERC20.balanceOfCallData(transfer.from)),
            .read(asset.address, EIP3009.authorizationStateCallData(authorizer: transfer.from, nonce: transfer.nonce)),
        ]
        if case .recovers(let signature) = signature, !isContract {
            calls.append(.read(asset.address, transfer.callData(signature: signature), from: sender, gas: LocalFacilitator.gasForKey))
        }
        let answers = try await rpc.batch(calls)
        guard try answers[0].get().quantity == asset.option.network.chainID else { throw RPCSilence(description: "the node is on another chain") }
        guard let code = try answers[1].get().data, let balance = try answers[2].get().data, let used = try answers[3].get().data else {
            throw RPCSilence(description: "the node's answer is no data")
        }
        codes.remember(transfer.from, hasCode: !code.isEmpty)
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
            .read(transfer.from, ERC1271.callData(digest: digest, signatureBytes: payload.signature), gas: LocalFacilitator.gasForContract),
            .read(asset.address, transfer.callData(signatureBytes: payload.signature), from: sender, gas: LocalFacilitator.gasForContract),
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
        if let transaction = try await witness.findUse(payload.authorization, since: nil),
            try await witness.proof(transaction, payload.authorization) != nil
        {
            return .spentElsewhere
        }
        return .invalid(WireError(.nonceAlreadyUsed, "This authorization was used or cancelled before; sign a new one."))
    }
}
