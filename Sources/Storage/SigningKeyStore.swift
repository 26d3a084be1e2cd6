public import Domain
import Foundation
import GRDB

/// A key that signs access tokens, its private half sealed.
public struct SigningKeyRow: Hashable, Sendable {
    public let kid: String
    public let publicKey: [UInt8]
    public let privateKey: [UInt8]
    public let createdAt: Timestamp

    public init(kid: String, publicKey: [UInt8], privateKey: [UInt8], createdAt: Timestamp) {
        self.kid = kid
        self.publicKey = publicKey
        self.privateKey = privateKey
        self.createdAt = createdAt
    }
}

extension Reader {
    /// The keys that verify at `now`; the one that signs is the first.
    public func signingKeys(now: Timestamp) throws -> [SigningKeyRow] {
        try lookUp { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT kid, public, private, created_at FROM signing_keys WHERE retired_at IS NULL OR retired_at > ?
                    ORDER BY retired_at IS NOT NULL, created_at DESC
                    """, arguments: [now.milliseconds]
            ).map { SigningKeyRow(kid: $0[0], publicKey: try $0.bytes(1), privateKey: try $0.bytes(2), createdAt: Timestamp(milliseconds: $0[3])) }
        }
    }
}

extension Writer {
    /// Stores a key; those of before verify until `retiring`.
    public func makeSigningKey(_ key: SigningKeyRow, retiring: Timestamp, actor: String) async throws {
        try await write { db in
            try db.execute(sql: "UPDATE signing_keys SET retired_at = ? WHERE retired_at IS NULL", arguments: [retiring.milliseconds])
            try db.execute(
                sql: "INSERT INTO signing_keys(kid, public, private, created_at) VALUES (?, ?, ?, ?)",
                arguments: [key.kid, blob(key.publicKey), blob(key.privateKey), key.createdAt.milliseconds])
            try Self.append(db, .signingKeyMade, subject: 1, actor: actor, at: key.createdAt)
        }
    }
}
