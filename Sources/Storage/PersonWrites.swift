public import Domain
import Foundation
import GRDB

/// What came of a change of a person.
public enum PersonWrite: Sendable {
    /// - Parameter endedSessions: what the change ended.
    case done(PersonRow, endedSessions: [Int64])
    case unknown
    case emailTaken
    /// Nobody would be left who may do everything.
    case lastOwner
    /// The row is not as the caller judged it by.
    case changed
}

/// What an edit leaves as it is stays nil.
public struct SealedPersonEdit: Sendable {
    /// Blind index and sealed text.
    public var email: (index: [UInt8], sealed: [UInt8])?
    public var name: [UInt8]?
    public var notes: [UInt8]?

    public init(email: (index: [UInt8], sealed: [UInt8])? = nil, name: [UInt8]? = nil, notes: [UInt8]? = nil) {
        self.email = email
        self.name = name
        self.notes = notes
    }
}

extension Writer {
    /// Stores a person without a password.
    /// - Parameter seal: seals for the person of that id, or nil where that number is buried: then the next is taken. Runs inside the write.
    public func createPerson(
        emailIndex: [UInt8], role: Role, actor: String, at now: Timestamp, noting note: WriteNote<PersonWrite>? = nil,
        seal: @escaping @Sendable (Int64) throws -> SealedPerson?
    ) async throws -> PersonWrite {
        try await write(noting: note) { db in
            guard try !PersonRow.isTaken(db, emailIndex, except: nil) else { return .emailTaken }
            let id = try PersonRow.insert(db, role: role, password: nil, at: now, seal: seal)
            try Self.append(db, .personCreated, subject: id, actor: actor, details: EventDetails([("role", .text(role.rawValue))]), at: now)
            return try PersonRow.done(db, id)
        }
    }

    /// - Parameter revision: the revision that the edit is of; nil when any will do.
    public func editPerson(
        id: Int64, _ edit: SealedPersonEdit, of revision: Int64? = nil, actor: String, at now: Timestamp, noting note: WriteNote<PersonWrite>? = nil
    ) async throws -> PersonWrite {
        let (email, name, notes) = (edit.email?.sealed, edit.name, edit.notes)
        let index = edit.email?.index
        return try await write(noting: note) { db in
            guard let before = try PersonRow.find(db, id: id), before.state != .erased else { return .unknown }
            if let revision, before.revision != revision { return .changed }
            if let index, try PersonRow.isTaken(db, index, except: id) { return .emailTaken }
            try db.execute(
                sql: """
                    UPDATE people SET email_index = coalesce(?, email_index), email = coalesce(?, email), name = coalesce(?, name),
                        notes = coalesce(?, notes), email_plain = CASE WHEN ? THEN NULL ELSE email_plain END, updated_at = ?,
                        revision = revision + 1 WHERE id = ?
                    """,
                arguments: [
                    index.map(blob), email.map(blob), name.map(blob), notes.map(blob), index != nil, now.milliseconds, id,
                ])
            let fields = [("email", index), ("name", name), ("notes", notes)].filter { $0.1 != nil }
            try Self.append(db, .personEdited, subject: id, actor: actor, details: EventDetails(fields.map { ($0.0, .changed) }), at: now)
            return try PersonRow.done(db, id)
        }
    }

    /// - Parameter judged: the role that the caller saw, who may decide about that one.
    public func changeRole(
        personID id: Int64, from judged: Role, to role: Role, actor: String, at now: Timestamp, noting note: WriteNote<PersonWrite>? = nil
    ) async throws -> PersonWrite {
        try await write(noting: note) { db in
            guard let before = try PersonRow.find(db, id: id), before.state != .erased else { return .unknown }
            guard before.role == judged else { return .changed }
            guard before.role != role else { return .done(before, endedSessions: []) }
            guard try !before.isLastOwner(db) else { return .lastOwner }
            try db.execute(
                sql: "UPDATE people SET role = ?, updated_at = ?, revision = revision + 1 WHERE id = ?",
                arguments: [role.rawValue, now.milliseconds, id])
            let details = EventDetails([("role", .change(from: judged.rawValue, to: role.rawValue))])
            try Self.append(db, .personRoleChanged, subject: id, actor: actor, details: details, at: now)
            return try PersonRow.done(db, id)
        }
    }

    /// Lets nobody in any more as this person, and ends their sessions.
    public func disablePerson(
        id: Int64, actor: String, at now: Timestamp, noting note: WriteNote<PersonWrite>? = nil
    ) async throws -> PersonWrite {
        try await write(noting: note) { db in
            guard let before = try PersonRow.find(db, id: id), before.state != .erased else { return .unknown }
            guard before.state == .active else { return .done(before, endedSessions: []) }
            guard try !before.isLastOwner(db) else { return .lastOwner }
            try db.execute(
                sql: "UPDATE people SET state = 'disabled', updated_at = ?, revision = revision + 1 WHERE id = ?",
                arguments: [now.milliseconds, id])
            try SetupLinkRows.void(db, personID: id, at: now)
            let ended = try SessionRows.endAll(db, personID: id, .disabled, actor: actor, at: now)
            try Self.append(db, .personDisabled, subject: id, actor: actor, at: now)
            return try PersonRow.done(db, id, ended)
        }
    }

