public import Domain
import Foundation
import GRDB

/// What came of asking for a link.
public enum SetupLinkMaking: Sendable {
    case made
    /// The shop has an owner already.
    case owned
    /// There is nobody active of that id.
    case unknown
}

/// What came of using a link.
public enum SetupLinkUse: Sendable {
    /// - Parameter endedSessions: what the new password ended.
    case done(PersonRow, endedSessions: [Int64])
    /// Unknown, used, too old, or overtaken by events.
    case invalid
}

/// Whom a link that is still good lets set a password.
public enum SetupLinkTarget: Hashable, Sendable {
    case firstOwner
    case person(Int64)
}

extension Reader {
    /// Nil when the link is unknown, used or too old.
    public func setupLink(hash: [UInt8], now: Timestamp) throws -> SetupLinkTarget? {
        try lookUp { db in try SetupLinkRows.target(db, hash: hash, now: now) }
    }
}

extension Writer {
    /// Stores a link's hash; the links that were made before for the same purpose are void.
    /// - Parameter personID: nil for the owner to come.
    public func makeSetupLink(
        hash: [UInt8], personID: Int64?, expiresAt: Timestamp, actor: String, at now: Timestamp, noting note: WriteNote<SetupLinkMaking>? = nil
    ) async throws -> SetupLinkMaking {
        try await write(noting: note) { db in
            if let personID {
                guard try PersonRow.find(db, id: personID)?.state == .active else { return .unknown }
            } else {
                guard try !PersonRow.hasOwner(db) else { return .owned }
            }
            try SetupLinkRows.void(db, personID: personID, at: now)
            try db.execute(
                sql: "INSERT INTO setup_links(hash, person_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
                arguments: [blob(hash), personID, now.milliseconds, expiresAt.milliseconds])
            try Self.append(db, .setupLinkMade, subject: personID ?? 0, actor: actor, at: now)
            return .made
        }
    }

    /// Uses up a link for the first owner and makes them.
    public func redeemOwnerLink(hash: [UInt8], _ owner: OwnerDraft, at now: Timestamp) async throws -> SetupLinkUse {
        try await write { db in
            guard try SetupLinkRows.target(db, hash: hash, now: now) == .firstOwner, try !PersonRow.hasOwner(db) else { return .invalid }
            try SetupLinkRows.use(db, hash: hash, subject: 0, at: now)
            let id = try owner.take(db, actor: "setup-link", at: now)
            guard let row = try PersonRow.find(db, id: id) else { throw StorageError.corrupt("person \(id)") }
            return .done(row, endedSessions: [])
        }
    }

    /// Uses up a link for a person and stores their new password.
    /// - Parameter password: a PHC string.
    public func redeemPasswordLink(hash: [UInt8], password: String, at now: Timestamp) async throws -> SetupLinkUse {
        try await write { db in
            guard case .person(let id) = try SetupLinkRows.target(db, hash: hash, now: now),
                try PersonRow.find(db, id: id)?.state == .active
            else { return .invalid }
            try SetupLinkRows.use(db, hash: hash, subject: id, at: now)
            let ended = try PersonRow.setPassword(db, id: id, password, keeping: nil, actor: "person:\(id)", at: now)
            guard let row = try PersonRow.find(db, id: id) else { throw StorageError.corrupt("person \(id)") }
            return .done(row, endedSessions: ended)
        }
    }
}

enum SetupLinkRows {
    static func target(_ db: Database, hash: [UInt8], now: Timestamp) throws -> SetupLinkTarget? {
        try Row.fetchOne(
            db, sql: "SELECT person_id FROM setup_links WHERE hash = ? AND used_at IS NULL AND expires_at > ?",
            arguments: [blob(hash), now.milliseconds]
        ).map { row in (row[0] as Int64?).map(SetupLinkTarget.person) ?? .firstOwner }
    }

    static func use(_ db: Database, hash: [UInt8], subject: Int64, at now: Timestamp) throws {
        try db.execute(sql: "UPDATE setup_links SET used_at = ? WHERE hash = ?", arguments: [now.milliseconds, blob(hash)])
        try Writer.append(db, .setupLinkUsed, subject: subject, actor: subject == 0 ? "setup-link" : "person:\(subject)", at: now)
    }

    static func void(_ db: Database, personID: Int64?, at now: Timestamp) throws {
        try db.execute(
            sql: "UPDATE setup_links SET used_at = ? WHERE person_id IS ? AND used_at IS NULL", arguments: [now.milliseconds, personID])
    }
}
