import GRDB
import Glibc

/// The SQLite file of wrapped keys, `subjects.sqlite`: one connection, durable, and without traces of what was replaced.
///
/// It is a file of its own so that a backup holds one current copy of it, while old copies of the main database stay around.
final class KeyFile: Sendable {
    let path: String
    private let queue: DatabaseQueue

    /// Marks the file in its header: "Keys" in ASCII.
    private static let applicationID: Int32 = 0x4B65_7973

    /// Opens the file, or makes an empty one that only its owner can read.
    /// - Parameter patience: for how many seconds another connection may hold the file up.
    /// - Throws: `SealingError`; the file is left as it was then.
    init(path: String, patience: Double) throws(SealingError) {
        self.path = path
        // An existing file is never opened here: closing it again would release SQLite's locks.
        let new = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if new >= 0 { Glibc.close(new) }
        var configuration = GRDB.Configuration()
        configuration.label = "keys"
        configuration.busyMode = .timeout(patience)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { db in try Self.prepare(db, path) }
        } catch { throw Self.told(error, path) }
    }

    /// Runs `body` alone on the connection, outside any transaction.
    func run<Value>(_ body: (Database) throws -> Value) throws(SealingError) -> Value {
        do { return try queue.writeWithoutTransaction(body) } catch { throw Self.told(error, path) }
    }

    /// Runs `body` in a transaction; when this returns, it is on the disk.
    func commit<Value>(_ db: Database, _ body: (KeyRows) throws -> Value) throws -> Value {
        var value: Value?
        try db.inTransaction(.immediate) {
            value = try body(KeyRows(db: db))
            return .commit
        }
        guard let value else { preconditionFailure("a transaction that committed has run") }
        return value
    }

    /// Removes what a change left in the file and its log, if anything: pages are written anew from what is valid, since those that were
    /// split keep copies that `secure_delete` does not see; then the log is emptied.
    /// - Throws: `SealingError.notWiped`; done again by the next call.
    func wipe(_ db: Database) throws {
        do {
            guard try KeyRows(db: db).isUnwiped() else { return }
            try db.execute(sql: "VACUUM")
            guard try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 0 else {
                throw SealingError.notWiped(path: path, cause: "another program is reading it")
            }
            try KeyRows(db: db).setUnwiped(false)
        } catch let error as DatabaseError { throw SealingError.notWiped(path: path, cause: Self.cause(error)) }
    }

    func close() throws(SealingError) {
        do { try queue.close() } catch { throw Self.told(error, path) }
    }

    /// What must be set before the first table, the check that the file is ours, and what makes the connection durable.
    private static func prepare(_ db: Database, _ path: String) throws {
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if tables == 0 {
            try db.execute(sql: "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = \(applicationID)")
        } else {
            guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == applicationID else { throw SealingError.notAVault(path: path) }
            guard try Int.fetchOne(db, sql: "PRAGMA user_version") == KeyRows.version else { throw SealingError.newer(path: path) }
        }
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY")
        let settings = try ["synchronous", "secure_delete", "temp_store"].map { try Int.fetchOne(db, sql: "PRAGMA \($0)") }
        guard mode == "wal", settings == [2, 1, 2] else { throw SealingError.notDurable(path: path) }
    }

    private static func told(_ error: any Error, _ path: String) -> SealingError {
        switch error {
        case let error as SealingError: error
        case let error as DatabaseError: .storage(path: path, cause: cause(error))
        default: .storage(path: path, cause: "\(error)")
        }
    }

    /// SQLite's words, without the statement and its values.
    private static func cause(_ error: DatabaseError) -> String { error.message ?? "\(error.resultCode)" }
}
