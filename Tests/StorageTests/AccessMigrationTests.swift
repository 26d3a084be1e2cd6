import Domain
import Foundation
import GRDB
import Storage
import Testing

@Suite struct AccessMigrationTests {
    /// A shop as the first release left it, with these people.
    private static func before(_ people: [(email: String, role: String)]) async throws -> String {
        let directory = try TemporaryShop.makeDirectory()
        let path = "\(directory)/shop.sqlite"
        let shop = try ShopDatabase(path: path)
        try await shop.writer.write { db in
            try db.execute(sql: TemporaryShop.withoutLedger)
            try db.execute(
                sql: """
                    DROP TABLE setup_links; DROP TABLE api_keys; DROP TABLE signing_keys; DROP TABLE refresh_tokens; DROP TABLE sessions;
                    DROP TABLE recovery_codes; DROP TABLE people; DROP INDEX events_by_people; DROP INDEX events_about_people;
                    DELETE FROM grdb_migrations WHERE identifier = '2 access';
                    CREATE TABLE people(
                        id INTEGER PRIMARY KEY,
                        email TEXT NOT NULL UNIQUE,
                        password TEXT NOT NULL CHECK (password LIKE '$argon2id$%'),
                        role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'support', 'analyst', 'agent')),
                        created_at INTEGER NOT NULL
                    ) STRICT;
                    """)
            for (email, role) in people {
                try db.execute(
                    sql: "INSERT INTO people(email, password, role, created_at) VALUES (?, ?, ?, ?)",
                    arguments: [email, ShopSettingsTests.password, role, TemporaryShop.now.milliseconds])
            }
        }
        try shop.close()
        return directory
    }

    private static func files(_ directory: String, with text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter {
            try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0)")).range(of: Data(text.utf8)) != nil
        }
    }

    @Test func `people of the first release are there afterwards, each with all that was known`() async throws {
        let directory = try await Self.before([("ana@example.com", "owner"), ("bob@example.com", "support")])
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let shop = try ShopDatabase(path: "\(directory)/shop.sqlite")
        let people = try await shop.reader.people()
        #expect(people.map(\.plainEmail) == ["ana@example.com", "bob@example.com"])
        #expect(people.map(\.role) == [.owner, .support] && people.allSatisfy { $0.state == .active && $0.sealed == nil })
        #expect(people.allSatisfy { $0.password == ShopSettingsTests.password && $0.createdAt == TemporaryShop.now })
        #expect(try shop.reader.hasOwner())
        try shop.close()
    }

    @Test func `once sealed, the mail address stands in no file`() async throws {
        let directory = try await Self.before([("planted-\(String(repeating: "x", count: 60))@example.com", "owner")])
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(try Self.files(directory, with: "planted-xx") != [])
        let shop = try ShopDatabase(path: "\(directory)/shop.sqlite")
        let row = try #require(await shop.reader.plainPeople().first)
        let sealed = SealedPerson(emailIndex: TemporaryShop.bytes(1, 32), email: [1], name: [2], notes: [3])
        try await shop.writer.sealPerson(id: row.id, plain: #require(row.plainEmail), sealed)
        #expect(try await shop.writer.emptyLog())
        #expect(try Self.files(directory, with: "planted-xx") == [])
        #expect(try shop.reader.person(emailIndex: sealed.emailIndex)?.sealed == sealed)
        #expect(try await shop.writer.write { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") } == ["ok"])
        try shop.close()
    }
}
