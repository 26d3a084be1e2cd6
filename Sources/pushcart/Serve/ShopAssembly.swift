import Access
import AsyncHTTPClient
import Catalogue
import Domain
import EVM
import Facilitators
import Foundation
import HTTPAPI
import Logging
import NIOCore
import NIOPosix
import Payments
import Sealing
import ServiceLifecycle
import Storage
import Telemetry
import X402
import X402EVM

/// Wires a shop together from its directory and the machine's settings; decides nothing.
struct ShopAssembly {
    static let version = "0.1.0"
    static let wallClock: WallClock = { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))) }

    let database: ShopDatabase
    let shop: Shop
    /// What must run for payments to end, in the order in which it starts.
    let services: [any Service]
    /// How many connections the public listener takes, in all and from one address.
    let connections: ConnectionLimits
    private let http: HTTPClient
    private let upstreams: Upstreams
    private let vault: Vault
    private let networkSetup: NetworkSetup
    let access: AccessDesk

    /// - Parameter port: the port that the daemon really listens on, for the origin.
    init(_ directory: DataDirectory, _ machine: MachineSettings, port: Int, log: Logger) throws {
        let now = Self.wallClock
        let measurements = Measurements()
        let steps = machine.traces ? Steps(LogTracer(log.telling(.debug))) : .untraced
        do { database = try ShopDatabase(path: directory.database, committed: measurements.commits) } catch let error as StorageError {
            throw CommandFailure.refused(error.description)
        } catch { throw CommandFailure.refused("The shop's database cannot be opened: \(error)") }
        let (reader, writer) = (database.reader, database.writer)
        let settings = SettingsBook(try reader.settings(), writer: writer, now: now)
        let uploads = try UploadStore(
            directory: directory.uploads, contents: try ContentStore(directory: directory.contents), writer: writer, now: now)
        let catalogue = Catalogue(reader: reader, writer: writer, contents: try ContentStore(directory: directory.contents), now: now)
        let answers = try AnswerShelf(directory: directory.answers, now: now)
        let (offersKey, linksKey) = (try directory.secret("offers.key"), try directory.secret("links.key"))
        let linkSeries = LinkSeries(try reader.linkSeries())
        vault = try Self.vault(directory)
        let setup = NetworkSetup(machine: machine, directory: directory, vault: vault)
        networkSetup = setup
        let networks = try reader.networks().map { try ChainSettings($0, setup, machine, directory) }
        let origin = machine.origin ?? settings.current.origin ?? machine.standardOrigin(port: port)
        access = try AccessDesk(database: database, vault: vault, issuer: origin, shopName: settings.current.name, log: log, now: now)

        // Our own proxies and this machine bring many clients under one address.
        let own = ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) }
        connections = ConnectionLimits(exempt: machine.trustedProxies + own)

        // From here on nothing throws: the client must not be dropped without its shutdown.
        var client = HTTPClient.Configuration(timeout: .init(connect: .seconds(2)))
        client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        client.redirectConfiguration = .disallow
        // A node that is down is told from one that is slow, and the next one asked at once.
        client.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: client)

        writer.origin = origin
        upstreams = Upstreams(MultiThreadedEventLoopGroup.singleton, named: Set(machine.upstreamHosts))
        let (database, http) = (database, http)
        let chains = networks.map { chain in
            chain.facilitator(
                origin: origin, http: http, database: database, metrics: measurements.rpc(chain.option.network), steps: steps, now: now, log: log)
        }
        let isPractice = chains.isEmpty
        let facilitators: [any Facilitator] = isPractice ? [SandboxFacilitator(Self.practice, now: now)] : chains

        let sealer = OfferSealer(key: offersKey)
        let offers = Offers(
            catalogue: catalogue, sealer: sealer, facilitators: facilitators, origin: origin, shopName: { settings.current.name }, now: now)
        let limiter = RateLimiter(machine.isRateLimited ? .standard : .off)
        let payments = measurements.payments
        let gate = Paygate(
            reader: reader, writer: writer, facilitators: facilitators, offers: offers, settlements: Settlements(),
            settlementWait: machine.settlementWait, metrics: payments, steps: steps, now: now, log: log)
        let trial: [any Facilitator] = [SandboxFacilitator(Self.trial, now: now)]
        let trialOffers = Offers(
            catalogue: catalogue, sealer: sealer, facilitators: trial, origin: origin, door: .practice, shopName: { settings.current.name }, now: now)
        let sandboxGate = Paygate(
            reader: reader, writer: writer, facilitators: trial, offers: trialOffers, settlements: Settlements(),
            settlementWait: machine.settlementWait, metrics: payments, steps: steps, now: now, log: log)
        let notary = AuditNotary(database: database, notebook: AuditHeadFile(directory).notebook, now: now) { [vault] in
            let key = try vault.auditSigningKey
            return AuditSigner(publicKey: key.publicKey) { try key.sign($0) }
        }
        let refunds = RefundDesk(
            reader: reader, writer: writer,
            refunders: networks.compactMap { chain in
                chain.refunder(
                    http: http, database: database, metrics: measurements.rpc(chain.option.network), steps: steps, now: now, log: log)
            }, metrics: measurements.refunds, now: now, log: log)
        let deliveries = DeliveryLog(writer: writer, metrics: payments, log: log)
        shop = Shop(
            settings: settings, origin: origin, isPractice: isPractice, catalogue: catalogue, gate: gate, sandboxGate: sandboxGate,
            refunds: refunds, reader: reader, deliveries: deliveries,
            writerLoad: { writer.load },
            links: ContentLinkSigner(key: linksKey, series: linkSeries), uploads: uploads, access: access,
            answerSeal: AnswerSeal(
                seal: { [vault] in try vault.seal($0, for: .shop, field: "call.answer") },
                open: { [vault] in try vault.open($0, for: .shop, field: "call.answer") }),
            makeNetwork: { draft in try setup.make(draft, before: try reader.networks().first { $0.network == draft.network }) },
            upstreams: upstreams, answers: answers,
            upstreamSeal: AnswerSeal(
                seal: { [vault] in try vault.seal($0, for: .shop, field: "product.upstream") },
                open: { [vault] in try vault.open($0, for: .shop, field: "product.upstream") }),
            auditKey: { [vault] in try vault.auditSigningKey.publicKey }, notary: notary, limiter: limiter, trustedProxies: machine.trustedProxies,
            metrics: RequestMetrics(measurements.registry),
            accessLog: machine.logsAccess ? AccessLog(log.telling(.info)) : nil, steps: steps, version: Self.version, now: now,
            log: log)
        let upkeep = Upkeep(
            access: access, database: database, units: LedgerUnits.of((offers.options + trialOffers.options).map(\.option)), notary: notary,
            calls: { [gate] in
                answers.sweep()
                try await gate.sweepCalls(hasRestarted: false)
            }, now: now, log: log)
        services =
            [deliveries] as [any Service] + chains + [Reconciler(gate: gate, now: now), FinalityWatch(gate: gate, now: now), refunds, upkeep]

        measurements.watchProcess(version: Self.version)
        measurements.watch(writer, database: directory.database)
        measurements.watch(connections, limiter)
        measurements.watch(access.passwords)
        measurements.watch(offers)
        measurements.watch(vault)
        measurements.watch(catalogue.caches + offers.caches + trialOffers.caches + access.caches + [settings.meter])
        for case let chain as LocalFacilitator in chains {
            measurements.watch(chain)
            measurements.watch(chain.caches, labels: [("network", "\(chain.options.map(\.network.description).joined(separator: " "))")])
        }
    }

    /// Practice money looks like Base Sepolia's USDC, which clients with their standard limits pay unchanged.
    private static var practice: PaymentOption { practice("pushcart practice money") }

    /// The same at the practice door, with a payee of its own: by it the money of the two doors is told apart for good.
    private static var trial: PaymentOption { practice("pushcart practice door") }

    /// - Parameter purpose: names an address without a key, the last 20 bytes of its Keccak-256: nothing is ever sent there.
    private static func practice(_ purpose: String) -> PaymentOption {
        let payTo = Array(Keccak256.hash(utf8: purpose).bytes.suffix(20))
        guard let preset = NetworkPreset.of(chainID: 84532), let option = option(preset, payTo: payTo, sandbox: true) else {
            preconditionFailure("the practice network has a preset")
        }
        return option
    }

    static func option(_ preset: NetworkPreset, payTo: [UInt8], sandbox: Bool) -> PaymentOption? {
        guard let network = Network(chainID: preset.chainID), let address = EVMAddress(payTo), let currency = Currency(preset.token.currency) else {
            return nil
        }
        let asset = Asset(
            network: network, address: preset.token.address.bytes, addressText: preset.token.address.checksummed, symbol: preset.token.symbol,
            decimals: preset.token.decimals, currency: currency, domainName: preset.token.domainName, domainVersion: preset.token.domainVersion)
        return PaymentOption(
            asset: asset, payTo: payTo, payToText: address.checksummed, sandbox: sandbox, networkName: preset.name,
            v1Name: NetworkNamesV1.name(caip2: network.description), explorer: preset.explorer)
    }

    /// What must be done before anybody is let in.
    func prepare() async throws {
        try await networkSetup.sealLegacy(database)
        try await access.prepare()
        try await shop.gate.sweepCalls(hasRestarted: true)
    }

    /// A link for the owner of a shop that has none; nil when it has one.
    func firstSetupLink() async throws -> String? {
        guard try !database.reader.hasOwner(), case .made(let token, let expiresAt) = try await access.setupLinks.make(actor: "pushcart") else {
            return nil
        }
        return SetupLinkText.text("\(shop.origin)/setup#\(token)", expires: expiresAt.iso8601)
    }

    /// Opens the file of wrapped keys with the node's key, from systemd or from a file made at first use.
    static func vault(_ directory: DataDirectory) throws -> Vault {
        do {
            try directory.makeKeys()
            let path = "\(directory.keys)/node.key"
            let node = try NodeKey.load(path: path, credentials: ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"])
            // A rotation that was cut off is finished first.
            guard let next = try NodeKey.next(beside: path, isMade: false) else { return try Vault(path: directory.subjects, node: node) }
            let vault = try Vault(path: directory.subjects, node: next, previous: [node])
            try NodeKey.adoptNext(beside: path)
            return vault
        } catch let error as SealingError { throw CommandFailure.refused(error.description) }
    }

    /// Lets go of everything; what was queued is written first.
    func close() async throws {
        await access.keys.flush()
        try await http.shutdown()
        try await upstreams.shutdown()
        try vault.close()
        try database.close()
    }
}

extension Logger {
    /// The same log, quiet or not, with room for lines of that level: whoever switches them on wants to see them.
    fileprivate func telling(_ level: Level) -> Logger {
        var log = self
        log.logLevel = min(logLevel, level)
        return log
    }
}
