public import Domain
import Foundation
import GRDB

/// How much is stored of a person.
public struct PersonalCounts: Hashable, Sendable {
    public let revision: Int64
    public let sessions: Int64
    public let recoveryCodes: Int64
    public let keysMade: Int64
    /// Events about the person or by them.
    public let events: Int64
}

public enum PersonErasure: Sendable {
    /// - Parameter sessions: which existed.
    case erased(sessions: [Int64])
    case unknown
    case lastOwner
    /// The counts are others than the ones confirmed.
    case stale
}

extension Reader {
    /// Nil when there is nobody of that id, or they are erased.
    public func personalCounts(id: Int64) async throws -> PersonalCounts? {
        try await read { db in try PersonalRows.counts(db, id: id) }
    }

    /// Whether the person is the only one who may do everything.
    public func isLastOwner(id: Int64) throws -> Bool { try lookUp { db in try PersonRow.find(db, id: id)?.isLastOwner(db) ?? false } }

    /// Events about a person or by them, after a sequence number, in order.
    public func events(ofPerson id: Int64, after sequence: Int64 = 0, limit: Int = 1000) async throws -> [Event] {
        try await read { db in
            try AuditRows.events(
                Row.fetchCursor(
                    db, sql: "\(AuditRows.select) WHERE sequence > ? AND sequence IN (\(PersonalRows.eventsOf)) ORDER BY sequence LIMIT ?",
                    arguments: [sequence, "person:\(id)", id, id, limit]))
        }
    }

    /// People who are erased and whose keys may not be destroyed yet.
    public func undestroyedPeople() async throws -> [Int64] {
        try await read { db in try Int64.fetchAll(db, sql: "SELECT id FROM people WHERE state = 'erased' AND destroyed_at IS NULL ORDER BY id") }
    }
}

extension Writer {
    /// Empties the person's row and deletes their sessions, codes and links. What they did stays under their number.
    /// - Parameter mayBeLast: for an owner whose key is destroyed already: nobody can be that owner any more.
    public func erasePerson(
        id: Int64, confirmed: PersonalCounts, mayBeLast: Bool = false, actor: String, at now: Timestamp, noting note: WriteNote<PersonErasure>? = nil
    ) async throws -> PersonErasure {
        try await write(noting: note) { db in
            guard let person = try PersonRow.find(db, id: id), let counts = try PersonalRows.counts(db, id: id) else { return .unknown }
            guard try mayBeLast || !person.isLastOwner(db) else { return .lastOwner }
            guard counts == confirmed else { return .stale }
            let sessions = try Int64.fetchAll(db, sql: "SELECT id FROM sessions WHERE person_id = ?", arguments: [id])
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(
                sql: "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE person_id = ?)", arguments: [id])
            for table in ["sessions", "recovery_codes", "setup_links"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE person_id = ?", arguments: [id])
            }
            try db.execute(
                sql: """
                    UPDATE people SET email_index = NULL, email = NULL, name = NULL, notes = NULL, email_plain = NULL, password = NULL, seed = NULL,
                        seed_pending = NULL, signed_in_at = NULL, state = 'erased', updated_at = ?, revision = revision + 1 WHERE id = ?
                    """, arguments: [now.milliseconds, id])
            try Self.append(db, .personErased, subject: id, actor: actor, at: now)
            return .erased(sessions: sessions)
        }
    }

    /// Notes that the person's key is destroyed.
    public func noteDestroyed(personID: Int64, at now: Timestamp) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE people SET destroyed_at = ? WHERE id = ? AND state = 'erased'", arguments: [now.milliseconds, personID])
        }
    }
}

enum PersonalRows {
    /// Sequences of the events by the person and about them or their sessions, each found by an index. Three arguments: actor, id, id.
    static let eventsOf = """
        SELECT sequence FROM audit WHERE actor = ? AND actor GLOB 'person:*'
        UNION SELECT sequence FROM audit WHERE subject = ? AND \(isAboutPeople) AND kind NOT GLOB 'session.*'
        UNION SELECT sequence FROM audit WHERE subject IN (SELECT id FROM sessions WHERE person_id = ?) AND \(isAboutPeople)
            AND kind GLOB 'session.*'
        """

    /// Word for word what the index says.
    private static let isAboutPeople = """
        (kind GLOB 'person.*' OR kind GLOB 'password.*' OR kind GLOB 'two_step.*' OR kind GLOB 'setup_link.*' OR kind GLOB 'session.*')
        """

    static func counts(_ db: Database, id: Int64) throws -> PersonalCounts? {
        guard let person = try PersonRow.find(db, id: id), person.state != .erased else { return nil }
        func count(_ sql: String, _ arguments: StatementArguments) throws -> Int64 { try Int64.fetchOne(db, sql: sql, arguments: arguments) ?? 0 }
        return PersonalCounts(
            revision: person.revision, sessions: try count("SELECT count(*) FROM sessions WHERE person_id = ?", [id]),
            recoveryCodes: try count("SELECT count(*) FROM recovery_codes WHERE person_id = ?", [id]),
            keysMade: try count("SELECT count(*) FROM api_keys WHERE created_by = ?", ["person:\(id)"]),
            events: try count("SELECT count(*) FROM (\(PersonalRows.eventsOf))", ["person:\(id)", id, id]))
    }
}
