public import Domain
import Foundation
import GRDB

/// A session as the file knows it.
public struct SessionRow: Hashable, Sendable {
    public let id: Int64
    public let personID: Int64
    /// The sealed device.
    public let device: [UInt8]
    public let createdAt: Timestamp
    public let seenAt: Timestamp
    public let expiresAt: Timestamp
    public let endedAt: Timestamp?
    public let ending: SessionEnding?

    static let select = "SELECT id, person_id, device, created_at, seen_at, expires_at, ended_at, ending FROM sessions"

    init(_ row: Row) throws {
        id = row[0]
        personID = row[1]
        device = try row.bytes(2)
        createdAt = Timestamp(milliseconds: row[3])
        seenAt = Timestamp(milliseconds: row[4])
        expiresAt = Timestamp(milliseconds: row[5])
        endedAt = (row[6] as Int64?).map(Timestamp.init(column:))
        ending = (row[7] as String?).flatMap(SessionEnding.init)
    }
}

/// Inside a write: sessions of a person.
enum SessionRows {
    static func find(_ db: Database, id: Int64) throws -> SessionRow? {
        try Row.fetchOne(db.cachedStatement(sql: "\(SessionRow.select) WHERE id = ?"), arguments: [id]).map(SessionRow.init)
    }

    /// Ends one that has not ended; false when it had.
    static func end(_ db: Database, id: Int64, _ ending: SessionEnding, actor: String, at now: Timestamp) throws -> Bool {
        try db.execute(
            sql: "UPDATE sessions SET ended_at = ?, ending = ? WHERE id = ? AND ended_at IS NULL",
            arguments: [now.milliseconds, ending.rawValue, id])
        guard db.changesCount == 1 else { return false }
        try Writer.append(db, ending == .reuse ? .sessionReuse : .sessionEnded, subject: id, actor: actor, at: now)
        return true
    }

    /// Ends all that have not ended, except one; returns which.
    static func endAll(
        _ db: Database, personID: Int64, _ ending: SessionEnding, except kept: Int64? = nil, actor: String, at now: Timestamp
    ) throws -> [Int64] {
        let ids = try Int64.fetchAll(
            db, sql: "SELECT id FROM sessions WHERE person_id = ? AND ended_at IS NULL AND id IS NOT ? ORDER BY id", arguments: [personID, kept])
        for id in ids { _ = try end(db, id: id, ending, actor: actor, at: now) }
        return ids
    }
}
