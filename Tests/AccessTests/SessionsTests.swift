import Domain
import Foundation
import Sealing
import Storage
import Testing

@testable import Access

@Suite struct SessionsTests {
    private static func refreshed(_ house: TestHouse, _ token: String) async throws -> SignedIn {
        guard case .refreshed(let signedIn) = try await house.sessions.refresh(token) else { throw TestHouse.Missing() }
        return signedIn
    }

    @Test func `a refresh gives new tokens of the same session and moves its end`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let first = try await house.signedIn("ana@example.com")
        house.clock.move(.seconds(29 * 86_400))
        let second = try await Self.refreshed(house, first.refreshToken)
        #expect(second.session == first.session && second.refreshToken != first.refreshToken)
        #expect(second.refreshExpiresAt == house.clock.now + Sessions.lifetime)
        #expect(try await house.principal(second.accessToken) != nil)
        house.clock.move(.seconds(29 * 86_400))
        _ = try await Self.refreshed(house, second.refreshToken)
    }

    @Test func `a session nobody used for thirty days is over`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let first = try await house.signedIn("ana@example.com")
        house.clock.move(Sessions.lifetime)
        #expect(try await house.sessions.refresh(first.refreshToken) == .refused)
        #expect(try await house.sessions.list(person: first.person).isEmpty)
        #expect(try await house.sessions.list(person: first.person, all: true).count == 1)
    }

    @Test func `a refresh token shown again ends its session, the rightful holder's too`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let (first, other) = (try await house.signedIn("ana@example.com"), try await house.signedIn("ana@example.com"))
        let second = try await Self.refreshed(house, first.refreshToken)
        let third = try await Self.refreshed(house, second.refreshToken)
        #expect(try await house.principal(third.accessToken) != nil)
        let before = try await house.lastSequence()
        #expect(try await house.sessions.refresh(first.refreshToken) == .reused)
        #expect(try await house.principal(third.accessToken) == nil)
        #expect(try await house.sessions.refresh(third.refreshToken) == .refused)
        #expect(try await house.sessions.refresh(first.refreshToken) == .reused)
        #expect(try await house.events(after: before) == [.sessionReuse])
        #expect(try await house.sessions.list(person: first.person, all: true).last?.ending == .reuse)
        #expect(try await house.principal(other.accessToken) != nil, "other sessions go on")
    }

    @Test func `of two refreshes with one token at once one is given, and the session is over`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let first = try await house.signedIn("ana@example.com")
        let outcomes = try await withThrowingTaskGroup(of: RefreshOutcome.self) { group in
            for _ in 0..<5 { group.addTask { try await house.sessions.refresh(first.refreshToken) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { if case .refreshed = $0 { true } else { false } } == 1)
        #expect(outcomes.count { $0 == .reused } == 4)
        #expect(try await house.sessions.list(person: first.person).isEmpty)
    }

    @Test(arguments: ["", "x", String(repeating: "A", count: 43), String(repeating: "A", count: 44)])
    func `what is no refresh token is refused`(_ token: String) async throws {
        let house = try await TestHouse()
        #expect(try await house.sessions.refresh(token) == .refused)
    }

    @Test func `sessions are listed with their device, and ended one by one or together`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        var all: [SignedIn] = []
        for number in 1...4 {
            all.append(try await house.signedIn("ana@example.com", address: "192.0.2.\(number)", userAgent: "Browser/\(number)"))
        }
        let listed = try await house.sessions.list(person: ana.id)
        #expect(listed.map(\.id) == all.map(\.session).reversed())
        #expect(listed[0].device == SessionDevice(userAgent: "Browser/4", address: "192.0.2.4"))
        #expect(listed[0].isLive(at: house.clock.now) && !listed[0].isLive(at: listed[0].expiresAt))
        let stranger = Principal(.key(id: 1), role: .support)
        #expect(try await !house.sessions.end(id: all[1].session, person: ana.id, by: stranger))
        #expect(try await house.sessions.endAll(person: ana.id, by: stranger) == 0)
        let me = Principal(.person(id: ana.id, session: all[0].session), role: .support)
        #expect(try await !house.sessions.end(id: all[1].session, person: 99, by: me), "of another person")
        #expect(try await house.sessions.end(id: all[1].session, person: ana.id, by: me))
        #expect(try await !house.sessions.end(id: all[1].session, person: ana.id, by: me))
        #expect(try await house.sessions.endAll(person: ana.id, except: all[0].session, by: me) == 2)
        #expect(try await house.sessions.list(person: ana.id).map(\.id) == [all[0].session])
        #expect(try await house.sessions.endAll(person: ana.id, by: me) == 1)
        for signedIn in all {
            #expect(try await house.principal(signedIn.accessToken) == nil)
            #expect(try await house.sessions.refresh(signedIn.refreshToken) == .refused)
        }
    }

    @Test func `a restart loses no session and no token`() async throws {
        let clock = TestClock()
        let copy = try TestHouse.makeDirectory()
        let signedIn: SignedIn
        do {
            let house = try await TestHouse(clock: clock)
            _ = try await house.person("ana@example.com")
            signedIn = try await house.signedIn("ana@example.com")
            try house.database.close()
            try house.vault.close()
            for name in try FileManager.default.contentsOfDirectory(atPath: house.directory) {
                try FileManager.default.copyItem(atPath: "\(house.directory)/\(name)", toPath: "\(copy)/\(name)")
            }
        }
        let again = try await TestHouse(directory: copy, clock: clock)
        #expect(try await again.principal(signedIn.accessToken) != nil)
        _ = try await Self.refreshed(again, signedIn.refreshToken)
    }
}
