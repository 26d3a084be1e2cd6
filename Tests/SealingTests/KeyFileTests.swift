import Foundation
import GRDB
import Testing

@testable import Sealing

@Suite struct KeyFileTests {
    let place: TemporaryVault

    init() throws { place = try TemporaryVault() }

    @Test(arguments: [("auto_vacuum", 2), ("page_size", 4096), ("application_id", 0x4B65_7973), ("user_version", 1)])
    func `the file's settings are there for any program`(_ pragma: String, _ value: Int) throws {
        try place.open().close()
        #expect(try place.raw { db in try Int.fetchOne(db, sql: "PRAGMA \(pragma)") } == value)
        #expect(try place.raw { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") } == "wal")
    }

    @Test func `the connection is durable and leaves no traces`() throws {
        for _ in 0..<2 {
            let file = try KeyFile(path: place.path, patience: 1)
            for (pragma, value) in [("synchronous", 2), ("secure_delete", 1), ("temp_store", 2)] {
                #expect(try file.run { db in try Int.fetchOne(db, sql: "PRAGMA \(pragma)") } == value)
            }
            try file.close()
        }
    }

    @Test func `every table is strict`() throws {
        try place.open().close()
        let loose = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
        #expect(try place.raw { db in try String.fetchAll(db, sql: loose) } == [])
    }

    @Test func `only its owner reads the file`() throws {
        let vault = try place.open()
        _ = try vault.seal([1], for: .shop, field: "x")
        for name in ["subjects.sqlite", "subjects.sqlite-wal", "subjects.sqlite-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(place.directory)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func `a file of another program is refused and left as it is`() throws {
        try place.raw { db in try db.execute(sql: "CREATE TABLE notes(text)") }
        let before = try Data(contentsOf: URL(fileURLWithPath: place.path))
        #expect(throws: SealingError.notAVault(path: place.path)) { try place.open() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == before)
    }

    @Test func `a file of a newer program is refused`() throws {
        try place.open().close()
        try place.raw { db in try db.execute(sql: "PRAGMA user_version = 2") }
        #expect(throws: SealingError.newer(path: place.path)) { try place.open() }
    }

    @Test func `a file that is no database is refused and left as it is`() throws {
        let text = Data(String(repeating: "This is a letter, not a database.\n", count: 200).utf8)
        try text.write(to: URL(fileURLWithPath: place.path))
        #expect(throws: SealingError.storage(path: place.path, cause: "file is not a database")) { try place.open() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == text)
    }

    @Test func `a file where none can be made is an error`() {
        let path = "/nowhere/at/all/subjects.sqlite"
        #expect(throws: SealingError.storage(path: path, cause: "unable to open database file")) {
            try Vault(path: path, node: TemporaryVault.node)
        }
    }

    @Test func `an index key that was changed is told`() throws {
        try place.open().close()
        try place.raw { db in try db.execute(sql: "UPDATE vault SET index_key = zeroblob(60)") }
        #expect(throws: SealingError.damaged("The index key in \(place.path)")) { try place.open() }
        #expect(throws: SealingError.damaged("The index key")) {
            try place.open(TemporaryVault.otherNode, previous: [TemporaryVault.node])
        }
    }

    @Test func `an error of another kind is told too`() throws {
        struct Odd: Error {}
        let file = try KeyFile(path: place.path, patience: 1)
        #expect(throws: SealingError.storage(path: place.path, cause: "Odd()")) { try file.run { _ in throw Odd() } }
    }
}
