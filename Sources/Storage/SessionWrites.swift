public import Domain
import Foundation
import GRDB

/// What a sign-in was judged by, compared again inside the write.
public struct SignInProof: Sendable {
    public let personID: Int64
    /// The PHC string that the password fitted.
    public let password: String
    public let step: SecondStep

    public enum SecondStep: Sendable {
        /// The person has none.
        case none
        /// The 30 seconds whose code was right.
        case code(step: Int64)
        /// Hash of a recovery code, 32 bytes.
        case recovery([UInt8])
    }

    public init(personID: Int64, password: String, step: SecondStep) {
        self.personID = personID
        self.password = password
        self.step = step
    }
}

public enum SessionStart: Sendable {
    case started(SessionRow, Role)
    /// What it was judged by is no longer so, or its code was used.
    case refused
}

public enum SessionRefresh: Sendable {
    case refreshed(SessionRow, Role)
    /// Unknown, or the session is over.
    case refused
    /// The token was used before: its session has ended now, if it had not.
    case reused(session: Int64)
}

extension Writer {
    /// Begins a session, if the proof still holds; a code is used up by it.
    /// - Parameters:
    ///   - device: sealed.
    ///   - token: hash of the refresh token, 32 bytes.
    public func startSession(
        _ proof: SignInProof, device: [UInt8], token: [UInt8], expiresAt: Timestamp, at now: Timestamp
    ) async throws -> SessionStart {
        try await write { db in
            let id = proof.personID
            guard let person = try PersonRow.find(db, id: id), person.state == .active, person.password == proof.password else { return .refused }
            switch proof.step {
            case .none: guard person.seed == nil else { return .refused }
            case .code(let step):
                guard person.seed != nil, step > person.step else { return .refused }
                try db.execute(sql: "UPDATE people SET step = ? WHERE id = ?", arguments: [step, id])
            case .recovery(let hash):
                guard person.seed != nil else { return .refused }
                try db.execute(
                    sql: "UPDATE recovery_codes SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at IS NULL",
                    arguments: [now.milliseconds, id, blob(hash)])
                guard db.changesCount == 1 else { return .refused }
                try Self.append(db, .recoveryCodeUsed, subject: id, actor: "person:\(id)", at: now)
            }
            try db.execute(
                sql: "INSERT INTO sessions(person_id, device, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [id, blob(device), now.milliseconds, now.milliseconds, expiresAt.milliseconds])
            let session = db.lastInsertedRowID
            try Self.keepToken(db, token, session: session, at: now)
            try db.execute(sql: "UPDATE people SET signed_in_at = ? WHERE id = ?", arguments: [now.milliseconds, id])
            try Self.append(db, .sessionStarted, subject: session, actor: "person:\(id)", at: now)
            guard let row = try SessionRows.find(db, id: session) else { throw StorageError.corrupt("session \(session)") }
            return .started(row, person.role)
        }
    }

    /// Takes a refresh token for the next one. One that was taken before ends its session: two hold it, and nobody can say which is the
    /// thief. A client that lost the answer signs in again.
    public func refreshSession(token: [UInt8], next: [UInt8], expiresAt: Timestamp, at now: Timestamp) async throws -> SessionRefresh {
        try await write { db in
            guard
                let found = try Row.fetchOne(
                    db, sql: "SELECT session_id, used_at IS NOT NULL FROM refresh_tokens WHERE hash = ?", arguments: [blob(token)]),
                let session = try SessionRows.find(db, id: found[0])
            else { return .refused }
            if found[1] as Bool {
                _ = try SessionRows.end(db, id: session.id, .reuse, actor: "person:\(session.personID)", at: now)
                return .reused(session: session.id)
            }
            guard session.endedAt == nil, now < session.expiresAt, let person = try PersonRow.find(db, id: session.personID), person.state == .active
            else { return .refused }
            try db.execute(sql: "UPDATE refresh_tokens SET used_at = ? WHERE hash = ?", arguments: [now.milliseconds, blob(token)])
            try Self.keepToken(db, next, session: session.id, at: now)
            try db.execute(
                sql: "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE id = ?",
                arguments: [now.milliseconds, expiresAt.milliseconds, session.id])
            guard let row = try SessionRows.find(db, id: session.id) else { throw StorageError.corrupt("session \(session.id)") }
            return .refreshed(row, person.role)
        }
    }

    /// Ends a session; false when the person has no such session that is not over.
    public func endSession(
        id: Int64, personID: Int64, _ ending: SessionEnding, actor: String, at now: Timestamp, noting note: WriteNote<Bool>? = nil
    ) async throws -> Bool {
        try await write(noting: note) { db in
            guard try SessionRows.find(db, id: id)?.personID == personID else { return false }
            return try SessionRows.end(db, id: id, ending, actor: actor, at: now)
        }
    }

    /// Ends all sessions of a person but one; returns which.
    public func endSessions(
        personID: Int64, except kept: Int64?, actor: String, at now: Timestamp, noting note: WriteNote<[Int64]>? = nil
    ) async throws -> [Int64] {
        try await write(noting: note) { db in
            try SessionRows.endAll(db, personID: personID, .ended, except: kept, actor: actor, at: now)
        }
    }

    private static func keepToken(_ db: Database, _ hash: [UInt8], session: Int64, at now: Timestamp) throws {
        try db.execute(
            sql: "INSERT INTO refresh_tokens(hash, session_id, created_at) VALUES (?, ?, ?)", arguments: [blob(hash), session, now.milliseconds])
    }
}
