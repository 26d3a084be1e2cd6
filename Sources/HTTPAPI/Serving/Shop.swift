public import Access
public import Catalogue
public import Domain
import Foundation
public import Logging
public import Payments
public import Storage
public import Telemetry

/// All that the routes need, put together by the process.
public struct Shop: Sendable {
    public let settingsBook: SettingsBook
    /// The public address, without a slash at the end; never taken from a request.
    public let origin: String
    /// Whether the origin names this machine only, so that practice buyers may have the real goods.
    public let isLoopback: Bool
    /// Whether only practice money is taken.
    public let isPractice: Bool
    public let catalogue: Catalogue
    public let gate: Paygate
    /// The pay desk of the practice door, which takes practice money whatever the shop takes, and gives samples.
    public let sandboxGate: Paygate
    /// Settles for the owner's other shops.
    public let desk: PaymentDesk
    /// What gives money back.
    public let refunds: RefundDesk
    public let reader: Reader
    public let deliveries: DeliveryLog
    /// What the writer has done, for the operator.
    public let writerLoad: @Sendable () -> WriterLoad
    public let links: ContentLinkSigner
    public let uploads: UploadStore
    public let access: AccessDesk
    public let answerSeal: AnswerSeal
    public let makeNetwork: NetworkMaking
    /// The way out to the services whose calls are sold.
    public let upstreams: Upstreams
    /// Their answers, kept for those who paid.
    public let answers: AnswerShelf
    /// Seals the header fields by which services know the shop.
    public let upstreamSeal: AnswerSeal
    /// The public key that signs heads of the audit log today, 32 bytes; nil when it is not known.
    public let auditKey: @Sendable () throws -> [UInt8]?
    /// Signs heads of the audit log, for receipts too.
    public let notary: AuditNotary
    public let limiter: RateLimiter
    /// Our own proxies, whose word on a client's address is believed.
    public let trustedProxies: [AddressBlock]
    public let metrics: RequestMetrics
    /// Told of each request; nil where nobody wants a line for each.
    public let accessLog: AccessLog?
    /// Traces what a request goes through, where somebody wants to see it.
    public let steps: Steps
    public let version: String
    public let started: Timestamp
    public let now: WallClock
    public let log: Logger

    public init(
        settings: SettingsBook, origin: String, isPractice: Bool, catalogue: Catalogue, gate: Paygate, sandboxGate: Paygate, refunds: RefundDesk,
        reader: Reader,
        deliveries: DeliveryLog,
        writerLoad: @escaping @Sendable () -> WriterLoad, links: ContentLinkSigner, uploads: UploadStore,
        access: AccessDesk, answerSeal: AnswerSeal, makeNetwork: @escaping NetworkMaking,
        upstreams: Upstreams, answers: AnswerShelf, upstreamSeal: AnswerSeal,
        auditKey: @escaping @Sendable () throws -> [UInt8]? = { nil }, notary: AuditNotary,
        limiter: RateLimiter = RateLimiter(.off),
        trustedProxies: [AddressBlock] = [],
        metrics: RequestMetrics = RequestMetrics(PrometheusRegistry()), accessLog: AccessLog? = nil, steps: Steps = .untraced,
        version: String, now: @escaping WallClock, log: Logger
    ) {
        settingsBook = settings
        self.origin = origin
        isLoopback = Self.isLoopback(origin)
        self.isPractice = isPractice
        self.catalogue = catalogue
        self.gate = gate
        self.sandboxGate = sandboxGate
        desk = PaymentDesk(gate: gate)
        self.refunds = refunds
        self.reader = reader
        self.deliveries = deliveries
        self.writerLoad = writerLoad
        self.links = links
        self.uploads = uploads
        self.access = access
        self.answerSeal = answerSeal
        self.makeNetwork = makeNetwork
        self.upstreams = upstreams
        self.answers = answers
        self.upstreamSeal = upstreamSeal
        self.auditKey = auditKey
        self.notary = notary
        self.limiter = limiter
        self.trustedProxies = trustedProxies
        self.metrics = metrics
        self.accessLog = accessLog
        self.steps = steps
        self.version = version
        started = now()
        self.now = now
        self.log = log
    }

    var offers: Offers { gate.offers }
    public var settings: ShopSettings { settingsBook.current }
    /// A public shop that takes practice money only: it gives samples and says that it opens soon.
    var opensSoon: Bool { isPractice && !isLoopback }

    func gate(at door: ShopDoor) -> Paygate {
        switch door {
        case .goods: gate
        case .practice: sandboxGate
        }
    }

    /// Whether practice money buys a sample and not the goods: it buys them only on the machine of a shop that takes nothing else.
    func givesSample(at door: ShopDoor, isLocal: Bool) -> Bool {
        switch door {
        case .goods: isPractice && !(isLoopback && isLocal)
        case .practice: true
        }
    }

    /// Whether a payment bought a sample and not the goods.
    func isSample(_ payment: Payment, isLocal: Bool) -> Bool {
        guard payment.sandbox else { return false }
        guard isPractice else { return true }
        let isThroughPractice = sandboxGate.offers.options.contains { $0.option.payTo == payment.authorization.payTo }
        return givesSample(at: isThroughPractice ? .practice : .goods, isLocal: isLocal)
    }

    /// Whether an origin's host is this machine: `localhost`, `127.…` or `[::1]`.
    static func isLoopback(_ origin: String) -> Bool {
        guard let start = origin.range(of: "://") else { return false }
        let authority = origin[start.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // A name before the host is nobody's business here, and may look like one.
        guard !authority.contains("@") else { return false }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        return host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }
}
