import Domain
import Foundation
import GRDB
import Storage
import Testing

@Suite struct LedgerMigrationTests {
    typealias Shop = TemporaryShop

    /// Opens a shop again after it was made what it was before it had books, and `sql` was done to it.
    private static func migrated(_ shop: Shop, _ sql: String = "") throws -> ShopDatabase {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // The shop may be writing just now.
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: shop.path, configuration: configuration)
        try queue.write { db in try db.execute(sql: Shop.withoutLedger + sql) }
        try queue.close()
        return try ShopDatabase(path: shop.path)
    }

    private static func expectIntact(_ database: ShopDatabase, entries: Int64) async throws {
        guard case .intact(entries, _, _, _) = try await database.reader.verifyAudit() else { Issue.record("the chain is broken"); return }
        let report = try await database.reader.checkLedger()
        #expect(report.findings == [])
    }

    @Test func `events become the audit log and orders become lines, and the shop sells on`() async throws {
        let shop = try await AuditLogTests.shop()
        let events = try await shop.reader.events(after: 0)
        let lines = try await shop.reader.ledgerEntries()
        let database = try Self.migrated(shop)
        let after = try await database.reader.events(after: 0)
        #expect(after.map(\.kind) == events.map(\.kind) && after.map(\.sequence) == events.map(\.sequence))
        #expect(after.map(\.actor) == events.map(\.actor) && after.map(\.at) == events.map(\.at) && after.map(\.subject) == events.map(\.subject))
        #expect(try await database.reader.ledgerEntries() == lines)
        try await Self.expectIntact(database, entries: 8)
        let draft = try Shop.draft("after", repeatable: true)
        guard case .created(let product) = try await database.writer.createProduct(draft, actor: "local:0", at: Shop.now) else {
            throw Shop.Missing()
        }
        _ = try await database.writer.claim(
            Shop.claim(product, nonce: 99, sandbox: true), sandboxAllowance: AtomicAmount(1_000_000), sandboxTransaction: Shop.bytes(1, 32))
        try await Self.expectIntact(database, entries: 10)
        #expect(try await database.reader.read { db in try db.tableExists("events") } == false)
        try database.close()
    }

    @Test func `fees and income that were known become lines of their own`() async throws {
        let shop = try Shop()
        let payment = try await SettlementStoreTests.payment(shop, .settling)
        let authorization = Shop.claim(try await shop.product("other"), nonce: 7).authorization
        _ = try await shop.writer.closeAttempt(transaction: Shop.bytes(0xAA, 32), feePaid: 12, reverted: false, at: Shop.now)
        try await shop.writer.noteUnmatchedIncome(authorization, at: Shop.now)
        let before = try await shop.reader.ledgerBalances()
        let database = try Self.migrated(
            shop, "INSERT INTO networks(chain_id, position, pay_to) VALUES (8453, 1, x'\(lowercaseHex(Shop.shop))');")
        let after = try await database.reader.ledgerBalances()
        #expect(
            after.map { "\($0.account.kind) \($0.account.address) \($0.amount)" }
                == before.map { "\($0.account.kind) \($0.account.address) \($0.amount)" })
        #expect(try await database.reader.ledgerEntries(paymentID: payment.id).map(\.movement.kind) == [.gas])
        #expect(try await database.reader.events(after: 4).map(\.kind) == [.ledgerOpened, .ledgerOpened])
        try await Self.expectIntact(database, entries: 6)
        try database.close()
    }

    @Test func `an order of which no event tells, or two, is a line once`() async throws {
        let shop = try await AuditLogTests.shop()
        let database = try Self.migrated(
            shop, "DELETE FROM events WHERE sequence = 3; INSERT INTO events(kind, subject, actor, at) VALUES ('order.paid', 3, 'payer', 0);")
        #expect(try await database.reader.ledgerEntries().compactMap(\.movement.paymentID).sorted() == [1, 2, 3, 4, 5, 6])
        // Sequences have no gaps afterwards, and what was missing stands at the end.
        let events = try await database.reader.events(after: 0)
        #expect(events.map(\.sequence) == Array(1...9) && events.last?.kind == .ledgerOpened)
        try await Self.expectIntact(database, entries: 9)
        try database.close()
    }
}
