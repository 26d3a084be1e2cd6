public import Domain
import Foundation
import GRDB

/// An entry of the audit log with the hash that chains it to the one before.
public struct AuditEntry: Sendable {
    public let event: Event
    /// 32 bytes.
    public let hash: [UInt8]
}

extension Reader {
    /// Events after a sequence number, in order; those of a kind that this program does not know are passed over.
    public func events(after sequence: Int64, limit: Int = 100) async throws -> [Event] {
        try await read { db in
            try AuditRows.events(
                Row.fetchCursor(db, sql: "\(AuditRows.select) WHERE sequence > ? ORDER BY sequence LIMIT ?", arguments: [sequence, limit]))
        }
    }

    /// The audit log by descending sequence, at most `limit`, below the sequence `before`.
    /// - Parameters:
    ///   - kind: only entries of this kind.
    ///   - actor: only what this actor did, as events name it.
    public func audit(before: Int64? = nil, kind: Event.Kind? = nil, actor: String? = nil, limit: Int = 50) async throws -> [AuditEntry] {
        try await read { db in
            var conditions = ["sequence < ?"]
            var arguments: StatementArguments = [before ?? .max]
            if let kind {
                conditions.append("kind = ?")
                arguments += [kind.rawValue]
            }
            if let actor {
                conditions.append(actor.hasPrefix("person:") ? "actor = ? AND actor GLOB 'person:*'" : "actor = ?")
                arguments += [actor]
            }
            let rows = try Row.fetchCursor(
                db, sql: "\(AuditRows.select) WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence DESC LIMIT ?",
                arguments: arguments + [limit])
            var entries: [AuditEntry] = []
            while let row = try rows.next() {
                if let event = AuditRows.event(row) { entries.append(AuditEntry(event: event, hash: try row.bytes(7))) }
            }
            return entries
        }
    }
}

enum AuditRows {
    static let select = "SELECT sequence, kind, subject, actor, origin, at, details, hash FROM audit"

    /// Nil for a kind that this program does not know.
    static func event(_ row: Row) -> Event? {
        Event.Kind(rawValue: row[1]).map {
            Event(
                sequence: row[0], kind: $0, subject: row[2], actor: row[3], origin: row[4], at: Timestamp(milliseconds: row[5]),
                details: EventDetails(text: row[6]))
        }
    }

    static func events(_ rows: RowCursor) throws -> [Event] {
        var events: [Event] = []
        while let row = try rows.next() { if let event = event(row) { events.append(event) } }
        return events
    }
}
