public import Domain
import Foundation
import GRDB

/// Whether a session's tokens are worth anything; its person's standing is the other half.
public struct SessionStanding: Hashable, Sendable {
    public let personID: Int64
    public let expiresAt: Timestamp
    public let isEnded: Bool

    public func isGood(at now: Timestamp) -> Bool { !isEnded && now < expiresAt }
}

/// What a person may be taken for.
public struct PersonStanding: Hashable, Sendable {
    public let role: Role
    public let state: PersonState
}

extension Reader {
    public func session(id: Int64) throws -> SessionRow? { try lookUp { db in try SessionRows.find(db, id: id) } }

    public func standing(sessionID id: Int64) throws -> SessionStanding? {
        try lookUp { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT person_id, expires_at, ended_at IS NOT NULL FROM sessions WHERE id = ?"), arguments: [id]
            ).map { SessionStanding(personID: $0[0], expiresAt: Timestamp(milliseconds: $0[1]), isEnded: $0[2]) }
        }
    }

    public func standing(personID id: Int64) throws -> PersonStanding? {
        try lookUp { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT role, state FROM people WHERE id = ?"), arguments: [id]).map { row in
                guard let role = Role(rawValue: row[0]), let state = PersonState(rawValue: row[1]) else {
                    throw StorageError.corrupt("person \(id)")
                }
                return PersonStanding(role: role, state: state)
            }
        }
    }

    /// The person's sessions, the newest first; those that are over only where `all` says so.
    public func sessions(personID: Int64, all: Bool = false, now: Timestamp, limit: Int = 1000) async throws -> [SessionRow] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "\(SessionRow.select) WHERE person_id = ? AND (? OR (ended_at IS NULL AND expires_at > ?)) ORDER BY id DESC LIMIT ?",
                arguments: [personID, all, now.milliseconds, limit]
            ).map(SessionRow.init)
        }
    }
}
