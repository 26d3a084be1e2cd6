import Access
import BigInt
import Catalogue
import Domain
import EVM
import Facilitators
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import NIOCore
import NIOPosix
import Payments
import Sealing
import Storage
import Synchronization
import Testing
import X402
import X402EVM

@testable import HTTPAPI

/// A shop over real files with the real gate, reached through its routers in process. Its clock stands still until it is moved.
final class TestShop: Sendable {
    final class Clock: Sendable {
        private let moment = Mutex(Timestamp(seconds: 1_800_000_000))
        var now: Timestamp { moment.withLock { $0 } }
        func advance(_ span: Duration) { moment.withLock { $0 = $0 + span } }
    }

    static let loopback = "http://127.0.0.1:4020"
    static let published = "https://shop.example"

    let directory: String
    let database: ShopDatabase
    let catalogue: Catalogue
    let vault: Vault
    let access: AccessDesk
    let shop: Shop
    private let keys = Mutex<[String: String]>([:])
    let clock = Clock()
    let logBook = LogBook()
    let noteBook = NoteBook()
    /// The way out of all test shops; it lives as long as the tests.
    private static let upstreams = Upstreams(MultiThreadedEventLoopGroup.singleton)
    private let front: Application<RouterResponder<ShopContext>>
    private let back: Application<RouterResponder<ShopContext>>

    var reader: Reader { database.reader }
    var writer: Writer { database.writer }

