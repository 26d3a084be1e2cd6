import Domain
import GRDB
import Storage
import Testing

@Suite struct ShopSettingsTests {
    static let password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"

    /// An owner whose seal is plain bytes: what seals is another room's matter.
    static func owner(_ email: String, _ password: String = password) -> OwnerDraft {
        let index = (Array(email.utf8) + [UInt8](repeating: 0, count: 32)).prefix(32)
        return OwnerDraft(emailIndex: Array(index), password: password) { _ in
            SealedPerson(emailIndex: Array(index), email: Array(email.utf8), name: [1], notes: [2])
        }
    }

    @Test func `a new shop has a name, dollars, no networks and no owner`() throws {
        let shop = try TemporaryShop()
        #expect(try shop.reader.settings() == ShopSettings())
        #expect(try shop.reader.networks().isEmpty)
        #expect(try !shop.reader.hasOwner())
    }

    @Test func `what setup was told is stored, and told again is replaced`() async throws {
        let shop = try TemporaryShop()
        let euro = try #require(Currency("EUR"))
        let settings = ShopSettings(name: "Ana's songs", currency: euro, origin: "https://ana.example")
        let network = ShopNetwork(network: TemporaryShop.base, payTo: TemporaryShop.shop, node: .sealed([1, 2, 3]), settlerKey: "settler")
        _ = try await shop.writer.setUp(
            owner: Self.owner("ana@example.com"), settings: settings, network: network, actor: "local:0", at: TemporaryShop.now)
        #expect(try shop.reader.settings() == settings)
        #expect(try shop.reader.networks() == [network])
        #expect(try shop.reader.hasOwner())

        let other = ShopNetwork(network: TemporaryShop.base, payTo: TemporaryShop.usdc, node: nil, settlerKey: nil)
        let renamed = ShopSettings(name: "Ana", currency: .usd, origin: "https://shop.example")
        _ = try await shop.writer.setUp(
            owner: Self.owner("ana@example.com"), settings: renamed, network: other, actor: "local:0", at: TemporaryShop.now)
        #expect(try shop.reader.settings() == renamed)
        #expect(try shop.reader.networks() == [other])
        #expect(try await shop.integer("SELECT count(*) FROM people") == 1)
        #expect(try await shop.events() == [.personCreated, .shopSetUp, .passwordChanged, .shopSetUp])
        let event = try #require(await shop.reader.events(after: 3).first)
        let details = EventDetails([
            ("currency", .text("USD")), ("network", .text("eip155:8453")), ("origin", .changed),
            ("pay_to", .change(from: nil, to: "0x" + lowercaseHex(TemporaryShop.usdc))),
        ])
        #expect(event == Event(sequence: 4, kind: .shopSetUp, subject: 1, actor: "local:0", at: TemporaryShop.now, details: details))
    }

    @Test func `networks keep the order in which they were added`() async throws {
        let shop = try TemporaryShop()
        for chainID in [8453, 1, 137, 1] as [UInt64] {
            let network = ShopNetwork(
                network: try #require(Network(chainID: chainID)), payTo: TemporaryShop.shop, node: nil, settlerKey: nil)
            _ = try await shop.writer.setUp(
                owner: Self.owner("a@example.com"), settings: ShopSettings(), network: network, actor: "a", at: TemporaryShop.now)
        }
        #expect(try shop.reader.networks().map(\.network.chainID) == [8453, 1, 137])
    }

    @Test func `a setup that cannot be stored whole is not stored at all`() async throws {
        let shop = try TemporaryShop()
        await #expect(throws: DatabaseError.self) {
            _ = try await shop.writer.setUp(
                owner: Self.owner("a@example.com", "plain text"), settings: ShopSettings(name: "X"), network: nil, actor: "a", at: TemporaryShop.now)
        }
        let short = ShopNetwork(network: TemporaryShop.base, payTo: [1, 2, 3], node: nil, settlerKey: nil)
        await #expect(throws: DatabaseError.self) {
            _ = try await shop.writer.setUp(
                owner: Self.owner("a@example.com"), settings: ShopSettings(name: "X"), network: short, actor: "a", at: TemporaryShop.now)
        }
        #expect(try shop.reader.settings() == ShopSettings())
        #expect(try !shop.reader.hasOwner())
        #expect(try await shop.events().isEmpty)
    }

    @Test func `settings that are not known are left alone`() async throws {
        let shop = try TemporaryShop()
        try await shop.execute("INSERT INTO settings(name, value) VALUES ('colour of tomorrow', 'red'), ('currency', 'nonsense')")
        #expect(try shop.reader.settings() == ShopSettings())
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 2)
    }

    @Test func `a network that cannot be is told as corrupt`() async throws {
        let shop = try TemporaryShop()
        try await shop.execute("INSERT INTO networks(chain_id, position, pay_to) VALUES (0, 1, zeroblob(20))")
        #expect(throws: StorageError.self) { try shop.reader.networks() }
    }
}
