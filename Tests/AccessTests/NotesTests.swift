import Domain
import Storage
import Testing

@testable import Access

/// Every change that the API offers stores the memory of its call in the same write, with the value that the caller is told.
@Suite struct NotesTests {
    /// Makes notes that keep what they were told as text.
    private static func note<Value: Sendable>(
        _ key: String, _ house: TestHouse, text: @escaping @Sendable (Value) -> String = { "\($0)" }
    ) -> WriteNote<Value> {
        WriteNote(principal: "local:0", key: key, request: [UInt8](repeating: 1, count: 32), at: house.clock.now) { Array(text($0).utf8) }
    }

    private static func noted(_ key: String, _ house: TestHouse) throws -> String? {
        try house.database.reader.callNote(principal: "local:0", key: key, now: house.clock.now).map { String(decoding: $0.answer, as: UTF8.self) }
    }

    private static func secret(_ outcome: APIKeyOutcome) -> String { if case .created(_, let text) = outcome { text } else { "" } }
    private static func secret(_ outcome: SetupLinkOutcome) -> String { if case .made(let token, _) = outcome { token } else { "" } }

    @Test func `changes of people`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("owner@example.com")
        let (by, address) = (TestHouse.local, try #require(MailAddress("ana@example.com")))
        let created = try await house.people.create(email: address, name: "Ana", role: .support, by: by, noting: Self.note("create", house))
        guard case .done(let ana) = created else { throw TestHouse.Missing() }
        #expect(try Self.noted("create", house) == "\(created)")
        let people = house.people
        let steps: [(String, PersonOutcome)] = [
            ("edit", try await people.edit(id: ana.id, PersonEdit(name: "Bea"), by: by, noting: Self.note("edit", house))),
            ("role", try await people.changeRole(id: ana.id, to: .analyst, by: by, noting: Self.note("role", house))),
            ("disable", try await people.disable(id: ana.id, by: by, noting: Self.note("disable", house))),
            ("enable", try await people.enable(id: ana.id, by: by, noting: Self.note("enable", house))),
        ]
        for (key, outcome) in steps { #expect(try Self.noted(key, house) == "\(outcome)", "\(key)") }
        let password = try await people.setPassword(id: ana.id, TestHouse.password, by: by, address: "a", noting: Self.note("password", house))
        #expect(try Self.noted("password", house) == "\(password)")
        let changed = try await people.changePassword(
            id: ana.id, old: TestHouse.password, new: "a second password", session: 1, address: "a", noting: Self.note("change", house))
        #expect(try Self.noted("change", house) == "\(changed)")
        let plan = try #require(await house.personal.plan(person: ana.id))
        let erased = try await house.personal.erase(
            person: ana.id, confirmation: plan.confirmation, by: by, noting: Self.note("erase", house))
        #expect(try erased == .erased && Self.noted("erase", house) == "erased")
    }

    @Test func `changes of keys, with the text that is shown once`() async throws {
        let house = try await TestHouse()
        let terms = APIKeyTerms(name: "x", role: .agent)
        let created = try await house.apiKeys.create(terms, by: TestHouse.local, noting: Self.note("create", house) { Self.secret($0) })
        guard case .created(let key, let text) = created else { throw TestHouse.Missing() }
        #expect(try Self.noted("create", house) == text)
        #expect(!"\(created)".contains(text), "nothing prints it by mistake")
        let edited = try await house.apiKeys.edit(
            id: key.id, APIKeyTerms(name: "y", role: .agent), by: TestHouse.local, noting: Self.note("edit", house))
        #expect(try Self.noted("edit", house) == "\(edited)")
        let revoked = try await house.apiKeys.revoke(id: key.id, by: TestHouse.local, noting: Self.note("revoke", house))
        #expect(try Self.noted("revoke", house) == "\(revoked)")
    }

    @Test func `ends of sessions, second steps and links`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let (one, _) = (try await house.signedIn("ana@example.com"), try await house.signedIn("ana@example.com"))
        _ = try await house.sessions.end(id: one.session, person: ana.id, by: TestHouse.local, noting: Self.note("end", house))
        #expect(try Self.noted("end", house) == "true")
        _ = try await house.sessions.endAll(person: ana.id, by: TestHouse.local, noting: Self.note("all", house))
        #expect(try Self.noted("all", house) == "1")
        let offer = try #require(await house.twoSteps.offer(person: ana.id))
        let seed = try #require(unbase32(offer.secret))
        let enabled = try await house.twoSteps.confirm(
            person: ana.id, code: house.code(seed), by: TestHouse.local, noting: Self.note("enable", house))
        #expect(try Self.noted("enable", house) == "\(enabled)")
        _ = try await house.twoSteps.disable(person: ana.id, by: TestHouse.local, noting: Self.note("disable", house))
        #expect(try Self.noted("disable", house) == "true")
        let link = try await house.links.make(person: ana.id, by: TestHouse.local, noting: Self.note("link", house) { Self.secret($0) })
        guard case .made(let token, _) = link else { throw TestHouse.Missing() }
        #expect(try Self.noted("link", house) == token)
        #expect(!"\(link)".contains(token))
    }

    @Test func `what is decided before the write leaves no note`() async throws {
        let house = try await TestHouse()
        let nobody = Principal(.key(id: 1), role: .support)
        let address = try #require(MailAddress("ana@example.com"))
        let outcome = try await house.people.create(email: address, name: "", role: .owner, by: nobody, noting: Self.note("k", house))
        #expect(outcome == .beyondYou)
        #expect(try Self.noted("k", house) == nil)
    }
}
