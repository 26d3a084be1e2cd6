public import AsyncHTTPClient
public import Domain
import EVM
import JSON
public import Logging
import NIOCore
public import Payments
public import ServiceLifecycle
public import Storage
import Synchronization
public import Telemetry
public import X402
import X402EVM

/// Has payments settled by x402 facilitators elsewhere, asked in turn; whatever can be checked here is checked here first.
///
/// With a node of the chain every settlement is proved by the asset's own logs. Without one a service's word is believed, up to a limit a
/// day for each service.
public final class RemoteFacilitator: Facilitator, Service {
    let asset: ExactAsset
    let clients: [FacilitatorClient]
    /// Nil where no node of the chain is known.
    let witness: ChainWitness?
    let trust: DailyTrust
    let patience: TimeAmount
    let reader: Reader
    let writer: Writer
    let now: WallClock
    let log: Logger
    let inspector: ChainInspector?
    /// The public address of the shop, which version 1 wants as the resource; what was bought is nobody's business.
    private let origin: String
    private let standing: Mutex<Standing>

    private struct Standing {
        /// The newest version of the protocol that a service speaks for our chain; nil for a service that has not said.
        var versions: [String: Int] = [:]
        var problem: String?
        /// Whether the chain is what it should be, where it can be asked.
        var isConfirmed: Bool
    }

    /// - Parameters:
    ///   - services: asked in turn; the next one only when a request certainly did not reach the one before.
    ///   - urls: JSON-RPC nodes; may be empty.
    ///   - dailyLimit: what each service is believed in a day without a node.
    ///   - origin: the public address of the shop.
    ///   - finality: when a settlement can no longer be taken back; nil for what is usual on that chain.
    ///   - patience: how long a service may work on one payment. Longer than any buyer waits: an answer that was cut off has to be found
    ///     out otherwise.
    public init(
        option: PaymentOption, services: [PaymentService], urls: [String], dailyLimit: AtomicAmount, origin: String, http: HTTPClient,
        reader: Reader, writer: Writer, patience: Duration = .seconds(60), finality: FinalityDepth? = nil, metrics: RPCMetrics = .none,
        steps: Steps = .untraced,
        now: @escaping WallClock, log: Logger
    ) {
        guard let asset = ExactAsset(option), !option.sandbox else { preconditionFailure("a payment service settles real money") }
        self.asset = asset
        clients = services.map { FacilitatorClient($0, http: http, steps: steps, now: now) }
        witness =
            urls.isEmpty
            ? nil
            : ChainWitness(
                asset: asset, rpc: RPCClient(urls: urls, chainID: option.network.chainID, http: http, metrics: metrics, steps: steps),
                finality: finality ?? .standard(chainID: option.network.chainID))
        inspector = witness.map { ChainInspector(witness: $0, sender: asset.address) }
        trust = DailyTrust(limit: dailyLimit)
        self.origin = origin
        self.patience = .nanoseconds(patience.components.seconds * 1_000_000_000 + patience.components.attoseconds / 1_000_000_000)
        self.reader = reader
        self.writer = writer
        self.now = now
        var log = log
        log[metadataKey: "network"] = "\(option.network)"
        self.log = log
        standing = Mutex(Standing(isConfirmed: witness == nil))
    }

    public var options: [PaymentOption] { [asset.option] }
    public func service(_ option: PaymentOption) -> String? { clients.map(\.name).joined(separator: ", ") }

    public func shortfall(_ option: PaymentOption) -> String? {
        standing.withLock { standing in
            if let problem = standing.problem { return problem }
            guard standing.isConfirmed, !standing.versions.isEmpty else {
                return "This shop is still connecting to its payment service; try again in a moment."
            }
            return nil
        }
    }

    public func shortfall(_ option: PaymentOption, amount: AtomicAmount) -> String? {
        if let sentence = shortfall(option) { return sentence }
        guard witness == nil else { return nil }
        return ready.contains { trust.allows(amount, for: $0.name, at: now()) } ? nil : Self.exhausted
    }

    static let exhausted = "This shop has taken as much today as it lets its payment service settle; try again tomorrow."

    /// The services that have said that they settle on our chain.
    var ready: [FacilitatorClient] {
        let versions = standing.withLock(\.versions)
        return clients.filter { versions[$0.name] != nil }
    }

    public func read(_ payload: PaymentPayload, for option: PaymentOption) throws(WireError) -> Authorization { try asset.read(payload) }
    public func proves(_ authorization: Authorization, for option: PaymentOption) -> Bool { asset.proves(authorization) }
    public func practiceTransaction(_ authorization: Authorization) -> [UInt8]? { nil }

    // MARK: What is asked

