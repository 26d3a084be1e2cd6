import Domain
import Foundation
import GRDB
import Storage
import Testing

/// A real shop file in a directory of its own, gone with this object.
final class TemporaryShop: Sendable {
    let directory: String
    let database: ShopDatabase

    var reader: Reader { database.reader }
    var writer: Writer { database.writer }
    var path: String { "\(directory)/shop.sqlite" }

    init() throws {
        directory = try Self.makeDirectory()
        database = try ShopDatabase(path: "\(directory)/shop.sqlite")
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    static func makeDirectory() throws -> String {
        let directory = NSTemporaryDirectory() + "pushcart-storage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return directory
    }

    /// Runs SQL as any other program would, past all of our own rules.
    func execute(_ sql: String) async throws {
        try await writer.write { db in try db.execute(sql: sql) }
    }

    func integer(_ sql: String) async throws -> Int? {
        try await writer.write { db in try Int.fetchOne(db, sql: sql) }
    }
}

extension TemporaryShop {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let base = Network(chainID: 8453)!
    static let usdc = bytes(0xA5, 20)
    static let shop = bytes(0x50, 20)

    static func bytes(_ value: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: value, count: count) }

    static func content(_ value: UInt8) -> Content {
        Content(digest: ContentDigest(bytes(value, 32))!, length: 3, mediaType: "audio/flac", fileName: "song-\(value).flac")
    }

    static func draft(_ slug: String, price: String = "0.01", repeatable: Bool = false, state: Product.State = .published) throws -> ProductDraft {
        ProductDraft(
            slug: try #require(Slug(slug)), title: "Title of \(slug)", summary: "Words about \(slug).", kind: .file, price: try Money(price, .usd),
            tags: ["music", "live"], repeatable: repeatable, state: state, content: content(1))
    }

    func product(_ slug: String, price: String = "0.01", repeatable: Bool = false) async throws -> Product {
        switch try await writer.createProduct(Self.draft(slug, price: price, repeatable: repeatable), actor: "local:0", at: Self.now) {
        case .created(let product): return product
        case .slugTaken: throw Missing()
        }
    }

    struct Missing: Error {}

    /// A claim of wallet `payer` with the nonce `nonce`.
    static func claim(
        _ product: Product, payer: UInt8 = 1, nonce: UInt8 = 1, amount: UInt128 = 10_000, sandbox: Bool = false, network: Network = base,
        asset: [UInt8] = usdc, sealHash: [UInt8]? = nil, version: Int = 2, at: Timestamp = now
    ) -> Claim {
        Claim(
            authorization: Authorization(
                key: PaymentKey(network: network, asset: asset, payer: bytes(payer, 20), nonce: bytes(nonce, 32)), payTo: shop,
                amount: AtomicAmount(amount), validAfter: 0, validBefore: .max, signature: bytes(nonce, 65)),
            sandbox: sandbox, productID: product.id, repeatable: product.repeatable, content: product.content.digest, protocolVersion: version,
            sealHash: sealHash, token: PaymentToken(bytes(nonce, 12))!, at: at)
    }

    /// Claims and expects to be told `claimed`.
    func claimed(_ claim: Claim) async throws -> Payment {
        guard case .claimed(let payment) = try await writer.claim(claim) else { throw Missing() }
        return payment
    }

    /// Claims and posts.
    func sold(_ claim: Claim, at: Timestamp = now) async throws -> Payment {
        let payment = try await claimed(claim)
        guard case .posted(let posted) = try await writer.post(paymentID: payment.id, transaction: Self.bytes(0xCC, 32), at: at) else {
            throw Missing()
        }
        return posted
    }

    /// The sale that a posted payment is.
    func sale(of payment: Payment) async throws -> Sale {
        let order = try #require(payment.orderID)
        return try #require(await reader.sale(orderID: order))
    }

    /// Makes of a shop what it was before it had an audit log and a ledger.
    static let withoutLedger = """
        DROP TABLE audit_nodes; DROP TABLE audit_heads; DROP TABLE entries; DROP TABLE accounts; DROP TABLE assets;
        CREATE TABLE events(
            sequence INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            subject INTEGER NOT NULL,
            actor TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        INSERT INTO events SELECT sequence, kind, subject, actor, at FROM audit;
        DROP TABLE audit;
        CREATE INDEX events_by_people ON events(actor) WHERE actor GLOB 'person:*';
        CREATE INDEX events_about_people ON events(subject) WHERE kind GLOB 'person.*' OR kind GLOB 'password.*' OR kind GLOB 'two_step.*'
            OR kind GLOB 'setup_link.*' OR kind GLOB 'session.*';
        DELETE FROM grdb_migrations WHERE identifier = '5 ledger';
        """

    /// What keeps the books append only, gone: somebody with the file in hand is not stopped by it.
    static let withoutGuards = """
        DROP TRIGGER audit_unchanged; DROP TRIGGER audit_undeleted; DROP TRIGGER entries_unchanged; DROP TRIGGER entries_undeleted;
        DROP TRIGGER accounts_unchanged; DROP TRIGGER accounts_undeleted; DROP TRIGGER assets_unchanged; DROP TRIGGER assets_undeleted;
        """

    /// Tampers with the file as somebody would who has it in hand: no trigger and no reference stops them.
    func tamper(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // The shop may be writing just now.
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { db in try db.execute(sql: Self.withoutGuards + sql) }
        try queue.close()
    }

    func events() async throws -> [Event.Kind] { try await reader.events(after: 0).map(\.kind) }
}

/// The name of an outcome, for comparison; its payment beside it.
func told(_ outcome: ClaimOutcome) -> (String, Payment?) {
    switch outcome {
    case .claimed(let payment): ("claimed", payment)
    case .known(let payment): ("known", payment)
    case .owned(let payment): ("owned", payment)
    case .awaiting(let payment): ("awaiting", payment)
    case .identified(let payment): ("identified", payment)
    case .conflicting: ("conflicting", nil)
    case .insufficientFunds: ("insufficientFunds", nil)
    }
}

func told(_ outcome: PostOutcome) -> (String, Payment) {
    switch outcome {
    case .posted(let payment): ("posted", payment)
    case .stands(let payment): ("stands", payment)
    }
}
