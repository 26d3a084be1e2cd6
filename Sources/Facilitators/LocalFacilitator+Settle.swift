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
                guard let signed = sender.sign(data, to: asset.address, gas: gas, nonce: nonce, chain, raise: attempt) else {
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
                switch await sender.broadcast(signed.raw, hash: signed.hash) {
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

    func store(_ signed: SignedTransaction, _ payment: Payment, nonce: UInt64, gas: UInt64) async throws -> Bool {
        let limit = UInt64(exactly: signed.unsigned.maxFeePerGas * BigUInt(gas)) ?? .max
        let isOurs = try await writer.addAttempt(
            paymentID: payment.id, transaction: signed.hash.bytes, raw: signed.raw, settler: settlerAddress.bytes, accountNonce: nonce,
            feeLimit: limit, at: now())
        if isOurs { fees.add(UInt128(limit), at: now()) }
        return isOurs
    }

    // MARK: Following

    private func follow(_ payment: Payment, _ signed: SignedTransaction, _ first: TransactionReceipt?) async -> Settlement {
        guard let receipt = await sender.follow(signed, first) else { return .unknown }
        return await conclude(payment, signed.hash, receipt)
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