    public func enablePerson(
        id: Int64, actor: String, at now: Timestamp, noting note: WriteNote<PersonWrite>? = nil
    ) async throws -> PersonWrite {
        try await write(noting: note) { db in
            guard let before = try PersonRow.find(db, id: id), before.state != .erased else { return .unknown }
            guard before.state == .disabled else { return .done(before, endedSessions: []) }
            try db.execute(
                sql: "UPDATE people SET state = 'active', updated_at = ?, revision = revision + 1 WHERE id = ?",
                arguments: [now.milliseconds, id])
            try Self.append(db, .personEnabled, subject: id, actor: actor, at: now)
            return try PersonRow.done(db, id)
        }
    }

    /// Stores a password and ends all other sessions of the person.
    /// - Parameters:
    ///   - password: a PHC string.
    ///   - judged: the PHC string that the old password was compared with; nil where none was asked for.
    ///   - session: the one that goes on.
    public func setPassword(
        personID id: Int64, _ password: String, judged: String?, keeping session: Int64?, actor: String, at now: Timestamp,
        noting note: WriteNote<PersonWrite>? = nil
    ) async throws -> PersonWrite {
        try await write(noting: note) { db in
            guard let before = try PersonRow.find(db, id: id), before.state == .active else { return .unknown }
            if let judged, before.password != judged { return .changed }
            let ended = try PersonRow.setPassword(db, id: id, password, keeping: session, actor: actor, at: now)
            return try PersonRow.done(db, id, ended)
        }
    }

    /// Replaces a mail address that stands open by its sealed form. Where somebody has that address already, they are the same person:
    /// the one found takes over password and role, and the row that stood open is left erased.
    public func sealPerson(id: Int64, plain: String, _ sealed: SealedPerson) async throws {
        try await write { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            let index = blob(sealed.emailIndex)
            if try PersonRow.isTaken(db, sealed.emailIndex, except: id) {
                try db.execute(
                    sql: """
                        UPDATE people SET password = old.password, role = old.role, state = old.state, revision = people.revision + 1
                        FROM (SELECT password, role, state FROM people WHERE id = ? AND email_plain = ?) AS old WHERE email_index = ?
                        """, arguments: [id, plain, index])
                try db.execute(
                    sql: "UPDATE people SET state = 'erased', email_plain = NULL, password = NULL WHERE id = ? AND email_plain = ?",
                    arguments: [id, plain])
            } else {
                try db.execute(
                    sql: """
                        UPDATE people SET email_index = ?, email = ?, name = ?, notes = ?, email_plain = NULL WHERE id = ? AND email_plain = ?
                        """, arguments: [index, blob(sealed.email), blob(sealed.name), blob(sealed.notes), id, plain])
            }
        }
    }

    /// Empties the write-ahead log, so that what was replaced stands nowhere any more; false when a reader was in the way.
    public func emptyLog() async throws -> Bool {
        try await withoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 0 }
    }

    private func withoutTransaction<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.asyncWriteWithoutTransaction { db in continuation.resume(with: Result { try body(db) }) }
        }
    }
}

extension PersonRow {
    static func isTaken(_ db: Database, _ index: [UInt8], except id: Int64?) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM people WHERE email_index = ? AND id IS NOT ?)", arguments: [blob(index), id]) ?? false
    }

    /// The id is known before anything is sealed for it.
    static func insert(
        _ db: Database, role: Role, password: String?, at now: Timestamp, seal: (Int64) throws -> SealedPerson?
    ) throws -> Int64 {
        var id = (try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'people'") ?? 0) + 1
        var fresh = try seal(id)
        // After a backup was restored, people may have been erased whom it did not know yet.
        while fresh == nil {
            id += 1
            fresh = try seal(id)
        }
        guard let sealed = fresh else { throw StorageError.corrupt("a new person") }
        try db.execute(
            sql: """
                INSERT INTO people(id, email_index, email, name, notes, password, role, state, created_at, updated_at, revision)
                VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, 1)
                """,
            arguments: [
                id, blob(sealed.emailIndex), blob(sealed.email), blob(sealed.name), blob(sealed.notes), password, role.rawValue, now.milliseconds,
                now.milliseconds,
            ])
        return id
    }

    /// Returns the sessions that it ended.
    static func setPassword(
        _ db: Database, id: Int64, _ password: String, keeping session: Int64?, actor: String, at now: Timestamp
    ) throws -> [Int64] {
        try db.execute(
            sql: "UPDATE people SET password = ?, updated_at = ?, revision = revision + 1 WHERE id = ?",
            arguments: [password, now.milliseconds, id])
        try SetupLinkRows.void(db, personID: id, at: now)
        let ended = try SessionRows.endAll(db, personID: id, .passwordChanged, except: session, actor: actor, at: now)
        try Writer.append(db, .passwordChanged, subject: id, actor: actor, at: now)
        return ended
    }

    static func done(_ db: Database, _ id: Int64, _ ended: [Int64] = []) throws -> PersonWrite {
        guard let row = try find(db, id: id) else { throw StorageError.corrupt("person \(id)") }
        return .done(row, endedSessions: ended)
    }
}
