import Foundation
import GRDB

/// What is in the file of keys, within a transaction.
struct KeyRows {
    let db: Database

    /// What is known of a subject.
    enum Entry {
        case none
        case live(WrappedKey)
        case erased
    }

    /// Of the schema, as the file's `user_version`.
    static let version = 1

    private static let schema = """
        -- The key of the blind indexes, and whether replaced bytes may still be about.
        CREATE TABLE vault(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            node BLOB NOT NULL CHECK (length(node) = 8),
            index_key BLOB NOT NULL CHECK (length(index_key) = \(WrappedKey.length)),
            unwiped INTEGER NOT NULL CHECK (unwiped IN (0, 1))
        ) STRICT;

        -- A subject without a key was erased: a tombstone.
        CREATE TABLE subjects(
            kind TEXT NOT NULL CHECK (kind IN ('shop', 'person')),
            number INTEGER NOT NULL CHECK (kind = 'person' OR number = 0),
            node BLOB CHECK (length(node) = 8),
            wrapped BLOB CHECK (length(wrapped) = \(WrappedKey.length)),
            PRIMARY KEY (kind, number),
            CHECK ((node IS NULL) = (wrapped IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER tombstones_have_no_key BEFORE UPDATE ON subjects WHEN OLD.wrapped IS NULL AND NEW.wrapped IS NOT NULL
        BEGIN SELECT raise(ABORT, 'an erased subject gets no key'); END;

        CREATE TRIGGER subjects_stay BEFORE DELETE ON subjects
        BEGIN SELECT raise(ABORT, 'a subject is erased by its tombstone'); END;
        """

    func isEmpty() throws -> Bool { try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 }

    func make(indexKey: WrappedKey) throws {
        try db.execute(sql: Self.schema)
        try db.execute(sql: "PRAGMA user_version = \(Self.version)")
        try db.execute(
            sql: "INSERT INTO vault(id, node, index_key, unwiped) VALUES (1, ?, ?, 0)", arguments: [Data(indexKey.node), Data(indexKey.bytes)])
    }

    func indexKey() throws -> WrappedKey? {
        try Row.fetchOne(db, sql: "SELECT node, index_key FROM vault").map(Self.wrapped)
    }

    func setIndexKey(_ key: WrappedKey) throws {
        try db.execute(sql: "UPDATE vault SET node = ?, index_key = ?", arguments: [Data(key.node), Data(key.bytes)])
    }

    func isUnwiped() throws -> Bool { try Bool.fetchOne(db, sql: "SELECT unwiped FROM vault") ?? false }

    func setUnwiped(_ isUnwiped: Bool) throws { try db.execute(sql: "UPDATE vault SET unwiped = ?", arguments: [isUnwiped]) }

    /// The ids of all node keys that are needed to open everything: one, unless the file was put together by hand.
    func nodes() throws -> [[UInt8]] {
        try Data.fetchAll(db, sql: "SELECT node FROM vault UNION SELECT node FROM subjects WHERE node IS NOT NULL").map { [UInt8]($0) }
    }

    func entry(_ subject: Subject) throws -> Entry {
        let (kind, number) = subject.columns
        guard
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT node, wrapped FROM subjects WHERE kind = ? AND number = ?"), arguments: [kind, number])
        else { return .none }
        return row.hasNull(atIndex: 0) ? .erased : .live(Self.wrapped(row))
    }

    func live() throws -> [(Subject, WrappedKey)] {
        try Row.fetchAll(db, sql: "SELECT node, wrapped, kind, number FROM subjects WHERE wrapped IS NOT NULL").map { row in
            (Subject(kind: row[2], number: row[3]), Self.wrapped(row))
        }
    }

    /// Gives a subject its key, or the same key in another wrapping.
    func put(_ key: WrappedKey, _ subject: Subject) throws {
        let (kind, number) = subject.columns
        try db.cachedStatement(
            sql: """
                INSERT INTO subjects(kind, number, node, wrapped) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET node = excluded.node, wrapped = excluded.wrapped
                """
        ).execute(arguments: [kind, number, Data(key.node), Data(key.bytes)])
    }

    /// Destroys a subject's key and leaves a tombstone.
    func bury(_ subject: Subject) throws {
        let (kind, number) = subject.columns
        try db.cachedStatement(
            sql: "INSERT INTO subjects(kind, number) VALUES (?, ?) ON CONFLICT DO UPDATE SET node = NULL, wrapped = NULL"
        ).execute(arguments: [kind, number])
    }

    private static func wrapped(_ row: Row) -> WrappedKey {
        WrappedKey(node: [UInt8](row[0] as Data), bytes: [UInt8](row[1] as Data))
    }
}
