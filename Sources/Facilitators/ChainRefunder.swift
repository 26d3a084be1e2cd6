public import AsyncHTTPClient
import BigInt
public import Domain
public import EVM
import JSON
public import Logging
public import Payments
public import Storage
public import Telemetry
import X402EVM

/// Pays refunds on one EVM chain: a plain transfer of the asset from the refund wallet to the wallet that paid.
///
/// Unlike a settlement, a transfer can be carried out twice. So every attempt at one refund has the same account nonce, of which a chain
/// mines one transaction at most, and a refund is given up only when a final block says that its nonce is gone without it.
public final class ChainRefunder: Refunder {
    let asset: ExactAsset
    let rpc: RPCClient
    let sender: TransactionSender
    let limit: RefundLimit
    let reader: Reader
    let writer: Writer
    let now: WallClock
    let log: Logger

    /// Gas for a transfer; a token behind a proxy takes about half of it.
    static let gas: UInt64 = 120_000

    /// - Parameters:
    ///   - urls: JSON-RPC nodes, asked in turn.
    ///   - key: of the refund wallet; of no account that anything else of the shop sends from.
    ///   - limit: what it may pay in a day.
    public init(
        option: PaymentOption, urls: [String], key: PrivateKey, policy: FeePolicy, limit: RefundLimit, http: HTTPClient, reader: Reader,
        writer: Writer, metrics: RPCMetrics = .none, steps: Steps = .untraced, now: @escaping WallClock, log: Logger
    ) {
        guard let asset = ExactAsset(option), !option.sandbox else { preconditionFailure("a chain refunds real money") }
        self.asset = asset
        let rpc = RPCClient(urls: urls, chainID: option.network.chainID, http: http, metrics: metrics, steps: steps)
        self.rpc = rpc
        sender = TransactionSender(rpc: rpc, key: key, chainID: option.network.chainID, feeCap: policy.capPerSettlement)
        self.limit = limit
        self.reader = reader
        self.writer = writer
        self.now = now
        var log = log
        log[metadataKey: "network"] = "\(option.network)"
        self.log = log
    }

    public var option: PaymentOption { asset.option }
    public var wallet: [UInt8] { sender.address.bytes }

    /// What a mined attempt means.
    func conclude(_ refund: Refund, _ payment: Payment, _ hash: Bytes32, _ receipt: TransactionReceipt) async -> RefundSending {
        guard let attempt = await attempt(refund, hash), let payer = EVMAddress(payment.authorization.key.payer),
            let wallet = EVMAddress(attempt.wallet)
        else { return .unknown }
        let isPaid =
            receipt.succeeded
            && TransferProof.holds(receipt.logs, asset: asset.address, from: wallet, to: payer, value: BigUInt(refund.amount.units))
        do {
            if !isPaid {
                // A block that is not final may be replaced by one in which the same transaction goes well.
                guard let block = receipt.block, try await finalBlock() >= block.number else {
                    log.warning("a refund was mined and moved nothing; it is waited for a final block", metadata: ["refund": "\(refund.id)"])
                    return .unknown
                }
            }
            try await writer.closeRefundAttempt(transaction: hash.bytes, feePaid: receipt.fee, reverted: !receipt.succeeded, at: now())
        } catch {
            log.error("the fee of a refund could not be noted: \(error)", metadata: ["refund": "\(refund.id)"])
            return .unknown
        }
        return isPaid
            ? .settled(transaction: hash.bytes)
            : .failed("The asset's contract carried out no transfer in \(hash.hex); the payer may not be allowed to receive it.")
    }

    private func attempt(_ refund: Refund, _ hash: Bytes32) async -> RefundAttempt? {
        do { return try await reader.refundAttempts(refundID: refund.id).first { $0.transaction == hash.bytes } } catch {
            log.error("the attempts at a refund could not be read: \(error)", metadata: ["refund": "\(refund.id)"])
            return nil
        }
    }

    /// The number of the newest final block.
    func finalBlock() async throws -> UInt64 {
        guard let number = try await rpc.call("eth_getBlockByNumber", "finalized", false)["number"]?.quantity else {
            throw RPCSilence(description: "the node does not tell which block is final")
        }
        return number
    }
}
