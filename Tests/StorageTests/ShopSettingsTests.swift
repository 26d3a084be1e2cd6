import Domain
import GRDB
import Storage
import Testing

@Suite struct ShopSettingsTests {
    static let password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"

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
        let network = ShopNetwork(network: TemporaryShop.base, payTo: TemporaryShop.shop, rpcURL: "https://rpc.example", settlerKey: "settler")
        try await shop.writer.setUp(
            email: "ana@example.com", password: Self.password, settings: settings, network: network, actor: "local:0", at: TemporaryShop.now)
        #expect(try shop.reader.settings() == settings)
        #expect(try shop.reader.networks() == [network])
        #expect(try shop.reader.hasOwner())

        let other = ShopNetwork(network: TemporaryShop.base, payTo: TemporaryShop.usdc, rpcURL: nil, settlerKey: nil)
        let renamed = ShopSettings(name: "Ana", currency: .usd, origin: "https://shop.example")
        try await shop.writer.setUp(
            email: "ana@example.com", password: Self.password, settings: renamed, network: other, actor: "local:0", at: TemporaryShop.now)
        #expect(try shop.reader.settings() == renamed)
        #expect(try shop.reader.networks() == [other])
        #expect(try await shop.integer("SELECT count(*) FROM people") == 1)
        #expect(try await shop.events() == [.shopSetUp, .shopSetUp])
        let event = try #require(await shop.reader.events(after: 1).first)
        #expect(event == Event(sequence: 2, kind: .shopSetUp, subject: 1, actor: "local:0", at: TemporaryShop.now))
    }

    @Test func `networks keep the order in which they were added`() async throws {
        let shop = try TemporaryShop()
        for chainID in [8453, 1, 137, 1] as [UInt64] {
            let network = ShopNetwork(
                network: try #require(Network(chainID: chainID)), payTo: TemporaryShop.shop, rpcURL: nil, settlerKey: nil)
            try await shop.writer.setUp(
                email: "a@example.com", password: Self.password, settings: ShopSettings(), network: network, actor: "a", at: TemporaryShop.now)
        }
        #expect(try shop.reader.networks().map(\.network.chainID) == [8453, 1, 137])
    }

    @Test func `a setup that cannot be stored whole is not stored at all`() async throws {
        let shop = try TemporaryShop()
        await #expect(throws: DatabaseError.self) {
            try await shop.writer.setUp(
                email: "a@example.com", password: "plain text", settings: ShopSettings(name: "X"), network: nil, actor: "a", at: TemporaryShop.now)
        }
        let short = ShopNetwork(network: TemporaryShop.base, payTo: [1, 2, 3], rpcURL: nil, settlerKey: nil)
        await #expect(throws: DatabaseError.self) {
            try await shop.writer.setUp(
                email: "a@example.com", password: Self.password, settings: ShopSettings(name: "X"), network: short, actor: "a", at: TemporaryShop.now)
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