    /// The body of `/verify` and `/settle`: the same for the same payment, whatever version its buyer spoke.
    func request(_ authorization: Authorization, to client: FacilitatorClient) -> JSONObject? {
        guard var exact = asset.payload(authorization) else { return nil }
        if let signature = try? ECDSASignature(parsing: exact.signature) {  // the compact form is not known everywhere
            exact = ExactPayload(authorization: exact.authorization, signature: signature.serialized65)
        }
        let option = asset.option
        let extra: JSONObject = ["name": .string(option.asset.domainName), "version": .string(option.asset.domainVersion)]
        if standing.withLock({ $0.versions[client.name] }) == 1, let name = option.v1Name {
            let requirements: JSONObject = [
                "scheme": "exact", "network": .string(name), "maxAmountRequired": .string(authorization.amount.description),
                "resource": .string(origin), "description": "", "mimeType": "", "payTo": .string(option.payToText),
                "maxTimeoutSeconds": .integer(PaymentTerms.maxTimeoutSeconds), "asset": .string(option.asset.addressText), "extra": .object(extra),
            ]
            let payload = PaymentPayload(scheme: "exact", v1Network: name, payload: exact.json)
            return ["x402Version": 1, "paymentPayload": .object(payload.json), "paymentRequirements": .object(requirements)]
        }
        let requirements = PaymentRequirements(
            scheme: "exact", network: option.network.description, amount: authorization.amount.description, asset: option.asset.addressText,
            payTo: option.payToText, maxTimeoutSeconds: PaymentTerms.maxTimeoutSeconds, extra: extra)
        let payload = PaymentPayload(accepted: requirements, payload: exact.json, resource: nil, extensions: nil)
        return ["x402Version": 2, "paymentPayload": .object(payload.json), "paymentRequirements": .object(requirements.json)]
    }

    // MARK: Verify

    public func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict {
        do {
            let (payload, signature) = try asset.check(authorization, now: now())
            if let inspector { return try await inspector.verify(payload, signature) }
            guard case .recovers = signature else {
                return .invalid(WireError(.invalidSignature, "The signature is not the wallet's own; contract wallets cannot pay here."))
            }
            return await askWhetherValid(authorization)
        } catch let error as WireError {
            return .invalid(error)
        } catch {
            log.warning("a payment could not be verified: \(error)")
            return .unavailable("The network cannot be asked just now; try the same payment again in a moment.")
        }
    }

    /// Without a node nobody here knows whether the authorization is unused, so that a refusal never gives owned goods.
    private func askWhetherValid(_ authorization: Authorization) async -> Verdict {
        for client in ready {
            guard let request = request(authorization, to: client) else { return .invalid(ExactAsset.badSignature) }
            switch await client.verify(request) {
            case .notArrived(let words): log.warning("\(client.name) could not be asked: \(words)")
            case .unclear(let words): log.warning("\(client.name) did not verify a payment: \(words)")
            case .said(let json, let isRefusal):
                let payer = json["payer"]?.string
                if payer != nil, payer.flatMap({ EVMAddress(hex: $0) })?.bytes != authorization.key.payer {
                    log.error("\(client.name) verified another payer's payment")
                } else if json["isValid"]?.bool == true, !isRefusal {
                    let fits = trust.allows(authorization.amount, for: client.name, at: now())
                    return fits ? .valid : .provenUnavailable(Self.exhausted)
                } else if json["isValid"]?.bool == false {
                    let reason = ErrorReason(rawValue: json["invalidReason"]?.string ?? "")
                    return .invalid(
                        WireError(SettleAnswer.known(reason, or: .unexpectedVerifyError), "The payment service refuses this payment."))
                } else {
                    log.error("\(client.name) answered neither yes nor no")
                }
            }
        }
        return .unavailable("The payment service cannot be asked just now; try the same payment again in a moment.")
    }

    // MARK: Confirming the services

    /// Asks the services and the node until both are what they should be, then again every minute.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            do {
                for entry in try await reader.entrusted(network: asset.option.network, since: now() - .seconds(86_400)) {
                    trust.add(entry.amount, to: entry.service, at: entry.at)
                }
            } catch { log.error("what was entrusted to payment services could not be summed: \(error)") }
            var pause = Duration.seconds(1)
            while !Task.isCancelled {
                pause = await confirm() ? .seconds(60) : min(pause * 2, .seconds(15))
                do { try await Task.sleep(for: pause) } catch { return }
            }
        }
    }

    /// True when payments can be taken. Silence changes nothing that was confirmed before.
    func confirm() async -> Bool {
        for client in clients {
            switch await client.supported() {
            case .notArrived(let words), .unclear(let words): log.warning("\(client.name) does not tell what it settles: \(words)")
            case .said(let json, _):
                let version = version(json)
                if version == nil { log.error("\(client.name) does not settle on \(asset.option.networkName)") }
                learn(version, of: client.name)
            }
        }
        if let witness {
            do {
                let mismatch = try await witness.mismatch()
                if let mismatch { log.error("payments on \(asset.option.networkName) are withheld: \(mismatch)") }
                standing.withLock { standing in
                    standing.isConfirmed = mismatch == nil
                    standing.problem = mismatch.map { "This shop's connection to \(asset.option.networkName) is not right: \($0)." }
                }
            } catch { log.warning("\(error)") }
        }
        return shortfall(asset.option) == nil
    }

    /// In which version a service settles on our chain; nil where it does not.
    func learn(_ version: Int?, of name: String) { standing.withLock { $0.versions[name] = version } }

    /// The newest version in which a service settles `exact` on our chain (x402 v2 specification, section 7.3).
    private func version(_ json: JSONObject) -> Int? {
        let option = asset.option
        return (json["kinds"]?.array ?? []).compactMap { kind -> Int? in
            guard kind["scheme"]?.string == "exact", let network = kind["network"]?.string else { return nil }
            switch kind["x402Version"]?.int64 {
            case 2 where network == option.network.description || network == "eip155:*": return 2
            case 1 where network == option.v1Name: return 1
            default: return nil
            }
        }.max()
    }
}
