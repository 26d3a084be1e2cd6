public import Domain
import Foundation
import GRDB

/// The memory of a call that carried an `Idempotency-Key`: stored in the same write as the call's effect, so that neither is ever there
/// without the other.
public struct WriteNote<Value: Sendable>: Sendable {
    let principal: String
    let key: String
    let request: [UInt8]
    let at: Timestamp
    let answer: @Sendable (Value) throws -> [UInt8]?

    /// - Parameters:
    ///   - principal: whose key it is; the same key of another is another.
    ///   - request: SHA-256 of method, address and body, 32 bytes.
    ///   - answer: the whole answer to a value, sealed; nil when the value means that nothing was done. Runs inside the write.
    public init(principal: String, key: String, request: [UInt8], at: Timestamp, answer: @escaping @Sendable (Value) throws -> [UInt8]?) {
        self.principal = principal
        self.key = key
        self.request = request
        self.at = at
        self.answer = answer
    }

    func store(_ db: Database, _ value: Value) throws {
        guard let answer = try answer(value) else { return }
        try db.execute(
            sql: """
                INSERT INTO call_notes(principal, key, request, answer, at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (principal, key) DO UPDATE SET request = excluded.request, answer = excluded.answer, at = excluded.at
                    WHERE at <= excluded.at - \(CallNote.lifetime.components.seconds * 1000)
                """, arguments: [principal, key, blob(request), blob(answer), at.milliseconds])
        guard db.changesCount == 1 else { throw StorageError.corrupt("two calls under one Idempotency-Key at a time") }
    }
}

/// A call that was carried out under an `Idempotency-Key`.
public struct CallNote: Sendable {
    /// For how long a key is remembered.
    public static let lifetime: Duration = .seconds(24 * 3600)

    /// SHA-256 of the request, 32 bytes.
    public let request: [UInt8]
    /// The answer as the note sealed it.
    public let answer: [UInt8]
}

extension Reader {
    /// What was done under a key that is still remembered.
    public func callNote(principal: String, key: String, now: Timestamp) throws -> CallNote? {
        try lookUp { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT request, answer FROM call_notes WHERE principal = ? AND key = ? AND at > ?"),
                arguments: [principal, key, (now - CallNote.lifetime).milliseconds]
            ).map { CallNote(request: try $0.bytes(0), answer: try $0.bytes(1)) }
        }
    }
}

extension Writer {
    /// Remembers what was done outside the database, once it is done. Whoever does it must find it done when a crash comes between.
    public func remember<Value: Sendable>(_ value: Value, noting note: WriteNote<Value>?) async throws {
        guard let note else { return }
        _ = try await write(noting: note) { _ in value }
    }

    /// Forgets the calls whose keys are no longer remembered.
    public func forgetCallNotes(now: Timestamp) async throws {
        try await write { db in
            try db.execute(sql: "DELETE FROM call_notes WHERE at <= ?", arguments: [(now - CallNote.lifetime).milliseconds])
        }
    }
}
