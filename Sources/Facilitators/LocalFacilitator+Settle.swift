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
    /// For how long one call follows a transaction before the reconciler takes over.
    private static let patience: Duration = .seconds(30)

    public func settle(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        do { return try await send(payment) } catch {
            log.warning("a payment could not be sent: \(error)", metadata: ["payment": "\(payment.id)"])
            return .notSent(WireError(.unexpectedSettleError, "The network cannot be reached just now."))
        }
    }

    /// Signs, stores, sends and follows. A refused send is signed anew; a lost one is followed like any other.
    /// - Throws: only before anything was stored.
    func send(_ payment: Payment) async throws -> Settlement {
        guard let payload = asset.payload(payment.authorization) else {
            return .notSent(WireError(.invalidPayload, "The authorization cannot be settled."))
        }
        let (data, gas) = try await callData(payload)
        var stored = false
        for attempt in 0..<4 {
            do {
                let chain = try await chainState()
                let nonce = try await nonces.take()
                guard let signed = sign(data, gas: gas, nonce: nonce, chain, raise: attempt) else {
                    nonces.giveBack(nonce)
                    break
                }
                let isOurs: Bool
                do { isOurs = try await store(signed, payment, nonce: nonce, gas: gas) } catch {
                    nonces.giveBack(nonce)
                    throw error
                }
                guard isOurs else {
                    nonces.giveBack(nonce)
                    return .unknown
                }
                stored = true
                switch await broadcast(signed) {
                case .taken(let receipt):
                    nonces.used(nonce)
                    return await follow(payment, signed, receipt)
                case .lost:
                    nonces.lost(nonce)
                    return await follow(payment, signed, nil)
                case .refused(let refusal):
                    // Nodes word it as they like, so after any refusal the chain is asked which nonce is next.
                    log.critical(
                        "the node refused a settlement from \(settlerAddress.checksummed): \(refusal)",
                        metadata: ["payment": "\(payment.id)"])
                    nonces.lost(nonce)
                    await close(payment, signed.hash, fee: 0, reverted: false)
                    forgetChainState()
                }
            } catch {
                if !stored { throw error }
                log.warning("a settlement could not be sent again: \(error)", metadata: ["payment": "\(payment.id)"])
                return .unknown
            }
        }
        return stored ? .unknown : .notSent(WireError(.unexpectedSettleError, "Network fees rose above this shop's limit."))
    }

    /// The overload with v, r and s for accounts without code, the one with bytes for contracts. That the signature is the payer's was
    /// verified before the claim.
    private func callData(_ payload: ExactPayload) async throws -> ([UInt8], gas: UInt64) {
        if try await inspector.codes.hasCode(payload.authorization.from) != true,
            let signature = try? ECDSASignature(parsing: payload.signature)  // what is no key's signature goes as bytes
        {
            return (payload.authorization.callData(signature: signature), Self.gasForKey)
        }
        return (payload.authorization.callData(signatureBytes: payload.signature), Self.gasForContract)
    }

    /// Nil when the fee would pass the cap.
    private func sign(_ data: [UInt8], gas: UInt64, nonce: UInt64, _ chain: ChainState, raise: Int) -> SignedTransaction? {
        // A quarter more with each try: what a node wants for replacing a transaction.
        let factor = UInt128(4 + raise)
        let tip = chain.tip * factor / 4
        let maximum = chain.maximumFeePerGas * factor / 4
        guard maximum * UInt128(gas) <= policy.capPerSettlement else { return nil }
        return EIP1559Transaction(
            chainID: asset.option.network.chainID, nonce: nonce, maxPriorityFeePerGas: BigUInt(tip), maxFeePerGas: BigUInt(maximum),
            gasLimit: gas, to: asset.address, value: 0, data: data)?.signed(by: settler)
    }

    func store(_ signed: SignedTransaction, _ payment: Payment, nonce: UInt64, gas: UInt64) async throws -> Bool {
        let limit = UInt64(exactly: signed.unsigned.maxFeePerGas * BigUInt(gas)) ?? .max
        let isOurs = try await writer.addAttempt(
            paymentID: payment.id, transaction: signed.hash.bytes, raw: signed.raw, settler: settlerAddress.bytes, accountNonce: nonce,
            feeLimit: limit, at: now())
        if isOurs { fees.add(UInt128(limit), at: now()) }
        return isOurs
    }

    // MARK: Sending

    enum Broadcast {
        /// The node has it, mined or waiting.
        case taken(TransactionReceipt?)
        /// The node does not have it and does not want it.
        case refused(RPCRefusal)
        /// No answer.
        case lost
    }

    /// Sends signed bytes and asks for their receipt in the same batch. The same bytes twice are one transaction.
    func broadcast(_ raw: [UInt8], hash: Bytes32) async -> Broadcast {
        for _ in 0..<2 {
            guard
                let answers = try? await rpc.batch([  // silence is an outcome here
                    RPCCall("eth_sendRawTransaction", .string(Hex.encode(raw))), RPCCall("eth_getTransactionReceipt", .string(hash.hex)),
                ])
            else { continue }
            // A receipt that is refused or cut is none yet; it is asked for again.
            let receipt = (try? answers[1].get()).flatMap(TransactionReceipt.init)
            switch answers[0] {
            case .success: return .taken(receipt)
            case .failure(let refusal):
                if receipt != nil { return .taken(receipt) }
                // A node that answers with an error may have taken it all the same; one that is silent is tried once more.
                guard let known = try? await rpc.call("eth_getTransactionByHash", .string(hash.hex)) else { continue }
                return known.isNull ? .refused(refusal) : .taken(nil)
            }
        }
        return .lost
    }

    private func broadcast(_ signed: SignedTransaction) async -> Broadcast { await broadcast(signed.raw, hash: signed.hash) }

    // MARK: Following

    private func follow(_ payment: Payment, _ signed: SignedTransaction, _ first: TransactionReceipt?) async -> Settlement {
        let end = ContinuousClock.now + Self.patience
        var receipt = first
        var pause = Duration.milliseconds(100)
        var lastSent = ContinuousClock.now
        while true {
            if let receipt { return await conclude(payment, signed.hash, receipt) }
            guard ContinuousClock.now < end else { return .unknown }
            do { try await Task.sleep(for: pause) } catch { return .unknown }
            pause = min(pause * 3 / 2, .seconds(1))
            let answer = try? await rpc.call("eth_getTransactionReceipt", .string(signed.hash.hex))  // silence: ask again
            receipt = answer.flatMap(TransactionReceipt.init)
            if receipt == nil, ContinuousClock.now - lastSent > .seconds(2) {
                // A node may have forgotten it.
                if case .taken(let mined) = await broadcast(signed) { receipt = mined }
                lastSent = .now
            }
        }
    }

    /// What a mined attempt means.
    func conclude(_ payment: Payment, _ hash: Bytes32, _ receipt: TransactionReceipt) async -> Settlement {
        guard let payload = asset.payload(payment.authorization) else { return .unknown }
        if receipt.succeeded, SettlementProof.holds(receipt.logs, asset: asset.address, authorization: payload.authorization) {
            // The buyer need not wait for our book-keeping; until it is done, the fee counts with its limit.
            Task { await close(payment, hash, fee: receipt.fee, reverted: false) }
            return .settled(transaction: hash.bytes, block: receipt.block)
        }
        // Somebody else may have submitted the authorization first; then the money is here all the same, and the payer is not to blame.
        let settlement: Settlement
        do { settlement = try await witness.whoSettled(payload.authorization, claimedAt: payment.claimedAt) ?? .unknown } catch {
            // Looked at again before anybody is blamed.
            log.warning("nobody can tell yet why a settlement moved nothing: \(error)", metadata: ["payment": "\(payment.id)"])
            return .unknown
        }
        let isSettled = if case .settled = settlement { true } else { false }
        log.warning("a settlement was mined and moved nothing", metadata: ["payment": "\(payment.id)", "transaction": "\(hash.hex)"])
        await close(payment, hash, fee: receipt.fee, reverted: !receipt.succeeded && !isSettled)
        return settlement
    }

    private func close(_ payment: Payment, _ hash: Bytes32, fee: UInt64, reverted: Bool) async {
        do {
            let limit = try await writer.closeAttempt(transaction: hash.bytes, feePaid: fee, reverted: reverted, at: now())
            if let limit, limit > fee { fees.giveBack(UInt128(limit - fee), at: now()) }
        } catch {
            log.error("the fee of a settlement could not be noted: \(error)", metadata: ["payment": "\(payment.id)"])
        }
    }
}
