import Domain
import Testing

@testable import Access

@Suite struct SignInTests {
    private static func told(_ house: TestHouse, _ email: String, _ password: String, code: String? = nil, address: String = "192.0.2.1") async throws
        -> SignInOutcome
    {
        try await house.signIn(email: email, password: password, code: code, address: address, userAgent: "Browser/1")
    }

    @Test func `the right password begins a session, however the mail address is spelt`() async throws {
        let house = try await TestHouse(hashing: true)
        let ana = try await house.person("ana@example.com")
        let before = try await house.lastSequence()
        let signedIn = try await house.signedIn(" ANA@Example.com ")
        #expect(signedIn.person == ana.id && signedIn.role == .owner)
        #expect(signedIn.accessExpiresAt == house.clock.now + .seconds(600))
        #expect(try await house.principal(signedIn.accessToken)?.identity == .person(id: ana.id, session: signedIn.session))
        #expect(try await house.events(after: before) == [.sessionStarted])
        #expect(try house.people.person(id: ana.id)?.signedInAt == house.clock.now)
        #expect(!"\(signedIn)".contains(signedIn.refreshToken) && !String(reflecting: signedIn).contains(signedIn.accessToken))
    }

    @Test func `nobody learns whether a mail address is known, by the outcome or by the work`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let bob = try await house.person("bob@example.com", role: .support)
        _ = await #expect(throws: Never.self) { try await house.people.disable(id: bob.id, by: TestHouse.local) }
        guard
            case .done = try await house.people.create(
                email: #require(MailAddress("new@example.com")), name: "", role: .support, by: TestHouse.local)
        else { throw TestHouse.Missing() }
        // Another password, somebody disabled with the right one, somebody without one, nobody, no address at all.
        for (email, password) in [
            ("ana@example.com", "another password"), ("bob@example.com", TestHouse.password), ("new@example.com", TestHouse.password),
            ("nobody@example.com", TestHouse.password), ("nonsense", TestHouse.password), ("", ""),
        ] {
            let before = house.work.value
            #expect(try await Self.told(house, email, password) == .wrong, "\(email)")
            #expect(house.work.value == before + 1, "\(email)")
        }
        #expect(try await Self.told(house, "ana@example.com", String(repeating: "x", count: 5000)) == .wrong)
    }

    @Test func `unknown people are slowed as those are who are known`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        for email in ["ana@example.com", "nobody@example.com"] {
            for _ in 0..<10 { #expect(try await Self.told(house, email, "wrong") == .wrong) }
            let before = house.work.value
            #expect(try await Self.told(house, email, "wrong") == .busy(seconds: 1))
            #expect(house.work.value == before)
        }
    }

    @Test func `the owner comes in with the right password while others guess at it`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        for number in 0..<60 { _ = try await Self.told(house, "ana@example.com", "wrong", address: "198.51.100.\(number % 30)") }
        guard case .busy = try await Self.told(house, "ana@example.com", "wrong", address: "198.51.100.3") else {
            Issue.record("a guesser is not slowed")
            return
        }
        _ = try await house.signedIn("ana@example.com", address: "203.0.113.9")
    }

    @Test func `each sign-in begins a session of its own, whatever the client brings`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let first = try await house.signedIn("ana@example.com")
        let second = try await house.signedIn("ana@example.com")
        #expect(first.session != second.session && first.refreshToken != second.refreshToken && first.accessToken != second.accessToken)
        _ = try await house.sessions.end(id: second.session, person: second.person, by: TestHouse.local)
        let third = try await house.signedIn("ana@example.com")
        #expect(third.session > second.session, "numbers of sessions that are over come not again")
        #expect(try await house.principal(first.accessToken) != nil)
    }

    @Test func `with a second step the password alone asks for the code`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let (seed, codes) = try await house.secondStep(ana.id)
        #expect(try await Self.told(house, "ana@example.com", TestHouse.password) == .codeNeeded)
        #expect(try await Self.told(house, "ana@example.com", "wrong", code: house.code(seed, stepsLater: 1)) == .wrong)
        #expect(try await Self.told(house, "ana@example.com", TestHouse.password, code: "000000") == .wrong)
        // The code that confirmed the seed is used.
        #expect(try await Self.told(house, "ana@example.com", TestHouse.password, code: house.code(seed)) == .wrong)
        house.clock.move(.seconds(30))
        let code = house.code(seed)
        _ = try await house.signedIn("ana@example.com", code: "\(code.prefix(3)) \(code.suffix(3))")
        #expect(try await Self.told(house, "ana@example.com", TestHouse.password, code: code) == .wrong)
        let before = try await house.lastSequence()
        _ = try await house.signedIn("ana@example.com", code: codes[4].uppercased())
        #expect(try await house.events(after: before) == [.recoveryCodeUsed, .sessionStarted])
        #expect(try await Self.told(house, "ana@example.com", TestHouse.password, code: codes[4]) == .wrong)
        #expect(try house.twoSteps.recoveryCodesLeft(person: ana.id) == 9)
    }

    @Test func `of two sign-ins with one code at the same moment one comes in`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let (seed, codes) = try await house.secondStep(ana.id)
        house.clock.move(.seconds(30))
        for code in [house.code(seed), codes[0]] {
            let outcomes = try await withThrowingTaskGroup(of: SignInOutcome.self) { group in
                for number in 0..<8 {
                    group.addTask { try await Self.told(house, "ana@example.com", TestHouse.password, code: code, address: "192.0.2.\(number)") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { if case .signedIn = $0 { true } else { false } } == 1)
            #expect(outcomes.count { $0 == .wrong } == 7)
        }
    }

    @Test func `a full queue says when to come again`() async throws {
        let house = try await TestHouse(hashing: true)
        _ = try await house.person("ana@example.com")
        let outcomes = try await withThrowingTaskGroup(of: SignInOutcome.self) { group in
            for number in 0..<40 { group.addTask { try await Self.told(house, "nobody\(number)@example.com", "wrong") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains { if case .busy(let seconds) = $0 { seconds >= 1 } else { false } })
    }
}
