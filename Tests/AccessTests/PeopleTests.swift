import Domain
import Storage
import Testing

@testable import Access

@Suite struct PeopleTests {
    private static func address(_ text: String) throws -> MailAddress { try #require(MailAddress(text)) }

    @Test func `people are made, found, listed and changed`() async throws {
        let house = try await TestHouse()
        let people = house.people
        let before = try await house.lastSequence()
        guard
            case .done(let ana) = try await people.create(
                email: Self.address("Ana@Example.com"), name: "Ana Łé", notes: "likes tea", role: .manager, by: TestHouse.local)
        else { throw TestHouse.Missing() }
        #expect(ana.email == "Ana@Example.com" && ana.name == "Ana Łé" && ana.notes == "likes tea" && !ana.hasPassword && ana.state == .active)
        #expect(try people.person(email: Self.address("ana@example.COM")) == ana)
        #expect(try await people.create(email: Self.address("ANA@example.com"), name: "", role: .support, by: TestHouse.local) == .emailTaken)
        guard
            case .done(let edited) = try await people.edit(
                id: ana.id, PersonEdit(email: Self.address("b@example.com"), name: "Bea"), by: TestHouse.local)
        else { throw TestHouse.Missing() }
        #expect(edited.email == "b@example.com" && edited.name == "Bea" && edited.notes == "likes tea" && edited.revision == 2)
        #expect(try people.person(email: Self.address("ana@example.com")) == nil)
        guard case .done = try await people.create(email: Self.address("c@example.com"), name: "C", role: .support, by: TestHouse.local) else {
            throw TestHouse.Missing()
        }
        #expect(try await people.edit(id: ana.id, PersonEdit(email: Self.address("C@example.com")), by: TestHouse.local) == .emailTaken)
        #expect(try await people.list().map(\.email) == ["b@example.com", "c@example.com"])
        #expect(try await people.list(after: ana.id, limit: 1).map(\.name) == ["C"])
        #expect(try await house.events(after: before) == [.personCreated, .personEdited, .personCreated])
        for outcome in [
            try await people.edit(id: 99, PersonEdit(), by: TestHouse.local), try await people.disable(id: 99, by: TestHouse.local),
            try await people.enable(id: 99, by: TestHouse.local), try await people.changeRole(id: 99, to: .agent, by: TestHouse.local),
        ] { #expect(outcome == .unknown) }
    }

    @Test func `what changes nothing is done and said in no event`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let before = try await house.lastSequence()
        #expect(try await house.people.changeRole(id: ana.id, to: .owner, by: TestHouse.local) == .done(ana))
        #expect(try await house.people.enable(id: ana.id, by: TestHouse.local) == .done(ana))
        #expect(try await house.events(after: before).isEmpty)
    }

    @Test func `the last owner stays, unless there is another who can come in`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        guard
            case .done(let bob) = try await house.people.create(
                email: Self.address("bob@example.com"), name: "", role: .owner, by: TestHouse.local)
        else { throw TestHouse.Missing() }
        #expect(try await house.people.changeRole(id: ana.id, to: .manager, by: TestHouse.local) == .lastOwner, "Bob has no password")
        #expect(try await house.people.disable(id: ana.id, by: TestHouse.local) == .lastOwner)
        _ = try await house.people.setPassword(id: bob.id, TestHouse.password, by: TestHouse.local, address: "local")
        guard case .done = try await house.people.changeRole(id: ana.id, to: .manager, by: TestHouse.local) else { throw TestHouse.Missing() }
        #expect(try await house.people.disable(id: bob.id, by: TestHouse.local) == .lastOwner)
        #expect(try house.database.reader.hasOwner())
    }

    @Test func `of two owners who demote each other at the same moment one stays`() async throws {
        for round in 0..<5 {
            let house = try await TestHouse()
            let (ana, bob) = (try await house.person("ana@example.com"), try await house.person("bob@example.com"))
            async let first = house.people.changeRole(id: ana.id, to: .support, by: TestHouse.local)
            async let second =
                round % 2 == 0
                ? house.people.disable(id: bob.id, by: TestHouse.local) : house.people.changeRole(id: bob.id, to: .support, by: TestHouse.local)
            let outcomes = try await [first, second]
            #expect(outcomes.count { $0 == .lastOwner } == 1, "\(outcomes)")
            #expect(try house.database.reader.hasOwner())
        }
    }

