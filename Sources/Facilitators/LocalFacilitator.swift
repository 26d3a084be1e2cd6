public import AsyncHTTPClient
import BigInt
public import Caching
public import Domain
public import EVM
import JSON
public import Logging
public import Payments
public import ServiceLifecycle
public import Storage
import Synchronization
public import Telemetry
public import X402

/// Verifies and settles on one EVM chain through JSON-RPC nodes, paying the fees from the settler's account.
///
/// Nothing is offered until the nodes' chain id and the asset's `DOMAIN_SEPARATOR()` and `decimals()` are what we sign for;
/// nothing waits for that.
public final class LocalFacilitator: Facilitator, Service {
    let asset: ExactAsset
    let rpc: RPCClient
    let witness: ChainWitness
    let inspector: ChainInspector
    let sender: TransactionSender
    var settlerAddress: EVMAddress { sender.address }
    let policy: FeePolicy
    let reader: Reader
    let writer: Writer
    let now: WallClock
    let log: Logger
    let nonces: SettlerNonces
    let fees = FeeLedger()
    private let confirmation = Mutex<Confirmation>(.open("This shop is still connecting to its network; try again in a moment."))

    private enum Confirmation {
        case open(String)
        case confirmed
    }

    /// Gas for a transfer with a key's signature, and with a contract's, which may take more to check.
    static let gasForKey: UInt64 = 150_000
    static let gasForContract: UInt64 = 400_000
    /// A payer whose settlements were mined and reverted so often in 24 hours is stopped.
    static let revertLimit = 3

    /// - Parameters:
    ///   - urls: JSON-RPC nodes, asked in turn.
    ///   - finality: when a settlement can no longer be taken back; nil for what is usual on that chain.
    ///   - settler: the key that pays fees; it never holds the shop's income.
    public init(
        option: PaymentOption, urls: [String], settler: PrivateKey, policy: FeePolicy, http: HTTPClient, reader: Reader, writer: Writer,
        finality: FinalityDepth? = nil, metrics: RPCMetrics = .none, steps: Steps = .untraced, now: @escaping WallClock, log: Logger
    ) {
        guard let asset = ExactAsset(option), !option.sandbox else { preconditionFailure("a chain settles real money") }
        self.asset = asset
        self.policy = policy
        self.reader = reader
        self.writer = writer
        self.now = now
        var log = log
        log[metadataKey: "network"] = "\(option.network)"
        self.log = log
        let rpc = RPCClient(urls: urls, chainID: option.network.chainID, http: http, metrics: metrics, steps: steps)
        self.rpc = rpc
        sender = TransactionSender(rpc: rpc, key: settler, chainID: option.network.chainID, feeCap: policy.capPerSettlement)
        witness = ChainWitness(asset: asset, rpc: rpc, finality: finality ?? .standard(chainID: option.network.chainID))
        inspector = ChainInspector(witness: witness, sender: settler.address)
        let account = settler.address.hex
        nonces = SettlerNonces {
            guard let count = try await rpc.call("eth_getTransactionCount", .string(account), "pending").quantity, count < 1 << 62 else {
                throw RPCSilence(description: "the node's count of transactions is no number")
            }
            return count
        }
    }

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [sender.meter, inspector.codes.meter, rpc.nodes] }

    /// How old the newest block is that a node told, which is asked for every minute and at each payment; nil before the first.
    public var headAge: Duration? { sender.head.time.map { .milliseconds(now().milliseconds - $0.milliseconds) } }

    public var options: [PaymentOption] { [asset.option] }

    public func shortfall(_ option: PaymentOption) -> String? {
        confirmation.withLock { if case .open(let sentence) = $0 { sentence } else { nil } }
    }

    public func settlers(_ option: PaymentOption) -> [String] { [settlerAddress.checksummed] }

    public func read(_ payload: PaymentPayload, for option: PaymentOption) throws(WireError) -> Authorization { try asset.read(payload) }
    public func proves(_ authorization: Authorization, for option: PaymentOption) -> Bool { asset.proves(authorization) }
    public func practiceTransaction(_ authorization: Authorization) -> [UInt8]? { nil }

    // MARK: Confirming the network

    /// Compares the network with what we sign for until it agrees, then looks again every minute.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            do { fees.add(try await reader.feesSpent(chainID: asset.option.network.chainID, since: now() - .seconds(86_400)), at: now()) } catch {
                log.error("the fees of the last day could not be summed: \(error)")
            }
            var pause = Duration.seconds(1)
            while !Task.isCancelled {
                pause = await confirm() ? .seconds(60) : min(pause * 2, .seconds(15))
                do { try await Task.sleep(for: pause) } catch { return }
            }
        }
    }

    /// True when the network is what it should be. Silence changes nothing that was confirmed before.
    func confirm() async -> Bool {
        let problem: String
        do {
            if let mismatch = try await witness.mismatch() {
                problem = mismatch
            } else {
                confirmation.withLock { confirmation in
                    if case .open = confirmation { log.info("network confirmed, payments are taken") }
                    confirmation = .confirmed
                }
                await lookAtHead()
                return true
            }
        } catch {
            log.warning("\(error)")
            return confirmation.withLock { if case .confirmed = $0 { true } else { false } }
        }
        log.error("payments on \(asset.option.networkName) are withheld: \(problem)")
        confirmation.withLock { $0 = .open("This shop's connection to \(asset.option.networkName) is not right: \(problem).") }
        return false
    }

    /// Only measured: that a node keeps its newest block to itself withholds nothing.
    private func lookAtHead() async {
        if let block = try? await rpc.call("eth_getBlockByNumber", "latest", false) { sender.head.saw(block) }  // no answer is no age
    }

    // MARK: What is cached of the chain

    /// Fees and balance, at most three seconds old.
    func chainState() async throws -> ChainState { try await sender.chainState() }

    func forgetChainState() { sender.forgetChainState() }
}
