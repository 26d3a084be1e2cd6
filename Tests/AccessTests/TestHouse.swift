import Crypto
import Domain
import Foundation
import JSON
import Logging
import Sealing
import Storage
import Synchronization
import Testing

@testable import Access

/// A real shop file and key file in a directory of their own, with everything of this room around them, at a time that tests set.
final class TestHouse: Sendable {
    static let origin = "https://shop.example"
    static let password = "correct horse battery staple"
    static let local = Principal(.local(uid: 0), role: .owner)

    let directory: String
    let database: ShopDatabase
    let vault: Vault
    let clock: TestClock
    let work = WorkCount()
    let passwords: PasswordDesk
    let standings: Standings
    let people: People
    let signingKeys: SigningKeys
    let tokens: AccessTokens
    let sessions: Sessions
    let twoSteps: TwoSteps
    let signIn: SignIn
    let apiKeys: APIKeys
    let admission: Admission
    let links: SetupLinks
    let personal: PersonalData
    let retention: Retention

    /// - Parameter hashing: with Argon2id; else with something quick.
    init(directory: String? = nil, clock: TestClock = TestClock(), hashing: Bool = false) async throws {
        self.directory = try directory ?? Self.makeDirectory()
        self.clock = clock
        let now: WallClock = { clock.now }
        let path = self.directory
        database = try ShopDatabase(path: "\(path)/shop.sqlite")
        vault = try Vault(path: "\(path)/subjects.sqlite", node: NodeKey(bytes: [UInt8](repeating: 7, count: 32)))
        var costs = PasswordDesk.Costs()
        let (matches, make) = (hashing ? costs.matches : Self.quickMatches, hashing ? costs.make : Self.quickHash)
        costs.make = make
        costs.matches = { [work] password, hash in
            work.add()
            return matches(password, hash)
        }
        passwords = PasswordDesk(costs: costs)
        standings = Standings(reader: database.reader)
        people = People(database: database, vault: vault, passwords: passwords, standings: standings, now: now)
        signingKeys = SigningKeys(database: database, vault: vault, now: now)
        tokens = AccessTokens(keys: signingKeys, issuer: Self.origin, standings: standings, now: now)
        sessions = Sessions(database: database, vault: vault, tokens: tokens, standings: standings, now: now)
        twoSteps = TwoSteps(database: database, vault: vault, issuer: "Ana's shop", now: now)
        signIn = SignIn(database: database, vault: vault, passwords: passwords, twoSteps: twoSteps, sessions: sessions, now: now)
        apiKeys = APIKeys(database: database, vault: vault, log: Logger(label: "test"), now: now)
        admission = Admission(tokens: tokens, keys: apiKeys)
        links = SetupLinks(people: people)
        personal = PersonalData(people: people, sessions: sessions)
        retention = Retention(database: database, now: now)
        try await signingKeys.prepare()
    }

    deinit {
        try? database.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    static func makeDirectory() throws -> String {
        let directory = NSTemporaryDirectory() + "pushcart-access-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return directory
    }

    static let quickHash: @Sendable (String) throws -> String = { password in
        "$argon2id$quick$" + Data(SHA256.hash(data: Data(password.utf8))).base64EncodedString()
    }
    static let quickMatches: @Sendable (String, String) -> Bool = { password, hash in (try? quickHash(password)) == hash }

    // MARK: People

    /// Somebody who can sign in with `password`.
    func person(_ email: String, role: Role = .owner, password: String = password) async throws -> Person {
        let address = try #require(MailAddress(email))
        guard case .done(let person) = try await people.create(email: address, name: "Name of \(email)", role: role, by: Self.local) else {
            throw Missing()
        }
        guard case .done(let ready) = try await people.setPassword(id: person.id, password, by: Self.local, address: "local") else { throw Missing() }
        return ready
    }

    func signedIn(
        _ email: String, password: String = password, code: String? = nil, address: String = "192.0.2.1", userAgent: String = "Browser/1"
    ) async throws -> SignedIn {
        let outcome = try await signIn(email: email, password: password, code: code, address: address, userAgent: userAgent)
        guard case .signedIn(let signedIn) = outcome else {
            Issue.record("\(outcome)")
            throw Missing()
        }
        return signedIn
    }

    func principal(_ bearer: String, address: String = "192.0.2.1") async throws -> Principal? {
        try await admission.principal(bearer: bearer, address: address)
    }

    /// Puts the person's second step to use; returns its seed and the recovery codes.
    func secondStep(_ person: Int64) async throws -> (seed: [UInt8], codes: [String]) {
        let offer = try #require(await twoSteps.offer(person: person))
        let seed = try #require(unbase32(offer.secret))
        let code = TOTP.code(seed: seed, step: TOTP.step(at: clock.now.seconds))
        guard case .enabled(let codes) = try await twoSteps.confirm(person: person, code: code, by: Self.local) else { throw Missing() }
        return (seed, codes)
    }

    func code(_ seed: [UInt8], stepsLater: Int64 = 0) -> String { TOTP.code(seed: seed, step: TOTP.step(at: clock.now.seconds) + stepsLater) }

    // MARK: Files and events

    func events(after sequence: Int64 = 0) async throws -> [Event.Kind] {
        try await database.reader.events(after: sequence, limit: 1000).map(\.kind)
    }

    func lastSequence() async throws -> Int64 { try await database.reader.events(after: 0, limit: 10_000).last?.sequence ?? 0 }

    /// In which files of the directory the text stands, byte for byte.
    func files(with text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { name in
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))
            return data.range(of: Data(text.utf8)) != nil
        }.sorted()
    }

    struct Missing: Error {}
}

/// A clock that stands until it is moved.
final class TestClock: Sendable {
    private let moment = Mutex(Timestamp(seconds: 1_800_000_000))
    var now: Timestamp { moment.withLock { $0 } }
    func move(_ span: Duration) { moment.withLock { $0 = $0 + span } }
}

/// Counts passwords compared.
final class WorkCount: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}

func unbase32(_ text: String) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    var (bytes, bits, count) = ([UInt8](), 0 as UInt32, 0)
    for character in text.utf8 {
        guard let value = alphabet.firstIndex(of: character) else { return nil }
        (bits, count) = (bits << 5 | UInt32(value), count + 5)
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return bytes
}