    /// - Parameter facilitator: what settles; practice money unless another is given.
    init(
        origin: String = loopback, name: String = "Lena’s cart", isPractice: Bool = true,
        facilitator: ((Writer, @escaping WallClock) -> any Facilitator)? = nil, refunders: ((ShopDatabase) -> [any Refunder])? = nil
    ) throws {
        directory = NSTemporaryDirectory() + "pushcart-api-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        database = try ShopDatabase(path: "\(directory)/shop.sqlite")
        let now: WallClock = { [clock] in clock.now }
        let log = Logger(label: "test") { [logBook] _ in logBook }
        catalogue = Catalogue(
            reader: database.reader, writer: database.writer, contents: try ContentStore(directory: "\(directory)/content"), now: now)
        let settings = SettingsBook(ShopSettings(name: name), writer: database.writer, now: now)
        let facilitators = [facilitator?(database.writer, now) ?? SandboxFacilitator(Self.option(sandbox: true), now: now)]
        let offers = Offers(
            catalogue: catalogue, sealer: OfferSealer(key: [UInt8](repeating: 1, count: 32)), facilitators: facilitators, origin: origin,
            shopName: { settings.current.name }, now: now)
        let gate = Paygate(
            reader: database.reader, writer: database.writer, facilitators: facilitators, offers: offers, settlements: Settlements(),
            settlementWait: .seconds(60), now: now, log: log)
        let vault = try Vault(path: "\(directory)/subjects.sqlite", node: NodeKey(bytes: [UInt8](repeating: 3, count: 32)))
        self.vault = vault
        access = try AccessDesk(database: database, vault: vault, issuer: origin, shopName: name, log: log, now: now)
        let refunds = RefundDesk(reader: database.reader, writer: database.writer, refunders: refunders?(database) ?? [], now: now, log: log)
        shop = Shop(
            settings: settings, origin: origin, isPractice: isPractice, catalogue: catalogue, gate: gate,
            sandboxGate: Self.trial(database, catalogue, settings, origin: origin, now: now, log: log), refunds: refunds, reader: database.reader,
            deliveries: DeliveryLog(writer: database.writer, log: log), writerLoad: { [database] in database.writer.load },
            links: ContentLinkSigner(key: [UInt8](repeating: 2, count: 32)),
            uploads: try UploadStore(directory: "\(directory)/uploads", contents: catalogue.contents, writer: database.writer, now: now),
            access: access,
            answerSeal: AnswerSeal(
                seal: { try vault.seal($0, for: .shop, field: "call.answer") }, open: { try vault.open($0, for: .shop, field: "call.answer") }),
            makeNetwork: { draft in
                guard draft.network.chainID != 999 else { throw NetworkRefusal(.network, "Nobody knows this network.") }
                guard draft.payTo.hasPrefix("0x2") else { throw NetworkRefusal(.payTo, "Nobody knows this wallet.") }
                guard draft.rpcURL?.hasPrefix("http") != false else { throw NetworkRefusal(.rpcURL, "Nobody is there.") }
                guard draft.settlerKey.map({ $0.utf8.count >= 64 }) != false else { throw NetworkRefusal(.settlerKey, "This opens nothing.") }
                guard draft.facilitatorURL?.contains("nobody") != true else { throw NetworkRefusal(.facilitatorURL, "Nobody is there.") }
                guard draft.facilitatorToken != "wrong" else { throw NetworkRefusal(.facilitatorToken, "This opens nothing.") }
                guard draft.refundKey != "wrong" else { throw NetworkRefusal(.refundKey, "This opens nothing.") }
                return ShopNetwork(
                    network: draft.network, payTo: [UInt8](repeating: 2, count: 20), node: draft.rpcURL.map { .sealed(Array($0.utf8)) },
                    settlerKey: draft.settlerKey.map { _ in "settler.key" },
                    facilitator: draft.facilitatorURL.map {
                        SealedFacilitator(url: Array($0.utf8), token: draft.facilitatorToken.map { Array($0.utf8) })
                    }, refundKey: draft.refundKey.map { _ in "refund.key" })
            },
            upstreams: Self.upstreams, answers: try AnswerShelf(directory: "\(directory)/answers", now: now),
            upstreamSeal: AnswerSeal(
                seal: { try vault.seal($0, for: .shop, field: "product.upstream") },
                open: { try vault.open($0, for: .shop, field: "product.upstream") }),
            auditKey: { try vault.auditSigningKey.publicKey },
            notary: AuditNotary(database: database, notebook: noteBook.notebook, now: now) {
                let key = try vault.auditSigningKey
                return AuditSigner(publicKey: key.publicKey) { try key.sign($0) }
            }, version: "9.9.9", now: now, log: log)
        database.writer.origin = origin
        front = Application(router: shop.publicRouter)
        back = Application(router: shop.controlRouter)
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Base Sepolia's USDC, as practice money or as what an own facilitator takes.
    static func option(sandbox: Bool) -> PaymentOption {
        let preset = NetworkPreset.of(chainID: 84532)!
        let payTo = EVMAddress(hex: payTo)!
        return PaymentOption(
            asset: Asset(
                network: Network(chainID: preset.chainID)!, address: preset.token.address.bytes, addressText: preset.token.address.checksummed,
                symbol: preset.token.symbol, decimals: preset.token.decimals, currency: .usd, domainName: preset.token.domainName,
                domainVersion: preset.token.domainVersion),
            payTo: payTo.bytes, payToText: payTo.checksummed, sandbox: sandbox, networkName: preset.name, v1Name: "base-sepolia",
            explorer: preset.explorer)
    }

    /// What the practice door takes: made out to somebody else.
    static var trialOption: PaymentOption {
        let usual = option(sandbox: true)
        let payTo = EVMAddress([UInt8](repeating: 0x5A, count: 20))!
        return PaymentOption(
            asset: usual.asset, payTo: payTo.bytes, payToText: payTo.checksummed, sandbox: true, networkName: usual.networkName,
            v1Name: usual.v1Name, explorer: usual.explorer)
    }

    private static func trial(
        _ database: ShopDatabase, _ catalogue: Catalogue, _ settings: SettingsBook, origin: String, now: @escaping WallClock, log: Logger
    ) -> Paygate {
        let facilitators = [SandboxFacilitator(trialOption, now: now)]
        // The same key as the other door's: what keeps the doors apart is what is sealed.
        let offers = Offers(
            catalogue: catalogue, sealer: OfferSealer(key: [UInt8](repeating: 1, count: 32)), facilitators: facilitators, origin: origin,
            door: .practice, shopName: { settings.current.name }, now: now)
        return Paygate(
            reader: database.reader, writer: database.writer, facilitators: facilitators, offers: offers, settlements: Settlements(),
            settlementWait: .seconds(60), now: now, log: log)
    }

    static let payTo = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
    static let usdc = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"

    // MARK: Requests

    /// Asks the public listener.
    func get(_ uri: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get, body: String? = nil) async throws -> TestResponse {
        try await front.test(.router) { client in
            try await client.execute(uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        }
    }

    /// Asks the same shop as it is once it takes real money.
    func opened(_ uri: String) async throws -> TestResponse {
        try await variant(isPractice: false).look(uri)
    }

    /// Asks the API as somebody: `owner`, another role, or what `principal` knows besides; nobody when nil.
    func control(
        _ uri: String, method: HTTPRequest.Method = .get, body: [UInt8]? = nil, as credential: String? = "owner", _ headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        if let credential { headers[.authorization] = "Bearer \(try await key(credential))" }
        return try await back.test(.router) { [headers] client in
            try await client.execute(uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
        }
    }

    /// The key of a role by its name: `owner+products:read` has that scope only, `owner#1` is for that product only. What names no role is
    /// shown as it is.
    func key(_ name: String) async throws -> String {
        if let known = keys.withLock({ $0[name] }) { return known }
        let start = name.prefix { $0 != "+" && $0 != "#" }
        guard let role = Role(rawValue: String(start)) else { return name }
        let rest = name.dropFirst(start.count)
        let terms = APIKeyTerms(
            name: name, role: role,
            scopes: rest.hasPrefix("+") ? Set(rest.dropFirst().split(separator: ",").compactMap { Permission(rawValue: String($0)) }) : nil,
            products: rest.hasPrefix("#") ? Set(rest.dropFirst().split(separator: ",").compactMap { Int64($0) }) : nil)
        guard case .created(_, let text) = try await access.keys.create(terms, by: Principal(.local(uid: 0), role: .owner)) else { throw Missing() }
        keys.withLock { $0[name] = text }
        return text
    }

    // MARK: What is sold

    func content(_ bytes: [UInt8], _ name: String, _ type: String) throws -> Content {
        var incoming = try catalogue.contents.receive()
        try bytes.withUnsafeBytes { try incoming.append($0) }
        let (digest, length) = try catalogue.contents.keep(incoming)
        return Content(digest: digest, length: length, mediaType: type, fileName: name)
    }

    @discardableResult func sell(
        _ slug: String = "song", file: [UInt8] = Array("0123456789".utf8), name: String = "song.flac", type: String = "audio/flac",
        change: (inout ProductDraft) throws -> Void = { _ in }
    ) async throws -> Product {
        try await add(slug, .file, try content(file, name, type), change)
    }

    static let article = "# Hello\n\nThis is free.\n\n<!-- more -->\n\nThis was *paid* for.\n"

    @discardableResult func sell(
        _ slug: String = "hello", article: String, change: (inout ProductDraft) throws -> Void = { _ in }
    ) async throws -> Product {
        try await add(slug, .article, try content(Array(article.utf8), "text.md", "text/markdown"), change)
    }

    private func add(
        _ slug: String, _ kind: Product.Kind, _ content: Content, _ change: (inout ProductDraft) throws -> Void
    ) async throws -> Product {
        var draft = ProductDraft(
            slug: try #require(Slug(slug)), title: "The \(slug)", summary: "Words about it.", kind: kind, price: try Money("0.01", .usd),
            tags: ["new"],
            repeatable: false, state: .published, content: content)
        try change(&draft)
        guard case .created(let product) = try await catalogue.add(draft, actor: "local:0") else { throw Missing() }
        return product
    }

    func edit(_ product: Product, _ change: (inout ProductEdit) throws -> Void) async throws {
        var edit = ProductEdit()
        try change(&edit)
        guard case .changed = try await catalogue.edit(product.slug, edit, actor: "local:0") else { throw Missing() }
    }

    struct Missing: Error {}

    // MARK: What happened

    /// The events of sales, as kind and subject.
    var sales: [String] {
        get async throws {
            try await reader.events(after: 0, limit: 1000).filter { !$0.kind.rawValue.hasPrefix("product.") }.map {
                "\($0.kind.rawValue) \($0.subject)"
            }
        }
    }

    /// All events after a sequence number, as kind, subject and actor.
    func events(after sequence: Int64 = 0) async throws -> [String] {
        try await reader.events(after: sequence, limit: 1000).map { "\($0.kind.rawValue) \($0.subject) \($0.actor)" }
    }

    /// All payments that were ever claimed, oldest first.
    var payments: [Payment] {
        get throws {
            var payments: [Payment] = []
            while let payment = try reader.payment(id: Int64(payments.count + 1)) { payments.append(payment) }
            return payments
        }
    }

    /// That a request took nothing and told nobody.
    func expectNothingTaken(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try payments.isEmpty, sourceLocation: sourceLocation)
        #expect(try await sales == [], sourceLocation: sourceLocation)
    }
}

// MARK: What a client does

extension TestShop {
    /// The ways to pay of a fresh 402.
    func terms(_ slug: String) async throws -> PaymentRequirements { try #require(try await get("/p/\(slug)").required().accepts.first) }

    /// A payment header of version 2 by a fresh offer.
    func pay(_ slug: String, by buyer: Buyer = .ada, nonce: UInt8 = 1) async throws -> HTTPFields {
        Buyer.header(try buyer.sign(try await terms(slug), nonce: nonce, at: clock.now))
    }

    /// A payment header of version 1.
    func payV1(by buyer: Buyer = .ada, nonce: UInt8 = 1, amount: String = "10000") throws -> HTTPFields {
        let terms = PaymentRequirements(
            scheme: "exact", network: "eip155:84532", amount: amount, asset: Self.usdc, payTo: Self.payTo, maxTimeoutSeconds: 300,
            extra: ["name": "USDC", "version": "2"])
        let payload = PaymentPayload(
            scheme: "exact", v1Network: "base-sepolia", payload: try buyer.authorize(terms, nonce: nonce, at: clock.now))
        return [.xPayment: PaymentHeader.encode(payload.json)]
    }
}

/// A wallet.
struct Buyer: Sendable {
    let key: PrivateKey
    static let ada = Buyer(7)
    static let bob = Buyer(8)

    init(_ number: UInt8) { key = PrivateKey(Bytes32([UInt8](repeating: 0, count: 31) + [number])!)! }

    var address: String { key.address.hex }

    /// Signs an authorization over exactly the terms given, good for five minutes.
    func authorize(_ terms: PaymentRequirements, nonce: UInt8, at now: Timestamp) throws -> JSONObject {
        let (payTo, nonce) = (try #require(EVMAddress(hex: terms.payTo)), try #require(Bytes32([UInt8](repeating: nonce, count: 32))))
        let value = try #require(BigUInt(terms.amount))
        let authorization = try #require(
            TransferAuthorization(
                from: key.address, to: payTo, value: value, validAfter: 0, validBefore: BigUInt(now.seconds + 300), nonce: nonce))
        let domain = EIP712Domain(
            name: terms.extra["name"]?.string ?? "", version: terms.extra["version"]?.string ?? "",
            chainID: try #require(Network(caip2: terms.network)).chainID, verifyingContract: try #require(EVMAddress(hex: terms.asset)))
        return ExactPayload(authorization: authorization, signature: key.sign(authorization.digest(in: domain)).serialized65).json
    }

    /// A payment that echoes the terms as they came.
    func sign(_ terms: PaymentRequirements, nonce: UInt8 = 1, at now: Timestamp) throws -> PaymentPayload {
        PaymentPayload(accepted: terms, payload: try authorize(terms, nonce: nonce, at: now), resource: nil, extensions: nil)
    }

    static func header(_ payload: PaymentPayload) -> HTTPFields { [.paymentSignature: PaymentHeader.encode(payload.json)] }
}

extension PaymentRequirements {
    /// The same terms with a field changed, nil removing it.
    func with(_ name: String, _ value: JSONValue?) throws -> PaymentRequirements {
        var json = json
        json[name] = value
        return try PaymentRequirements(json)
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var bytes: [UInt8] { Array(body.readableBytesView) }
    func json() throws -> JSONValue { try JSONValue(parsing: body.readableBytesView) }

    /// What `PAYMENT-REQUIRED` says.
    func required() throws -> PaymentRequired { try PaymentRequired(try PaymentHeader.decode(try #require(headers[.paymentRequired]))) }

    /// What `PAYMENT-RESPONSE` says, or version 1's header.
    func outcome(_ name: HTTPField.Name = .paymentResponse) throws -> SettlementResponse {
        try SettlementResponse(try PaymentHeader.decode(try #require(headers[name])))
    }

    /// Status, what the body has and what it has not.
    func expect(
        _ status: Int, has: [String] = [], hasNot: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status.code == status, sourceLocation: sourceLocation)
        for part in has { #expect(text.contains(part), sourceLocation: sourceLocation) }
        for part in hasNot { #expect(!text.contains(part), sourceLocation: sourceLocation) }
    }

    /// That this is a problem with that sentence in it, and no page.
    func expectProblem(_ status: Int, _ sentence: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(self.status.code == status, sourceLocation: sourceLocation)
        #expect(headers[.contentType] == "application/problem+json", sourceLocation: sourceLocation)
        #expect(headers[.cacheControl] == "no-store", sourceLocation: sourceLocation)
        let json = try json()
        #expect(json["status"]?.int64 == Int64(status), sourceLocation: sourceLocation)
        #expect(json["detail"]?.string?.contains(sentence) == true, "\(json)", sourceLocation: sourceLocation)
    }
}

extension HTTPField.Name {
    static let comeBack = HTTPField.Name("Retry-After")!
}

/// A browser's headers.
enum Browser {
    static let headers: HTTPFields = [
        .userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        .accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ]
}
