import Catalogue
import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Sealing
import Storage
import Testing

@testable import Access
@testable import HTTPAPI

/// A shop with something of everything that the API shows, and for each operation a call that succeeds.
final class APIWorld: Sendable {
    struct Call: Sendable {
        var uri: String
        var body: [UInt8]?
        var headers: HTTPFields = [:]
        /// Whose call it is, unless a test says otherwise.
        var credential: String?
    }

    static let password = "four words in a row"
    static let email = "owner@example.com"

    let shop: TestShop
    let owner: Int64
    let other: Int64
    let spareKey: Int64
    let upload: String
    let digest: String
    let signedIn: SignedIn?
    /// A second session of the owner.
    let elsewhere: SignedIn?
    let endpoints: [Endpoint]

    /// - Parameter signedIn: whether somebody has signed in; that costs three passwords.
    init(signedIn: Bool) async throws {
        shop = try TestShop()
        let access = shop.access
        try await access.prepare()
        let email = try #require(MailAddress(Self.email))
        if signedIn {
            guard
                case .done(let person) = try await access.people.setUp(
                    email: email, password: Self.password, settings: shop.shop.settings, network: nil, actor: "test")
            else { throw TestShop.Missing() }
            owner = person.id
            self.signedIn = try await shop.signIn(Self.email, Self.password)
            elsewhere = try await shop.signIn(Self.email, Self.password)
        } else {
            // A password that nothing matches takes no time.
            owner = try await shop.writer.setUp(
                owner: access.people.ownerDraft(email: email, name: "Olga", hash: "$argon2id$x"), settings: shop.shop.settings, network: nil,
                actor: "test", at: shop.clock.now)
            self.signedIn = nil
            elsewhere = nil
        }
        let second = try #require(MailAddress("second@example.com"))
        guard case .done(let other) = try await access.people.create(email: second, name: "Sam", role: .support, by: Self.local) else {
            throw TestShop.Missing()
        }
        self.other = other.id
        guard case .created(let key, _) = try await access.keys.create(APIKeyTerms(name: "spare", role: .analyst), by: Self.local) else {
            throw TestShop.Missing()
        }
        spareKey = key.id
        try await shop.sell { $0.repeatable = true }
        try await shop.shop.settingsBook.set(
            ShopNetwork(network: Network(chainID: 8453)!, payTo: [UInt8](repeating: 7, count: 20), node: nil, settlerKey: nil), actor: "test")
        try await shop.get("/p/song", shop.pay("song")).expect(200)
        let refund = RefundDraft(paymentID: try #require(try shop.payments.first).id, amount: AtomicAmount(1000))
        _ = try await shop.writer.requestRefund(refund, actor: "test", at: shop.clock.now)
        digest = try shop.content(Array("0123456789".utf8), "x", "a/b").digest.description
        upload = try #require(try await shop.shop.uploads.begin(length: 4)).id
        _ = try await shop.signHead()
        endpoints = OwnerAPI(shop: shop.shop).endpoints
        try await shop.useOwnerKey()
    }

    static let local = Principal(.local(uid: 0), role: .owner)

    /// The path of an operation with what is there.
    func path(_ endpoint: Endpoint) throws -> String {
        let id =
            switch endpoint.path.split(separator: "/").first {
            case "uploads": upload
            case "people": "\(other)"
            case "keys": "\(spareKey)"
            case "sessions": "\(elsewhere?.session ?? 1)"
            default: "1"
            }
        let receipt = try #require(try shop.payments.first).receiptID.description
        return "/api/v1"
            + endpoint.path.replacing("{id}", with: id).replacing("{slug}", with: "song").replacing("{receipt}", with: receipt)
            .replacing("{network}", with: "eip155:8453")
    }

    /// The path of an operation with what is not there.
    func missing(_ endpoint: Endpoint) -> String {
        let id = endpoint.path.hasPrefix("/uploads") ? String(repeating: "0", count: 32) : "999999"
        return "/api/v1"
            + endpoint.path.replacing("{id}", with: id).replacing("{slug}", with: "nothing")
            .replacing("{receipt}", with: "1-000000000000000000000000").replacing("{network}", with: "eip155:999")
    }

    /// A call that succeeds, by somebody who may.
    func call(_ endpoint: Endpoint) async throws -> Call {
        var call = Call(uri: try path(endpoint), credential: "owner")
        switch endpoint.body {
        case .json(_, let example)?: call.body = example.encoded()
        case .bytes?: call.body = Array("0123".utf8)
        case nil: break
        }
        func send(_ json: JSONValue) { call.body = json.encoded() }
        switch endpoint.id {
        case "products.create":
            send([
                "slug": "second", "title": "Second", "kind": "file", "price": "1.00",
                "content": ["sha256": .string(digest), "mediaType": "a/b", "fileName": "x"],
            ])
        case "contents.append": call.headers[.uploadOffset] = "0"
        case "keys.create": send(["name": "third", "role": "analyst", "scopes": ["orders:read"], "products": ["song"], "budget": "5.00"])
        case "people.erase":
            guard let plan = try await shop.access.personalData.plan(person: other) else { break }
            call.uri += "?confirmation=\(plan.confirmation)"
        case "people.enable": _ = try await shop.access.people.disable(id: other, by: Self.local)
        case "people.setup-link": send(["email": "second@example.com"])
        default: break
        }
        guard let signedIn, let elsewhere else { return call }
        switch endpoint.id {
        case "sessions.create":
            call.credential = nil
            send(["email": .string(Self.email), "password": .string(Self.password)])
        case "sessions.refresh":
            call.credential = nil
            call.headers[.cookie] = "pushcart_refresh=\(elsewhere.refreshToken)"
        case "sessions.password":
            call.credential = signedIn.accessToken
            send(["old": .string(Self.password), "new": "five other words in a row"])
        case "sessions.two-step-confirm":
            call.credential = signedIn.accessToken
            guard let offer = try await shop.access.twoSteps.offer(person: owner) else { throw TestShop.Missing() }
            send(["code": .string(try shop.code(offer.secret))])
        case "sessions.two-step-disable":
            call.credential = signedIn.accessToken
            guard let offer = try await shop.access.twoSteps.offer(person: owner) else { throw TestShop.Missing() }
            let me = Principal(.person(id: owner, session: signedIn.session), role: .owner)
            _ = try await shop.access.twoSteps.confirm(person: owner, code: try shop.code(offer.secret), by: me)
            send(["password": .string(Self.password)])
        case "sessions.setup":
            call.credential = nil
            guard case .made(let token, _) = try await shop.access.setupLinks.make(person: other, by: Self.local) else { throw TestShop.Missing() }
            send(["token": .string(token), "password": "five other words in a row"])
        case _ where endpoint.access == .signedIn || endpoint.access == .person: call.credential = signedIn.accessToken
        default: break
        }
        return call
    }

    func send(_ endpoint: Endpoint, _ call: Call, as credential: String?) async throws -> TestResponse {
        try await shop.control(call.uri, method: endpoint.method, body: call.body, as: credential, call.headers)
    }

    /// What a refused call must leave as it is: the databases byte for byte, and the files of content and uploads.
    func trace() throws -> String {
        var parts: [String] = []
        let databases = try FileManager.default.contentsOfDirectory(atPath: shop.directory).filter { $0.contains("sqlite") && !$0.hasSuffix("-shm") }
        for name in databases.sorted() {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(shop.directory)/\(name)"))
            parts.append("\(name) \(lowercaseHex(Array(SHA256.hash(data: bytes).prefix(8))))")
        }
        for folder in ["content", "uploads"] {
            for name in try FileManager.default.subpathsOfDirectory(atPath: "\(shop.directory)/\(folder)").sorted() {
                let size = try FileManager.default.attributesOfItem(atPath: "\(shop.directory)/\(folder)/\(name)")[.size] as? Int ?? -1
                parts.append("\(name) \(size)")
            }
        }
        return parts.joined(separator: "\n")
    }
}

extension TestShop {
    /// Signs in as the person does, without HTTP.
    func signIn(_ email: String, _ password: String, code: String? = nil) async throws -> SignedIn {
        let outcome = try await access.signIn(email: email, password: password, code: code, address: "", userAgent: "Test/1")
        guard case .signedIn(let signedIn) = outcome else { throw Missing() }
        return signedIn
    }

