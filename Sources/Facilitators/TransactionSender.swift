import BigInt
import Caching
import EVM
import JSON
import X402EVM

/// Signs transactions of one account on one chain within a cap of fees, sends them and follows them, whatever they are for. Which nonce they
/// have, and that they are stored before they are sent, is the caller's matter.
struct TransactionSender: Sendable {
    enum Broadcast {
        /// The node has it, mined or waiting.
        case taken(TransactionReceipt?)
        /// The node does not have it and does not want it.
        case refused(RPCRefusal)
        /// No answer.
        case lost
    }

    /// For how long one call follows a transaction before a reconciler takes over.
    private static let patience: Duration = .seconds(30)

    let rpc: RPCClient
    let key: PrivateKey
    let address: EVMAddress
    let chainID: UInt64
    /// The most that one transaction may cost in fees, in wei.
    let feeCap: UInt128
    let head = ChainHead()
    private let state = Cache<Int, ChainState>("chain-state", limit: 1, bytes: 4096, lifetime: .seconds(3))

    init(rpc: RPCClient, key: PrivateKey, chainID: UInt64, feeCap: UInt128) {
        self.rpc = rpc
        self.key = key
        address = key.address
        self.chainID = chainID
        self.feeCap = feeCap
    }

    var meter: CacheMeter { state.meter }

    /// Fees and the account's balance, at most three seconds old.
    func chainState() async throws -> ChainState {
        let (rpc, address, head) = (rpc, address, head)
        return try await state.value(0) {
            let answers = try await rpc.batch(ChainState.calls(settler: address))
            if case .success(let block) = answers[0] { head.saw(block) }
            return try ChainState(answers)
        }
    }

    func forgetChainState() { state.removeAll() }

    // MARK: Signing

    /// Nil when the fee would pass the cap.
    /// - Parameter raise: how often a node refused the transaction as too cheap.
    func sign(_ data: [UInt8], to: EVMAddress, gas: UInt64, nonce: UInt64, _ chain: ChainState, raise: Int = 0) -> SignedTransaction? {
        // A quarter more with each try: what a node wants for replacing a transaction.
        let factor = UInt128(4 + raise)
        let tip = chain.tip * factor / 4
        let maximum = chain.maximumFeePerGas * factor / 4
        guard maximum * UInt128(gas) <= feeCap else { return nil }
        return EIP1559Transaction(
            chainID: chainID, nonce: nonce, maxPriorityFeePerGas: BigUInt(tip), maxFeePerGas: BigUInt(maximum), gasLimit: gas, to: to, value: 0,
            data: data)?.signed(by: key)
    }

    /// A waiting transaction signed again under its own nonce with a higher fee, when fees have risen above what it offers: it would wait,
    /// and every later one of the account too. Nil when there is no need, or the cap does not allow it.
    func raised(_ waiting: [UInt8], _ chain: ChainState) -> SignedTransaction? {
        guard let old = (try? SignedTransaction(decoding: waiting))?.unsigned,  // our own bytes; what cannot be read stays as it is
            old.maxFeePerGas < BigUInt(chain.likelyFeePerGas),
            let raised = EIP1559Transaction(
                chainID: old.chainID, nonce: old.nonce,
                // Nodes want an eighth more for a replacement.
                maxPriorityFeePerGas: max(BigUInt(chain.tip), old.maxPriorityFeePerGas * 9 / 8 + 1),
                maxFeePerGas: max(BigUInt(chain.maximumFeePerGas), old.maxFeePerGas * 9 / 8 + 1), gasLimit: old.gasLimit, to: old.to,
                value: old.value, data: old.data)?.signed(by: key),
            raised.unsigned.maxFeePerGas * BigUInt(old.gasLimit) <= BigUInt(feeCap)
        else { return nil }
        return raised
    }

    // MARK: Sending

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

    // MARK: Following

    /// Waits for the receipt of what was sent, and sends it again where a node may have forgotten it; nil when patience ends.
    /// - Parameter first: the receipt, where it is known already.
    func follow(_ signed: SignedTransaction, _ first: TransactionReceipt?) async -> TransactionReceipt? {
        let end = ContinuousClock.now + Self.patience
        var receipt = first
        var pause = Duration.milliseconds(100)
        var lastSent = ContinuousClock.now
        while receipt == nil {
            guard ContinuousClock.now < end else { return nil }
            do { try await Task.sleep(for: pause) } catch { return nil }
            pause = min(pause * 3 / 2, .seconds(1))
            let answer = try? await rpc.call("eth_getTransactionReceipt", .string(signed.hash.hex))  // silence: ask again
            receipt = answer.flatMap(TransactionReceipt.init)
            if receipt == nil, ContinuousClock.now - lastSent > .seconds(2) {
                if case .taken(let mined) = await broadcast(signed.raw, hash: signed.hash) { receipt = mined }
                lastSent = .now
            }
        }
        return receipt
    }
}
