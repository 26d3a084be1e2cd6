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
    let settler: PrivateKey
    let settlerAddress: EVMAddress
    let policy: FeePolicy
    let reader: Reader
    let writer: Writer
    let now: WallClock
    let log: Logger
    let nonces: SettlerNonces
    let fees = FeeLedger()
    private let confirmation = Mutex<Confirmation>(.open("This shop is still connecting to its network; try again in a moment."))
    private let state = Cache<Int, ChainState>("chain-state", limit: 1, bytes: 4096, lifetime: .seconds(3))
    private let codes = Cache<EVMAddress, Bool>("account-codes", limit: 4096, bytes: 1 << 20, lifetime: .seconds(60)) { _, _ in 52 }
    private let codeLookUps: LookUpLimit
    private let head = ChainHead()

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
    ///   - settler: the key that pays fees; it never holds the shop's income.
    public init(
        option: PaymentOption, urls: [String], settler: PrivateKey, policy: FeePolicy, http: HTTPClient, reader: Reader, writer: Writer,
        metrics: RPCMetrics = .none, steps: Steps = .untraced, now: @escaping WallClock, log: Logger
    ) {
        guard let asset = ExactAsset(option), !option.sandbox else { preconditionFailure("a chain settles real money") }
        self.asset = asset
        self.settler = settler
        settlerAddress = settler.address
        self.policy = policy
        self.reader = reader
        self.writer = writer
        self.now = now
        var log = log
        log[metadataKey: "network"] = "\(option.network)"
        self.log = log
        let rpc = RPCClient(urls: urls, chainID: option.network.chainID, http: http, metrics: metrics, steps: steps)
        self.rpc = rpc
        let account = settler.address.hex
        nonces = SettlerNonces {
            guard let count = try await rpc.call("eth_getTransactionCount", .string(account), "pending").quantity, count < 1 << 62 else {
                throw RPCSilence(description: "the node's count of transactions is no number")
            }
            return count
        }
        codeLookUps = LookUpLimit(perSecond: 20)
    }

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [state.meter, codes.meter, rpc.nodes] }

    /// How old the newest block is that a node told, which is asked for every minute and at each payment; nil before the first.
    public var headAge: Duration? { head.time.map { .milliseconds(now().milliseconds - $0.milliseconds) } }

    public var options: [PaymentOption] { [asset.option] }

    public func shortfall(_ option: PaymentOption) -> String? {
        confirmation.withLock { if case .open(let sentence) = $0 { sentence } else { nil } }
    }

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
            // Asked of whatever chain it is, so that the owner reads what is wrong with it.
            let answers = try await rpc.batch(
                [
                    RPCCall("eth_chainId"), .read(asset.address, ERC20.domainSeparatorCallData), .read(asset.address, ERC20.decimalsCallData),
                ], anyChain: true)
            if let mismatch = try mismatch(answers) {
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
        if let block = try? await rpc.call("eth_getBlockByNumber", "latest", false) { head.saw(block) }  // no answer is no age
    }

    /// - Throws: `RPCSilence` when the node refused to tell, which says nothing of the chain.
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

    // MARK: What is cached of the chain

    /// Fees and balance, at most three seconds old.
    func chainState() async throws -> ChainState {
        let (rpc, settler, head) = (rpc, settlerAddress, head)
        return try await state.value(0) {
            let answers = try await rpc.batch(ChainState.calls(settler: settler))
            if case .success(let block) = answers[0] { head.saw(block) }
            return try ChainState(answers)
        }
    }

    func forgetChainState() { state.removeAll() }

    func knownToHaveCode(_ address: EVMAddress) -> Bool? { codes.value(address) }
    func remember(_ address: EVMAddress, hasCode: Bool) { codes.store(hasCode, for: address) }

    /// Whether an account is a contract; nil when too many were asked for just now.
    func hasCode(_ address: EVMAddress) async throws -> Bool? {
        if let known = codes.value(address) { return known }
        guard codeLookUps.allows() else { return nil }
        let rpc = rpc
        return try await codes.value(address) {
            guard let code = try await rpc.call("eth_getCode", .string(address.hex), "latest").data else {
                throw RPCSilence(description: "the node's code of an account is no data")
            }
            return !code.isEmpty
        }
    }
}

/// A bucket of look-ups that refills evenly; whoever finds it empty is told so and does not wait.
final class LookUpLimit: Sendable {
    private let perSecond: Int64
    private let state: Mutex<(tokens: Int64, since: ContinuousClock.Instant)>

    init(perSecond: Int64) {
        self.perSecond = perSecond
        state = Mutex((perSecond, .now))
    }

    func allows() -> Bool {
        state.withLock { state in
            let earned = (ContinuousClock.now - state.since).inMilliseconds * perSecond / 1000
            if earned > 0 { state = (min(perSecond, state.tokens + earned), .now) }
            guard state.tokens > 0 else { return false }
            state.tokens -= 1
            return true
        }
    }
}
