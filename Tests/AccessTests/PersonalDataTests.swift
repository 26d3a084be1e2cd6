import Domain
import Foundation
import JSON
import Sealing
import Storage
import Testing

@testable import Access

@Suite struct PersonalDataTests {
    @Test func `all that is stored of a person is handed out, and nothing that lets others in`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        _ = try await house.person("bob@example.com")
        let (_, codes) = try await house.secondStep(ana.id)
        house.clock.move(.seconds(60))
        let signedIn = try await house.signedIn("ana@example.com", code: codes[0], address: "192.0.2.77", userAgent: "Ana's browser")
        let me = Principal(.person(id: ana.id, session: signedIn.session), role: .owner)
        guard case .created(_, let text) = try await house.apiKeys.create(APIKeyTerms(name: "Ana's till", role: .agent), by: me) else {
            throw TestHouse.Missing()
        }
        let files = try #require(await house.personal.export(person: ana.id))
        #expect(files.map(\.name) == ["person.json", "sessions.json", "keys.json", "events.json"])
        let all = files.map { String(decoding: $0.json, as: UTF8.self) }.joined()
        for part in ["ana@example.com", "Name of ana@example.com", "192.0.2.77", "Ana's browser", "Ana's till", "\"recovery_codes_left\": 9"] {
            #expect(all.contains(part), "\(part)")
        }
        for secret in [signedIn.refreshToken, String(text.suffix(43)), codes[1], "argon2id", "bob@example.com"] {
            #expect(!all.contains(secret))
        }
        let events = try JSONValue(parsing: files[3].json).array ?? []
        #expect(
            events.compactMap { $0["kind"]?.string } == [
                "person.created", "password.changed", "two_step.enabled", "two_step.recovery_code_used", "session.started", "key.created",
            ])
        #expect(try await house.personal.export(person: 99) == nil)
    }

    @Test func `a person is erased when the plan is confirmed, and only then`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("owner@example.com")
        let ana = try await house.person("ana@example.com", role: .manager)
        let signedIn = try await house.signedIn("ana@example.com", userAgent: "Ana's browser")
        let plan = try #require(await house.personal.plan(person: ana.id))
        #expect(plan.goes.map(\.count) == [1, 1, 0])
        #expect(plan.stays.map(\.count) == [3, 0])
        let erase = { (value: String) in try await house.personal.erase(person: ana.id, confirmation: value, by: TestHouse.local) }
        #expect(try await erase("") == .stale)
        #expect(try await erase(String(plan.confirmation.reversed())) == .stale)
        let other = try #require(await house.personal.plan(person: 1))
        #expect(try await erase(other.confirmation) == .stale)
        let later = try await house.signedIn("ana@example.com")
        #expect(try await erase(plan.confirmation) == .stale, "there is another session now")
        let again = try #require(await house.personal.plan(person: ana.id))
        #expect(again.confirmation != plan.confirmation)
        #expect(try await erase(again.confirmation) == .erased)

        #expect(try await house.principal(later.accessToken) == nil)
        #expect(try await house.principal(signedIn.accessToken) == nil)
        #expect(try await house.sessions.refresh(later.refreshToken) == .refused)
        let left = try #require(try house.people.person(id: ana.id))
        #expect(left.state == .erased && left.email.isEmpty && left.name.isEmpty && !left.hasPassword)
        #expect(throws: SealingError.erased(.person(ana.id))) { try house.vault.seal([1], for: .person(ana.id), field: "x") }
        #expect(try await house.signIn(email: "ana@example.com", password: TestHouse.password, address: "a", userAgent: "") == .wrong)
        #expect(try await erase(again.confirmation) == .unknown)
        #expect(try await house.personal.plan(person: ana.id) == nil)
        #expect(try await house.personal.export(person: ana.id) == nil)
        #expect(try await house.people.enable(id: ana.id, by: TestHouse.local) == .unknown)
        #expect(try await house.events().contains(.personErased))
        // The mail address is free again, for somebody new.
        #expect(try await house.person("ana@example.com", role: .support).id != ana.id)
    }

    @Test func `the last owner is not erased, nor somebody who may do more`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let plan = try #require(await house.personal.plan(person: ana.id))
        #expect(try await house.personal.erase(person: ana.id, confirmation: plan.confirmation, by: TestHouse.local) == .lastOwner)
        let helper = Principal(.key(id: 1), role: .owner, scopes: [.personalDataWrite])
        #expect(try await house.personal.erase(person: ana.id, confirmation: plan.confirmation, by: helper) == .beyondYou)
        #expect(try await house.personal.erase(person: 99, confirmation: plan.confirmation, by: TestHouse.local) == .unknown)
    }

    @Test func `what a crash left of an erasure is done at the next start`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("owner@example.com")
        let ana = try await house.person("ana@example.com", role: .manager)
        let counts = try #require(await house.database.reader.personalCounts(id: ana.id))
        guard case .erased = try await house.database.writer.erasePerson(id: ana.id, confirmed: counts, actor: "a", at: house.clock.now) else {
            throw TestHouse.Missing()
        }
        #expect(try await house.database.reader.undestroyedPeople() == [ana.id])
        try await house.personal.finish()
        #expect(try await house.database.reader.undestroyedPeople().isEmpty)
        #expect(throws: SealingError.erased(.person(ana.id))) { try house.vault.seal([1], for: .person(ana.id), field: "x") }
    }

    @Test func `whom a restored backup brings back is erased again, and the number is not given to anybody else`() async throws {
        let house = try await TestHouse()
        let (owner, ana) = (try await house.person("owner@example.com"), try await house.person("ana@example.com", role: .manager))
        // As if the file were older than the keys: Ana's is gone, and that of somebody whom it does not know.
        try house.vault.destroy([.person(ana.id), .person(ana.id + 1)])
        try await house.personal.finish()
        #expect(try await house.people.list().map(\.state) == [.active, .erased])
        #expect(try house.people.person(id: owner.id)?.email == "owner@example.com")
        #expect(try await house.person("new@example.com", role: .support).id == ana.id + 2)
    }
}
