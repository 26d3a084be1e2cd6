import Catalogue
import Domain
import Foundation
import JSON
import Logging
import Payments
import Storage
import Synchronization
import Telemetry
import Testing
import X402

/// A pay desk over a real shop file, with a scripted facilitator and a clock that stands still until it is moved.
final class PayDesk: Sendable {
    final class Clock: Sendable {
        private let moment = Mutex(Timestamp(seconds: 1_800_000_000))
        var now: Timestamp { moment.withLock { $0 } }
        func advance(_ span: Duration) { moment.withLock { $0 = $0 + span } }
    }

    let directory: String
    let database: ShopDatabase
    let catalogue: Catalogue
    let facilitator: ScriptedFacilitator
    let offers: Offers
    let settlements = Settlements()
    let logBook = LogBook()
    let clock = Clock()

    var reader: Reader { database.reader }
    var writer: Writer { database.writer }
    var log: Logger { Logger(label: "test") { [logBook] _ in logBook } }

    init(options: [PaymentOption] = [option()], shopName: String = "A shop", origin: String = "https://shop.example") throws {
        directory = NSTemporaryDirectory() + "pushcart-payments-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        database = try ShopDatabase(path: "\(directory)/shop.sqlite")
        let contents = try ContentStore(directory: "\(directory)/content")
        let now: WallClock = { [clock] in clock.now }
        catalogue = Catalogue(reader: database.reader, writer: database.writer, contents: contents, now: now)
        facilitator = ScriptedFacilitator(options: options, writer: database.writer)
        offers = Offers(
            catalogue: catalogue, sealer: OfferSealer(key: [UInt8](repeating: 1, count: 32)), facilitators: [facilitator], origin: origin,
            shopName: { shopName }, now: now)
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A gate that waits so long for the chain; no test waits so long, for settlements end when it says so.
    func gate(wait: Duration = .seconds(60), metrics: PaymentMetrics = .none, steps: Steps = .untraced) -> Paygate {
        Paygate(
            reader: reader, writer: writer, facilitators: [facilitator], offers: offers, settlements: settlements, settlementWait: wait,
            metrics: metrics, steps: steps, now: { [clock] in clock.now }, log: log)
    }

    /// A gate that does not wait at all.
    var hasty: Paygate { gate(wait: .zero) }

    func reconciler() -> Reconciler { Reconciler(gate: gate(), now: { [clock] in clock.now }) }

    func state(_ id: Int64) throws -> PaymentState? { try reader.payment(id: id)?.state }
}

// MARK: What is sold

extension PayDesk {
    static func option(
        chain: UInt64 = 8453, asset: UInt8 = 0xA5, decimals: Int = 6, currency: Currency = .usd, payTo: UInt8 = 0x50, sandbox: Bool = false,
        v1Name: String? = "base", domainName: String = "USD Coin"
    ) -> PaymentOption {
        PaymentOption(
            asset: Asset(
                network: Network(chainID: chain)!, address: [UInt8](repeating: asset, count: 20), addressText: address(asset), symbol: "USDC",
                decimals: decimals, currency: currency, domainName: domainName, domainVersion: "2"),
            payTo: [UInt8](repeating: payTo, count: 20), payToText: address(payTo), sandbox: sandbox, networkName: "Chain \(chain)", v1Name: v1Name,
            explorer: nil)
    }

    static func address(_ byte: UInt8) -> String { "0x" + lowercaseHex([UInt8](repeating: byte, count: 20)).uppercased() }

    func product(_ slug: String = "hello", price: String = "0.01", repeatable: Bool = false, change: (inout ProductDraft) -> Void = { _ in })
        async throws -> Product
    {
        var draft = ProductDraft(
            slug: try #require(Slug(slug)), title: "Title", summary: "Words.", kind: .file, price: try Money(price, .usd), tags: [],
            repeatable: repeatable, state: .published,
            content: Content(
                digest: try #require(ContentDigest([UInt8](repeating: 6, count: 32))), length: 3, mediaType: "audio/flac", fileName: "song.flac"))
        change(&draft)
        guard case .created(let product) = try await catalogue.add(draft, actor: "local:0") else { throw Missing() }
        return product
    }

    func edit(_ product: Product, _ change: (inout ProductEdit) throws -> Void) async throws -> Product {
        var edit = ProductEdit()
        try change(&edit)
        guard case .changed(let edited) = try await catalogue.edit(product.slug, edit, actor: "local:0") else { throw Missing() }
        return edited
    }

    struct Missing: Error {}
}

// MARK: What a client does

extension PayDesk {
    /// The 402 as a client of version 2 reads it.
    func required(_ product: Product, error: String = "payment_required") throws -> PaymentRequired {
        let terms = try #require(offers.terms(product))
        return try PaymentRequired(PaymentHeader.decode(offers.header(terms, error: error)))
    }

    /// The first way to pay of a fresh 402.
    func offer(_ product: Product) throws -> PaymentRequirements { try #require(required(product).accepts.first) }

    /// What a payer signs; signature 0 is forged.
    static func signed(amount: String, payer: Int64 = 1, nonce: Int64 = 1, payTo: Int64 = 0x50, signature: Int64 = 1) -> JSONObject {
        [
            "payer": .integer(payer), "nonce": .integer(nonce), "amount": .string(amount), "payTo": .integer(payTo), "signature": .integer(signature),
        ]
    }

    /// A payment by terms as they came.
    static func pay(_ terms: PaymentRequirements, payer: Int64 = 1, nonce: Int64 = 1, signature: Int64 = 1) -> PaymentPayload {
        PaymentPayload(
            accepted: terms, payload: signed(amount: terms.amount, payer: payer, nonce: nonce, signature: signature), resource: nil, extensions: nil)
    }

    static func payV1(amount: String = "10000", network: String = "base", nonce: Int64 = 1, payer: Int64 = 1) -> PaymentPayload {
        PaymentPayload(scheme: "exact", v1Network: network, payload: signed(amount: amount, payer: payer, nonce: nonce))
    }
}

extension PaymentRequirements {
    /// The same terms with a field changed, nil removing it.
    func with(_ name: String, _ value: JSONValue?) throws -> PaymentRequirements {
        var json = json
        json[name] = value
        return try PaymentRequirements(json)
    }

    /// The same terms without their seal.
    func unsealed() throws -> PaymentRequirements {
        var extra = extra
        extra["offer"] = nil
        return try with("extra", .object(extra))
    }
}

extension Admission {
    /// The outcome in words.
    var told: String {
        switch self {
        case .admitted(let receipt): receipt.wasOwned ? "owned" : "admitted"
        case .pending: "pending"
        case .refused(let error, _): "refused: \(error.reason)"
        case .conflicting: "conflicting"
        case .malformed(let error): "malformed: \(error.reason)"
        case .unavailable: "unavailable"
        }
    }

    var payment: Payment? {
        switch self {
        case .admitted(let receipt): receipt.payment
        case .pending(let payment): payment
        case .refused, .conflicting, .malformed, .unavailable: nil
        }
    }
}
