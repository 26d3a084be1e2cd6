import Domain
import Foundation
import GRDB
import Storage
import Testing

@Suite struct ShopDatabaseTests {
    @Test(arguments: [
        ("synchronous", "2"), ("auto_vacuum", "2"), ("page_size", "4096"), ("application_id", String(0x4361_7274)), ("journal_mode", "wal"),
        ("foreign_keys", "1"),
    ])
    func `the writer's settings are read back`(_ pragma: String, _ value: String) async throws {
        let shop = try TemporaryShop()
        let found = try await shop.writer.write { db in try DatabaseValue.fetchOne(db, sql: "PRAGMA \(pragma)") }
        #expect(found.map { String.fromDatabaseValue($0) ?? "\(Int64.fromDatabaseValue($0) ?? -1)" } == value)
    }

    @Test func `the settings hold when the file is opened again`() async throws {
        let shop = try TemporaryShop()
        try shop.database.close()
        let again = try ShopDatabase(path: shop.path)
        let (synchronous, vacuum) = try await again.writer.write { db in
            (try Int.fetchOne(db, sql: "PRAGMA synchronous"), try Int.fetchOne(db, sql: "PRAGMA auto_vacuum"))
        }
        #expect(synchronous == 2)
        #expect(vacuum == 2)
        try again.close()
    }

    @Test func `a reader neither writes nor checkpoints`() async throws {
        let shop = try TemporaryShop()
        #expect(try await shop.reader.read { db in try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") } == 0)
        await #expect(throws: DatabaseError.self) {
            try await shop.reader.read { db in try db.execute(sql: "INSERT INTO settings(name, value) VALUES ('name', 'x')") }
        }
    }

    @Test func `every table is strict and every check holds`() async throws {
        let shop = try TemporaryShop()
        let loose = try await shop.writer.write { db in
            try String.fetchAll(
                db, sql: "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        }
        #expect(loose == ["grdb_migrations"])  // the library's own list of migrations
        #expect(try await shop.integer("SELECT count(*) FROM pragma_table_list WHERE strict = 1") ?? 0 >= 12)
        #expect(try await shop.writer.write { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") } == ["ok"])
    }

    @Test func `a file of another program is refused and left as it is`() throws {
        let directory = try TemporaryShop.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = "\(directory)/shop.sqlite"
        let other = try DatabaseQueue(path: path)
        try other.write { db in try db.execute(sql: "CREATE TABLE notes(text)") }
        try other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = #expect(throws: StorageError.self) { try ShopDatabase(path: path) }
        guard case .notAShop = error else {
            Issue.record("told \(String(describing: error))")
            return
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func `a file that is no database is refused and left as it is`() throws {
        let directory = try TemporaryShop.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = "\(directory)/shop.sqlite"
        let text = Data(String(repeating: "This is a letter, not a database.\n", count: 200).utf8)
        try text.write(to: URL(fileURLWithPath: path))
        #expect(throws: (any Error).self) { try ShopDatabase(path: path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }

    @Test func `a file that a newer program migrated is refused`() async throws {
        let shop = try TemporaryShop()
        try await shop.execute("INSERT INTO grdb_migrations(identifier) VALUES ('999 from tomorrow')")
        try shop.database.close()
        let error = #expect(throws: StorageError.self) { try ShopDatabase(path: shop.path) }
        guard case .newer = error else {
            Issue.record("told \(String(describing: error))")
            return
        }
    }

    @Test func `what was written is there after closing and opening`() async throws {
        let shop = try TemporaryShop()
        let product = try await shop.product("hello")
        try shop.database.close()
        let again = try ShopDatabase(path: shop.path)
        #expect(try again.reader.product(slug: product.slug) == product)
        try again.close()
    }

    @Test func `after closing, a write fails instead of waiting`() async throws {
        let shop = try TemporaryShop()
        try shop.database.close()
        await #expect(throws: (any Error).self) { try await shop.writer.write { db in try db.execute(sql: "DELETE FROM settings") } }
    }

    @Test func `a file where none can be made is an error`() {
        #expect(throws: (any Error).self) { try ShopDatabase(path: "/nowhere/at/all/shop.sqlite") }
    }

    @Test(arguments: [
        (StorageError.notAShop, "--data"), (.newer, "newer Pushcart"), (.noWriteAheadLog, "local disk"), (.notDurable, "synchronous=FULL"),
        (.corrupt("order 7"), "order 7"),
    ])
    func `a refusal says in a sentence what to do`(_ error: StorageError, _ part: String) {
        #expect(error.description.contains(part))
        #expect(error.description.hasSuffix("."))
    }
}
