import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Telemetry
import Testing

@testable import HTTPAPI

extension TestShop {
    /// The same shop with other parts of the machine around it.
    func variant(
        isPractice: Bool? = nil, answerSeal: AnswerSeal? = nil, trustedProxies: [AddressBlock] = [], metrics: RequestMetrics? = nil,
        accessLog: AccessLog? = nil, steps: Steps = .untraced, upstreams: Upstreams? = nil, log: Logger? = nil
    ) -> Shop {
        Shop(
            settings: shop.settingsBook, origin: shop.origin, isPractice: isPractice ?? shop.isPractice, catalogue: catalogue, gate: shop.gate,
            sandboxGate: shop.sandboxGate, refunds: shop.refunds,
            reader: reader,
            deliveries: shop.deliveries, writerLoad: shop.writerLoad, links: shop.links, uploads: shop.uploads, access: access,
            answerSeal: answerSeal ?? shop.answerSeal, makeNetwork: shop.makeNetwork, upstreams: upstreams ?? shop.upstreams, answers: shop.answers,
            upstreamSeal: shop.upstreamSeal, notary: shop.notary, trustedProxies: trustedProxies,
            metrics: metrics ?? shop.metrics,
            accessLog: accessLog, steps: steps,
            version: shop.version, now: shop.now, log: log ?? shop.log)
    }

    /// Buys a product and returns its receipt.
    func receipt(of product: Product) async throws -> ReceiptID {
        _ = try await get("/p/\(product.slug)", pay(product.slug.text, nonce: UInt8(truncatingIfNeeded: product.id)))
        return try #require(try payments.last { $0.productID == product.id }).receiptID
    }
}

extension Shop {
    /// Asks a shop over a real socket of this machine.
    func ask(_ uri: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get) async throws -> TestResponse {
        try await Application(router: publicRouter).test(.live) { try await $0.execute(uri: uri, method: method, headers: headers) }
    }

    /// Asks it in process.
    func look(_ uri: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get) async throws -> TestResponse {
        try await Application(router: publicRouter).test(.router) { try await $0.execute(uri: uri, method: method, headers: headers) }
    }
}

extension HTTPFields {
    /// What makes a request a person's.
    static let person: HTTPFields = [.accept: "text/html", .userAgent: "Mozilla/5.0"]
}

/// Keeps log lines with their fields.
final class FieldBook: LogHandler, Sendable {
    private let kept = Mutex<[(level: Logger.Level, message: String, fields: [String: String])]>([])
    var lines: [(level: Logger.Level, message: String, fields: [String: String])] { kept.withLock { $0 } }

    var log: Logger { Logger(label: "test") { [self] _ in self } }

    let metadataProvider: Logger.MetadataProvider? = nil
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append((event.level, "\(event.message)", (event.metadata ?? [:]).mapValues { "\($0)" })) }
    }
}
