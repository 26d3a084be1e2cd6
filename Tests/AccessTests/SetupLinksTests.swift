import Domain
import Storage
import Testing

@testable import Access

@Suite struct SetupLinksTests {
    private static let email = MailAddress("ana@example.com")

    private static func token(_ outcome: SetupLinkOutcome) throws -> String {
        guard case .made(let token, _) = outcome else { throw TestHouse.Missing() }
        return token
    }

    @Test func `the first owner is made by a link, once`() async throws {
        let house = try await TestHouse()
        let before = try await house.lastSequence()
        let token = try Self.token(await house.links.make(actor: "pushcart"))
        #expect(token.utf8.count == 43)
        #expect(try house.links.target(token) == .firstOwner)
        let redeem = { (email: MailAddress?, password: String) in
            try await house.links.redeem(token, email: email, name: "Ana", password: password, address: "192.0.2.1")
        }
        #expect(try await redeem(nil, TestHouse.password) == .emailNeeded)
        #expect(try await redeem(Self.email, "short") == .refused(.short))
        guard case .done(let ana) = try await redeem(Self.email, TestHouse.password) else { throw TestHouse.Missing() }
        #expect(ana.role == .owner && ana.name == "Ana")
        #expect(try await redeem(Self.email, TestHouse.password) == .invalid)
        #expect(try house.links.target(token) == nil)
        #expect(try await house.links.make(actor: "pushcart") == .owned)
        #expect(try await house.events(after: before) == [.setupLinkMade, .setupLinkUsed, .personCreated])
        _ = try await house.signedIn("ana@example.com")
    }

    @Test func `of several who use one link at once one becomes the owner`() async throws {
        let house = try await TestHouse()
        let token = try Self.token(await house.links.make(actor: "pushcart"))
        let outcomes = try await withThrowingTaskGroup(of: SetupLinkRedemption.self) { group in
            for number in 0..<5 {
                group.addTask {
                    try await house.links.redeem(
                        token, email: MailAddress("p\(number)@example.com"), password: TestHouse.password, address: "192.0.2.\(number)")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .invalid } == 4)
        #expect(try await house.people.list().count == 1)
    }

    @Test func `a link is good for half an hour, and the newest of them only`() async throws {
        let house = try await TestHouse()
        let (old, new) = (try Self.token(await house.links.make(actor: "a")), try Self.token(await house.links.make(actor: "a")))
        #expect(try house.links.target(old) == nil)
        house.clock.move(SetupLinks.lifetime - .seconds(1))
        #expect(try house.links.target(new) == .firstOwner)
        house.clock.move(.seconds(1))
        #expect(try house.links.target(new) == nil)
        #expect(try await house.links.redeem(new, email: Self.email, password: TestHouse.password, address: "a") == .invalid)
        for wrong in ["", "x", String(repeating: "A", count: 43)] { #expect(try house.links.target(wrong) == nil) }
    }

    @Test func `a person sets a new password by a link, and all their sessions end`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let session = try await house.signedIn("ana@example.com")
        let token = try Self.token(await house.links.make(person: ana.id, by: TestHouse.local))
        #expect(try house.links.target(token) == .person(ana.id))
        #expect(try await house.links.redeem(token, email: nil, password: "ana@example.com", address: "a") == .refused(.mailAddress))
        guard case .done(let again) = try await house.links.redeem(token, email: nil, password: "a second password", address: "a") else {
            throw TestHouse.Missing()
        }
        #expect(again.id == ana.id)
        #expect(try await house.principal(session.accessToken) == nil)
        _ = try await house.signedIn("ana@example.com", password: "a second password")
        #expect(try await house.links.redeem(token, email: nil, password: "a third password", address: "a") == .invalid)
    }

    @Test func `there are no links for people who may not come in`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let bob = try await house.person("bob@example.com", role: .support)
        let token = try Self.token(await house.links.make(person: bob.id, by: TestHouse.local))
        _ = try await house.people.disable(id: bob.id, by: TestHouse.local)
        #expect(try await house.links.redeem(token, email: nil, password: "a second password", address: "a") == .invalid)
        #expect(try await house.links.make(person: bob.id, by: TestHouse.local) == .unknown)
        #expect(try await house.links.make(person: 99, by: TestHouse.local) == .unknown)
    }
}
