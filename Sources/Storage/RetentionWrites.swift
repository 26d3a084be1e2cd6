public import Domain
import Foundation
import GRDB

/// What was deleted because its time is over.
public struct RetiredRecords: Hashable, Sendable {
    public var sessions = 0
    public var refreshTokens = 0
    public var setupLinks = 0
    public var signingKeys = 0
    public var isEmpty: Bool { self == RetiredRecords() }

    public init() {}
}

extension Writer {
    /// Deletes what nobody needs any more, and says so in an event when there was something.
    /// - Parameters:
    ///   - sessions: those that were over before this moment go, with their tokens.
    ///   - others: used refresh tokens, links and signing keys from before this moment go.
    public func retire(sessions: Timestamp, others: Timestamp, actor: String, at now: Timestamp) async throws -> RetiredRecords {
        try await write { db in
            func delete(_ sql: String, _ arguments: StatementArguments) throws -> Int {
                try db.execute(sql: sql, arguments: arguments)
                return db.changesCount
            }
            let over = "coalesce(ended_at, expires_at) < ?"
            var retired = RetiredRecords()
            retired.refreshTokens = try delete(
                "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE \(over))", [sessions.milliseconds])
            retired.sessions = try delete("DELETE FROM sessions WHERE \(over)", [sessions.milliseconds])
            retired.refreshTokens += try delete("DELETE FROM refresh_tokens WHERE used_at < ?", [others.milliseconds])
            retired.setupLinks = try delete(
                "DELETE FROM setup_links WHERE used_at < ? OR expires_at < ?", [others.milliseconds, others.milliseconds])
            retired.signingKeys = try delete("DELETE FROM signing_keys WHERE retired_at < ?", [others.milliseconds])
            if !retired.isEmpty { try Self.append(db, .recordsRetired, subject: 1, actor: actor, at: now) }
            return retired
        }
    }
}
