import Domain
import Testing

@testable import Access

@Suite struct TwoStepsTests {
    @Test func `a seed counts once its first code was seen`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        #expect(try await house.twoSteps.confirm(person: ana.id, code: "123456", by: TestHouse.local) == .nothingOffered)
        let offer = try #require(await house.twoSteps.offer(person: ana.id))
        #expect(offer.uri.contains("secret=\(offer.secret)&") && offer.uri.contains("ana@example.com"))
        #expect(!String(reflecting: offer).contains(offer.secret))
        #expect(try await house.twoSteps.confirm(person: ana.id, code: "000000", by: TestHouse.local) == .wrong)
        #expect(try house.people.person(id: ana.id)?.hasTwoStep == false)
        _ = try await house.signedIn("ana@example.com")
        let seed = try #require(unbase32(offer.secret))
        let before = try await house.lastSequence()
        guard case .enabled(let codes) = try await house.twoSteps.confirm(person: ana.id, code: house.code(seed), by: TestHouse.local) else {
            throw TestHouse.Missing()
        }
        #expect(Set(codes).count == 10)
        #expect(try house.people.person(id: ana.id)?.hasTwoStep == true)
        #expect(try await house.events(after: before) == [.twoStepEnabled])
    }

    @Test func `switched off, the password is enough again and old codes are gone`() async throws {
        let house = try await TestHouse()
        let ana = try await house.person("ana@example.com")
        let (_, codes) = try await house.secondStep(ana.id)
        #expect(try await !house.twoSteps.disable(person: ana.id, by: Principal(.key(id: 1), role: .manager)), "not theirs to manage")
        #expect(try await house.twoSteps.disable(person: ana.id, by: TestHouse.local))
        #expect(try await !house.twoSteps.disable(person: ana.id, by: TestHouse.local))
        _ = try await house.signedIn("ana@example.com")
        #expect(try house.twoSteps.recoveryCodesLeft(person: ana.id) == 0)
        let (_, others) = try await house.secondStep(ana.id)
        #expect(Set(codes).isDisjoint(with: others))
        #expect(try await house.signIn(email: "ana@example.com", password: TestHouse.password, code: codes[0], address: "a", userAgent: "") == .wrong)
    }

    @Test func `nobody is offered a seed who may not come in`() async throws {
        let house = try await TestHouse()
        let (_, bob) = (try await house.person("ana@example.com"), try await house.person("bob@example.com", role: .support))
        _ = try await house.people.disable(id: bob.id, by: TestHouse.local)
        #expect(try await house.twoSteps.offer(person: bob.id) == nil)
        #expect(try await house.twoSteps.offer(person: 99) == nil)
        #expect(try await house.twoSteps.confirm(person: bob.id, code: "123456", by: TestHouse.local) == .unknown)
    }
}
