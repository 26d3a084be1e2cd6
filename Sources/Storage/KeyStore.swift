public import Domain
import Foundation
import GRDB

extension Reader {
    public func key(prefix: String) throws -> KeyRow? {
        try lookUp { db in
            try Row.fetchOne(db.cachedStatement(sql: "\(KeyRow.select) WHERE prefix = ?"), arguments: [prefix]).map(KeyRow.init)
        }
    }

    public func key(id: Int64) throws -> KeyRow? {
        try lookUp { db in try Row.fetchOne(db, sql: "\(KeyRow.select) WHERE id = ?", arguments: [id]).map(KeyRow.init) }
    }

    /// Keys by descending id, at most `limit`, below the id `before`; the revoked too.
    /// - Parameter maker: only keys that this actor made.
    public func keys(before: Int64? = nil, limit: Int = 100, madeBy maker: String? = nil) async throws -> [KeyRow] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "\(KeyRow.select) WHERE id < ? AND (? IS NULL OR created_by = ?) ORDER BY id DESC LIMIT ?",
                arguments: [before ?? .max, maker, maker, limit]
            ).map(KeyRow.init)
        }
    }
}

extension Writer {
    /// Stores a key; nil when the prefix is taken, which chance does once in 10^14 keys.
    public func createKey(
        prefix: String, hash: [UInt8], _ terms: APIKeyTerms, actor: String, at now: Timestamp, noting note: WriteNote<KeyRow?>? = nil
    ) async throws -> KeyRow? {
        try await write(noting: note) { db in
            try db.execute(
                sql: """
                    INSERT INTO api_keys(prefix, hash, created_by, created_at, name, role, scopes, products, addresses, budget, budget_currency,
                        expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (prefix) DO NOTHING
                    """, arguments: [prefix, blob(hash), actor, now.milliseconds] + KeyRow.columns(terms))
            guard db.changesCount == 1 else { return nil }
            let id = db.lastInsertedRowID
            try Self.append(db, .keyCreated, subject: id, actor: actor, details: KeyRow.details(of: terms), at: now)
            return try Self.key(db, id: id)
        }
    }

    /// Gives a key that is not revoked other terms; nil when there is none of that id.
    /// - Parameter judged: the terms that the caller saw, who may decide about those; with others now nothing is done.
    public func editKey(
        id: Int64, from judged: APIKeyTerms, to terms: APIKeyTerms, actor: String, at now: Timestamp, noting note: WriteNote<KeyRow?>? = nil
    ) async throws -> KeyRow? {
        try await write(noting: note) { db in
            guard let before = try Self.key(db, id: id), before.key.revokedAt == nil, before.key.terms == judged else { return nil }
            try db.execute(
                sql: """
                    UPDATE api_keys SET name = ?, role = ?, scopes = ?, products = ?, addresses = ?, budget = ?, budget_currency = ?, expires_at = ?
                    WHERE id = ?
                    """, arguments: KeyRow.columns(terms) + [id])
            try Self.append(db, .keyEdited, subject: id, actor: actor, details: KeyRow.changes(from: before.key.terms, to: terms), at: now)
            return try Self.key(db, id: id)
        }
    }

    /// Revokes a key for good; one that was revoked stays as it is. Nil when there is none of that id.
    public func revokeKey(id: Int64, actor: String, at now: Timestamp, noting note: WriteNote<KeyRow?>? = nil) async throws -> KeyRow? {
        try await write(noting: note) { db in
            try db.execute(
                sql: "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", arguments: [now.milliseconds, id])
            if db.changesCount == 1 { try Self.append(db, .keyRevoked, subject: id, actor: actor, at: now) }
            return try Self.key(db, id: id)
        }
    }

    /// Notes when keys were last used, all in one write.
    public func noteKeyUse(_ uses: [Int64: Timestamp]) async throws {
        try await write { db in
            let statement = try db.cachedStatement(sql: "UPDATE api_keys SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ?")
            for (id, at) in uses { try statement.execute(arguments: [at.milliseconds, id]) }
        }
    }

    private static func key(_ db: Database, id: Int64) throws -> KeyRow? {
        try Row.fetchOne(db, sql: "\(KeyRow.select) WHERE id = ?", arguments: [id]).map(KeyRow.init)
    }
}
