import Domain
import JSON
import Storage
import Testing

@testable import Access

@Suite struct RetentionTests {
    @Test func `what nobody needs is deleted, and an event says so`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let (ended, live) = (try await house.signedIn("ana@example.com"), try await house.signedIn("ana@example.com"))
        _ = try await house.sessions.end(id: ended.session, person: ana.id, by: TestHouse.local)
        _ = try await house.links.make(person: ana.id, by: TestHouse.local)
        #expect(try await house.retention.run().isEmpty)
        let before = try await house.lastSequence()
        var token = live.refreshToken
        for _ in 0..<5 {
            house.clock.move(.seconds(19 * 86_400))
            guard case .refreshed(let next) = try await house.sessions.refresh(token) else { throw TestHouse.Missing() }
            token = next.refreshToken
        }
        let retired = try await house.retention.run(actor: "pushcart")
        #expect(retired.sessions == 1 && retired.setupLinks == 1)
        // That of the session, and those of the live one that were used more than thirty days ago.
        #expect(retired.refreshTokens == 1 + 3)
        #expect(try await house.events(after: before) == [.recordsRetired])
        #expect(try await house.sessions.list(person: ana.id, all: true).map(\.id) == [live.session])
        #expect(try await house.sessions.refresh(ended.refreshToken) == .refused)
        guard case .refreshed = try await house.sessions.refresh(token) else { throw TestHouse.Missing() }
        #expect(try await house.retention.run().isEmpty)
    }

    @Test func `signing keys that are over go after a while`() async throws {
        let house = try await TestHouse()
        try await house.signingKeys.rotate(actor: "local:0")
        house.clock.move(Retention.others + .seconds(700))
        #expect(try await house.retention.run().signingKeys == 1)
        try await house.signingKeys.prepare()
        #expect(house.signingKeys.jwks()["keys"]?.array?.count == 2)
    }
}