    /// Signs where the audit log stands, as the daemon does now and then.
    func signHead() async throws -> SignedAuditHead? {
        let key = try vault.auditSigningKey
        return try await database.makeHead(at: clock.now, signer: AuditSigner(publicKey: key.publicKey) { try key.sign($0) })
    }

    /// Makes the owner's key and uses it once: that is written down a moment later, and not again while the clock stands still.
    func useOwnerKey() async throws {
        _ = try await key("owner")
        try await send(.get, "/me").expect(200)
        while try await reader.keys(limit: 1000).first(where: { $0.key.terms.name == "owner" })?.key.usedAt == nil { await Task.yield() }
    }

    /// Sends JSON to the API.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ json: JSONValue? = nil, as credential: String? = "owner", _ headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await control("/api/v1\(path)", method: method, body: json?.encoded(), as: credential, headers)
    }

    /// The code that an authenticator app shows for a seed in base 32.
    func code(_ secret: String, stepsLater: Int64 = 0) throws -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var (seed, bits, count) = ([UInt8](), 0 as UInt32, 0)
        for character in secret.utf8 {
            bits = bits << 5 | UInt32(try #require(alphabet.firstIndex(of: character)))
            count += 5
            if count >= 8 {
                count -= 8
                seed.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return TOTP.code(seed: seed, step: TOTP.step(at: clock.now.seconds) + stepsLater)
    }

    func events(of kind: Event.Kind) async throws -> Int {
        try await reader.events(after: 0, limit: 1000).filter { $0.kind == kind }.count
    }
}

extension TestResponse {
    /// That this is a problem of that kind.
    func expectKind(_ status: Int, _ kind: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(self.status.code == status, "\(text)", sourceLocation: sourceLocation)
        #expect(headers[.contentType] == "application/problem+json", sourceLocation: sourceLocation)
        let type = status < 400 ? nil : try json()["type"]?.string
        #expect(type == "urn:pushcart:problem:\(kind)", "\(text)", sourceLocation: sourceLocation)
    }
}

extension TestShop {
    /// Makes the files of unfinished uploads as old as the shop's clock says that they are.
    func freshenUploads() throws {
        let moment = Date(timeIntervalSince1970: Double(clock.now.seconds))
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(directory)/uploads") {
            try FileManager.default.setAttributes([.modificationDate: moment], ofItemAtPath: "\(directory)/uploads/\(name)")
        }
    }
}
