import Domain
import Storage
import Testing

@testable import Access

@Suite struct APIKeysTests {
    private static func created(_ house: TestHouse, _ terms: APIKeyTerms, by principal: Principal = TestHouse.local) async throws -> (APIKey, String)
    {
        guard case .created(let key, let text) = try await house.apiKeys.create(terms, by: principal) else { throw TestHouse.Missing() }
        return (key, text)
    }

    @Test func `a key is shown once, in one form, and lets its program in`() async throws {
        let house = try await TestHouse()
        let terms = APIKeyTerms(
            name: "Till", role: .agent, scopes: [.productsRead], products: [3, 1], budget: try Money("12.50", .usd),
            expiresAt: house.clock.now + .seconds(100), addresses: [try #require(AddressBlock("192.0.2.0/24"))])
        let before = try await house.lastSequence()
        let (key, text) = try await Self.created(house, terms)
        #expect(text.wholeMatch(of: /pc_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}/) != nil && text.dropFirst(3).hasPrefix(key.prefix))
        #expect(try await house.events(after: before) == [.keyCreated])
        #expect(key.terms == terms && key.createdBy == "local:0" && key.usedAt == nil && key.revokedAt == nil && key.spent?.isZero == true)
        #expect(try house.apiKeys.key(id: key.id) == key)
        let principal = try #require(await house.principal(text))
        #expect(principal.identity == .key(id: key.id) && principal.permissions == [.productsRead] && principal.products == [1, 3])
        #expect(!String(reflecting: APIKeyOutcome.created(key, text: text)).contains(text.suffix(43)))
    }

    @Test func `what limits nothing is not a limit of nothing`() async throws {
        let house = try await TestHouse()
        let (all, allText) = try await Self.created(house, APIKeyTerms(name: "all", role: .manager))
        let (none, noneText) = try await Self.created(
            house, APIKeyTerms(name: "none", role: .manager, scopes: [], products: [], addresses: []))
        #expect(all.terms.scopes == nil && all.terms.products == nil && all.terms.addresses == nil && all.spent == nil)
        #expect(none.terms.scopes == [] && none.terms.products == [] && none.terms.addresses == [])
        #expect(try await house.principal(allText)?.permissions == Role.manager.permissions)
        #expect(try await house.principal(noneText) == nil, "no address is among none")
        #expect(try house.apiKeys.key(id: none.id)?.terms == none.terms && house.apiKeys.key(id: all.id)?.terms == all.terms)
    }

    @Test func `whatever is not wholly the key is nobody's`() async throws {
        let house = try await TestHouse()
        let (_, text) = try await Self.created(house, APIKeyTerms(name: "x", role: .support))
        let (_, other) = try await Self.created(house, APIKeyTerms(name: "y", role: .support))
        let last: Character = text.last == "A" ? "B" : "A"
        let (secret, start) = (String(text.suffix(43)), String(text.prefix(12)))
        let wrong: [String] = [
            "", "pc_", String(text.dropLast()), "\(text)A", "\(text.dropLast())\(last)", "\(start)\(other.suffix(43))", "pc_AAAAAAAA_\(secret)",
            text.replacing("_", with: "-"), " \(text)", "\(text.prefix(11))-\(secret)",
        ]
        for given in wrong { #expect(try await house.principal(given) == nil, "\(given)") }
        #expect(try await house.principal(text) != nil)
    }

    @Test func `a key ends when it expires or is revoked, at once`() async throws {
        let house = try await TestHouse()
        let (key, text) = try await Self.created(house, APIKeyTerms(name: "x", role: .support))
        let (_, short) = try await Self.created(house, APIKeyTerms(name: "y", role: .support, expiresAt: house.clock.now + .seconds(10)))
        #expect(try await house.principal(text) != nil)
        #expect(try await house.principal(short) != nil)
        house.clock.move(.seconds(10))
        #expect(try await house.principal(short) == nil)
        let before = try await house.lastSequence()
        guard case .done(let revoked) = try await house.apiKeys.revoke(id: key.id, by: TestHouse.local) else { throw TestHouse.Missing() }
        #expect(revoked.revokedAt == house.clock.now && !revoked.isLive(at: house.clock.now))
        #expect(try await house.principal(text) == nil)
        house.clock.move(.seconds(10))
        #expect(try await house.apiKeys.revoke(id: key.id, by: TestHouse.local) == .done(revoked))
        #expect(try await house.events(after: before) == [.keyRevoked])
        #expect(try await house.apiKeys.revoke(id: 99, by: TestHouse.local) == .unknown)
        #expect(try await house.apiKeys.edit(id: key.id, key.terms, by: TestHouse.local) == .unknown)
    }

    @Test func `a key is good from its addresses only`() async throws {
        let house = try await TestHouse()
        let blocks = try ["192.0.2.0/28", "2001:db8:1::/48"].map { try #require(AddressBlock($0)) }
        let (_, text) = try await Self.created(house, APIKeyTerms(name: "x", role: .support, addresses: blocks))
        for (address, isGood) in [
            ("192.0.2.15", true), ("::ffff:192.0.2.1", true), ("2001:db8:1:ffff::1", true), ("192.0.2.16", false), ("2001:db8:2::1", false),
            ("", false), ("unknown", false),
        ] { #expect(try await (house.principal(text, address: address) != nil) == isGood, "\(address)") }
    }

    @Test func `edited terms hold from then on`() async throws {
        let house = try await TestHouse()
        let (key, text) = try await Self.created(house, APIKeyTerms(name: "x", role: .manager))
        #expect(try await house.principal(text)?.role == .manager)
        let terms = APIKeyTerms(name: "z", role: .support, scopes: [.statusRead])
        guard case .done(let edited) = try await house.apiKeys.edit(id: key.id, terms, by: TestHouse.local) else { throw TestHouse.Missing() }
        #expect(edited.terms == terms)
        #expect(try await house.principal(text)?.permissions == [.statusRead])
    }

    @Test func `nobody gives more than they have, and no key its own end`() async throws {
        let house = try await TestHouse()
        let (key, _) = try await Self.created(
            house, APIKeyTerms(name: "maker", role: .owner, scopes: [.keysWrite, .keysRead, .productsRead], products: [1, 2]))
        let maker = Principal(.key(id: key.id), role: .owner, scopes: key.terms.scopes, products: key.terms.products)
        for terms in [
            APIKeyTerms(name: "king", role: .owner), APIKeyTerms(name: "more", role: .owner, scopes: [.productsRead, .peopleWrite], products: [1]),
            APIKeyTerms(name: "other", role: .owner, scopes: [.productsRead], products: [3]),
            APIKeyTerms(name: "all", role: .owner, scopes: [.productsRead]),
        ] { #expect(try await house.apiKeys.create(terms, by: maker) == .beyondYou, "\(terms.name)") }
        let (less, _) = try await Self.created(house, APIKeyTerms(name: "less", role: .owner, scopes: [.productsRead], products: [1]), by: maker)
        #expect(less.createdBy == "key:\(key.id)")
        #expect(try await house.apiKeys.revoke(id: key.id, by: maker) == .itself)
        #expect(try await house.apiKeys.edit(id: key.id, key.terms, by: maker) == .itself)
        let (more, _) = try await Self.created(house, APIKeyTerms(name: "more", role: .owner))
        #expect(try await house.apiKeys.revoke(id: more.id, by: maker) == .beyondYou)
        #expect(try await house.apiKeys.edit(id: more.id, less.terms, by: maker) == .beyondYou)
        guard case .done = try await house.apiKeys.revoke(id: less.id, by: maker) else { throw TestHouse.Missing() }
    }

    @Test func `uses are written once a minute, together, and told at once`() async throws {
        let house = try await TestHouse()
        let (key, text) = try await Self.created(house, APIKeyTerms(name: "x", role: .support))
        let (other, otherText) = try await Self.created(house, APIKeyTerms(name: "y", role: .support))
        let first = house.clock.now
        _ = try await house.principal(text)
        // The first is written by a task of its own. A flush from here could leave that task the next use to write.
        while try house.database.reader.key(id: key.id)?.key.usedAt == nil { await Task.yield() }
        house.clock.move(.seconds(30))
        _ = try await house.principal(text)
        _ = try await house.principal(otherText)
        let before = house.database.writer.load.writes
        for _ in 0..<50 { _ = try await house.principal(text) }
        #expect(house.database.writer.load.writes == before)
        #expect(try house.database.reader.key(id: key.id)?.key.usedAt == first)
        #expect(try house.apiKeys.key(id: key.id)?.usedAt == first + .seconds(30))
        await house.apiKeys.flush()
        #expect(house.database.writer.load.writes == before + 1)
        #expect(try await house.apiKeys.list().map(\.usedAt) == [first + .seconds(30), first + .seconds(30)])
        #expect(try await house.apiKeys.list(before: other.id, limit: 1).map(\.id) == [key.id])
        #expect(try await house.principal("pc_AAAAAAAA_" + text.suffix(43)) == nil)
    }
}
