import Domain
import Foundation
import GRDB
import Sealing
import Storage
import Testing

@testable import Access

@Suite struct SecrecyTests {
    @Test func `no secret and nothing of a person stands open in any file`() async throws {
        let house = try await TestHouse(hashing: true)
        let password = "planted password 71c4"
        let ana = try await house.person("planted.ana@example.com", password: password)
        _ = try await house.people.edit(
            id: ana.id, PersonEdit(name: "Planted Name", notes: "Planted notes"), by: TestHouse.local)
        let offer = try #require(await house.twoSteps.offer(person: ana.id))
        let seed = try #require(unbase32(offer.secret))
        guard case .enabled(let codes) = try await house.twoSteps.confirm(person: ana.id, code: house.code(seed), by: TestHouse.local) else {
            throw TestHouse.Missing()
        }
        house.clock.move(.seconds(60))
        let signedIn = try await house.signedIn(
            "planted.ana@example.com", password: password, code: house.code(seed), address: "203.0.113.201", userAgent: "PlantedBrowser/1")
        guard case .refreshed(let again) = try await house.sessions.refresh(signedIn.refreshToken),
            case .created(_, let key) = try await house.apiKeys.create(APIKeyTerms(name: "till", role: .agent), by: TestHouse.local),
            case .made(let link, _) = try await house.links.make(person: ana.id, by: TestHouse.local)
        else { throw TestHouse.Missing() }
        #expect(try house.files(with: "person.created") != [], "what is stored is found")
        var secrets = [
            "planted.ana@example.com", "planted.ana", "Planted Name", "Planted notes", password, offer.secret, signedIn.refreshToken,
            again.refreshToken, signedIn.accessToken, again.accessToken, key, String(key.suffix(43)), link, "203.0.113.201", "PlantedBrowser",
        ]
        secrets += codes + codes.compactMap(RecoveryCode.normal)
        secrets += [signedIn, again].map { String($0.accessToken.split(separator: ".")[2]) }
        for secret in secrets { #expect(try house.files(with: secret) == [], "\(secret)") }
        for file in try FileManager.default.contentsOfDirectory(atPath: house.directory) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(house.directory)/\(file)"))
            #expect(bytes.range(of: Data(seed)) == nil, "the seed as bytes in \(file)")
        }
        for row in try house.database.reader.signingKeys(now: house.clock.now) {
            let plain = Data(try house.vault.open(row.privateKey, for: .shop, field: "token.key"))
            for file in try FileManager.default.contentsOfDirectory(atPath: house.directory) {
                #expect(try Data(contentsOf: URL(fileURLWithPath: "\(house.directory)/\(file)")).range(of: plain) == nil)
            }
        }
    }

    @Test func `mail addresses from before sealing are sealed at the start, and then stand nowhere`() async throws {
        let house = try await TestHouse()
        try await house.plantOpen("planted.old@example.com", TestHouse.quickHash(TestHouse.password))
        #expect(try house.files(with: "planted.old@example.com") != [])
        #expect(try await house.people.list().map(\.email) == ["planted.old@example.com"])
        #expect(try await house.people.sealLegacy() == 1)
        #expect(try house.files(with: "planted.old") == [])
        #expect(try await house.people.sealLegacy() == 0)
        let email = try #require(MailAddress("Planted.Old@example.com"))
        let owner = try #require(try house.people.person(email: email))
        #expect(owner.role == .owner && owner.email == "planted.old@example.com")
        _ = try await house.signedIn("planted.old@example.com")
    }

    @Test func `an owner who stands open beside their own sealed self is one person`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com", role: .manager)
        try await house.plantOpen("ana@example.com", TestHouse.quickHash("a second password"))
        try await house.people.sealLegacy()
        try await house.personal.finish()
        let again = try await house.signedIn("ana@example.com", password: "a second password")
        #expect(again.person == ana.id && again.role == .owner)
        #expect(try await house.people.list().map(\.state) == [.active, .erased])
    }

    @Test func `what is no mail address by today's rule is sealed all the same`() async throws {
        let house = try await TestHouse()
        try await house.plantOpen("not an address", TestHouse.quickHash(TestHouse.password))
        #expect(try await house.people.sealLegacy() == 1)
        #expect(try await house.people.list().map(\.email) == ["not an address"])
    }

    @Test func `after an erasure nothing of the person is in any file, not even sealed and openable`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("owner@example.com")
        let ana = try await house.person("ana@example.com", role: .support)
        let sealed = try #require(try house.database.reader.person(id: ana.id)?.sealed)
        let plan = try #require(await house.personal.plan(person: ana.id))
        #expect(try await house.personal.erase(person: ana.id, confirmation: plan.confirmation, by: TestHouse.local) == .erased)
        for file in try FileManager.default.contentsOfDirectory(atPath: house.directory) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(house.directory)/\(file)"))
            for part in [sealed.email, sealed.name, sealed.emailIndex] { #expect(bytes.range(of: Data(part)) == nil, "\(file)") }
        }
    }
}

extension TestHouse {
    /// An owner as versions before sealing stored them.
    fileprivate func plantOpen(_ email: String, _ password: String) async throws {
        try await database.writer.write { [now = clock.now.milliseconds] db in
            try db.execute(
                sql: """
                    INSERT INTO people(email_plain, password, role, state, created_at, updated_at, revision)
                    VALUES (?, ?, 'owner', 'active', ?, ?, 1)
                    """, arguments: [email, password, now, now])
        }
    }
}
