import GRDB

/// The one SQLite file of a shop, opened by the one process that holds its data directory.
///
/// One connection writes and checkpoints; the others are read-only. (Up to 3.51.2, SQLite can corrupt a WAL database when two
/// connections write or checkpoint at the same moment.)
public struct ShopDatabase: Sendable {
    public let reader: Reader
    public let writer: Writer

    /// Marks the file as Pushcart's in its header: "Cart" in ASCII.
    static let applicationID: Int32 = 0x4361_7274

    /// Opens the file at `path`, making and migrating it where needed.
    /// - Parameter committed: told of each commit how many writes shared it and how long it took, on the thread that writes.
    /// - Throws: `StorageError` when the file is not ours or newer than this program, `DatabaseError` when SQLite cannot use it.
    public init(path: String, committed: @escaping @Sendable (_ writes: Int, _ took: Duration) -> Void = { _, _ in }) throws {
        let queue = try DatabaseQueue(path: path, configuration: Self.writing)
        try queue.writeWithoutTransaction(Self.prepare)
        try Schema.migrate(queue)
        try queue.writeWithoutTransaction(Self.makeDurable)
        writer = Writer(queue, committed: committed)
        reader = Reader(try DatabasePool(path: path, configuration: Self.reading))
    }

    private static var writing: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "writer"
        configuration.busyMode = .timeout(5)
        return configuration
    }

    private static var reading: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        return configuration
    }

    /// What must be set before the first table, and the check that the file is ours.
    private static func prepare(_ db: Database) throws {
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if tables == 0 {
            try db.execute(sql: "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = \(applicationID)")
        } else if try Int32.fetchOne(db, sql: "PRAGMA application_id") != applicationID {
            throw StorageError.notAShop
        }
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else { throw StorageError.noWriteAheadLog }
    }

    /// Every commit reaches the disk before it is told: once commits are grouped this costs nothing.
    private static func makeDurable(_ db: Database) throws {
        // Larger steps between checkpoints: a page that many sales touch is copied into the file once.
        try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else { throw StorageError.notDurable }
    }

    /// Finishes what is queued and closes both handles; the last one checkpoints.
    public func close() throws {
        try reader.pool.close()
        try writer.queue.close()
    }
}

/// Why a shop's file cannot be used.
public enum StorageError: Error, CustomStringConvertible {
    case notAShop
    case newer
    case noWriteAheadLog
    case notDurable
    case corrupt(String)

    public var description: String {
        switch self {
        case .notAShop: "The file shop.sqlite in the data directory is not a Pushcart shop; choose another directory with --data."
        case .newer: "The shop was last used by a newer Pushcart; install that version again, or restore the backup made before the upgrade."
        case .noWriteAheadLog: "The data directory is on a file system without shared memory; put it on a local disk."
        case .notDurable: "SQLite refused to write durably (synchronous=FULL); the shop does not start without it."
        case .corrupt(let what): "The shop's data cannot be read: \(what). Restore the newest backup."
        }
    }
}