    @Test func `nobody manages somebody who may do more`() async throws {
        let house = try await TestHouse()
        let owner = try await house.person("ana@example.com")
        let bob = try await house.person("bob@example.com", role: .support)
        let scopes: Set<Permission> = Role.support.permissions.union([.peopleWrite, .peopleRead])
        let helper = Principal(.key(id: 1), role: .owner, scopes: scopes)
        #expect(try await house.people.create(email: Self.address("c@example.com"), name: "", role: .owner, by: helper) == .beyondYou)
        #expect(try await house.people.changeRole(id: bob.id, to: .owner, by: helper) == .beyondYou)
        #expect(try await house.people.changeRole(id: owner.id, to: .support, by: helper) == .beyondYou)
        #expect(try await house.people.edit(id: owner.id, PersonEdit(name: "x"), by: helper) == .beyondYou)
        #expect(try await house.people.disable(id: owner.id, by: helper) == .beyondYou)
        #expect(try await house.people.enable(id: owner.id, by: helper) == .beyondYou)
        #expect(try await house.people.setPassword(id: owner.id, TestHouse.password, by: helper, address: "a") == .beyondYou)
        #expect(try await house.links.make(person: owner.id, by: helper) == .beyondYou)
        guard case .done = try await house.people.edit(id: bob.id, PersonEdit(name: "Bob"), by: helper) else { throw TestHouse.Missing() }
    }

    @Test func `a new password ends all other sessions`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let (here, there) = (try await house.signedIn("ana@example.com"), try await house.signedIn("ana@example.com"))
        func change(_ old: String, _ new: String) async throws -> PasswordOutcome {
            try await house.people.changePassword(id: ana.id, old: old, new: new, session: here.session, address: "192.0.2.1")
        }
        #expect(try await change("wrong", "another long password") == .wrong)
        #expect(try await change(TestHouse.password, "short") == .refused(.short))
        #expect(try await change(TestHouse.password, "ana@example.com") == .refused(.mailAddress))
        let before = try await house.lastSequence()
        guard case .done = try await change(TestHouse.password, "another long password") else { throw TestHouse.Missing() }
        #expect(try await house.events(after: before) == [.sessionEnded, .passwordChanged])
        #expect(try await house.principal(here.accessToken) != nil)
        #expect(try await house.principal(there.accessToken) == nil)
        #expect(try await house.sessions.refresh(there.refreshToken) == .refused)
        _ = try await house.signedIn("ana@example.com", password: "another long password")
        #expect(try await house.signIn(email: "ana@example.com", password: TestHouse.password, address: "a", userAgent: "") == .wrong)

        let me = Principal(.person(id: ana.id, session: here.session), role: .owner)
        #expect(try await house.people.setPassword(id: ana.id, TestHouse.password, by: me, address: "a") == .wrong, "one's own needs the old one")
        #expect(try await house.people.setPassword(id: 99, TestHouse.password, by: me, address: "a") == .unknown)
        #expect(try await house.people.setPassword(id: ana.id, "short", by: TestHouse.local, address: "a") == .refused(.short))
        guard case .done = try await house.people.setPassword(id: ana.id, TestHouse.password, by: TestHouse.local, address: "a") else {
            throw TestHouse.Missing()
        }
        #expect(try await house.principal(here.accessToken) == nil)
    }

    @Test func `setup makes the owner, and run again for another replaces them`() async throws {
        let house = try await TestHouse()
        func setUp(_ email: String, password: String = TestHouse.password, name: String = "Shop") async throws -> PasswordOutcome {
            try await house.people.setUp(
                email: Self.address(email), password: password, settings: ShopSettings(name: name), network: nil, actor: "local:0")
        }
        #expect(try await setUp("ana@example.com", password: "123456789012") == .refused(.worn))
        #expect(try !house.database.reader.hasOwner())
        guard case .done(let ana) = try await setUp("Ana@example.com") else { throw TestHouse.Missing() }
        #expect(ana.role == .owner && ana.email == "Ana@example.com" && ana.hasPassword)
        let session = try await house.signedIn("ana@example.com")
        _ = try await house.secondStep(ana.id)
        guard case .done(let same) = try await setUp("ana@example.com", password: "a second password", name: "Renamed") else {
            throw TestHouse.Missing()
        }
        #expect(same.id == ana.id && !same.hasTwoStep)
        #expect(try house.database.reader.settings().name == "Renamed")
        #expect(try await house.sessions.refresh(session.refreshToken) == .refused)
        guard case .done(let bob) = try await setUp("bob@example.com") else { throw TestHouse.Missing() }
        #expect(bob.id != ana.id)
        #expect(try house.people.person(id: ana.id)?.state == .disabled)
        guard case .done(let back) = try await setUp("ana@example.com") else { throw TestHouse.Missing() }
        #expect(back.id == ana.id && back.state == .active)
        #expect(try house.people.person(id: bob.id)?.state == .disabled)
    }
}
