import Domain
import Foundation
import GRDB

/// The owner as `setup` was told; whoever owned the shop before is disabled and their sessions are ended.
public struct OwnerDraft: Sendable {
    let emailIndex: [UInt8]
    let password: String
    let seal: @Sendable (Int64) throws -> SealedPerson?

    /// - Parameters:
    ///   - emailIndex: blind index of the mail address, by which the owner of before is recognised.
    ///   - password: a PHC string.
    ///   - seal: as for `createPerson`.
    public init(emailIndex: [UInt8], password: String, seal: @escaping @Sendable (Int64) throws -> SealedPerson?) {
        self.emailIndex = emailIndex
        self.password = password
        self.seal = seal
    }

    /// Makes the owner, or makes an owner of who has that mail address; returns the id.
    func take(_ db: Database, actor: String, at now: Timestamp) throws -> Int64 {
        let known = try Int64.fetchOne(db, sql: "SELECT id FROM people WHERE email_index = ?", arguments: [blob(emailIndex)])
        let id: Int64
        if let known {
            id = known
            try db.execute(
                sql: """
                    UPDATE people SET password = ?, role = 'owner', state = 'active', seed = NULL, seed_pending = NULL, updated_at = ?,
                        revision = revision + 1 WHERE id = ?
                    """, arguments: [password, now.milliseconds, known])
            try db.execute(sql: "DELETE FROM recovery_codes WHERE person_id = ?", arguments: [known])
            _ = try SessionRows.endAll(db, personID: id, .passwordChanged, actor: actor, at: now)
            try Writer.append(db, .passwordChanged, subject: id, actor: actor, at: now)
        } else {
            id = try PersonRow.insert(db, role: .owner, password: password, at: now, seal: seal)
            try Writer.append(db, .personCreated, subject: id, actor: actor, at: now)
        }
        try Self.disableOthers(db, than: id, actor: actor, at: now)
        return id
    }

    private static func disableOthers(_ db: Database, than id: Int64, actor: String, at now: Timestamp) throws {
        let others = try Int64.fetchAll(
            db, sql: "SELECT id FROM people WHERE role = 'owner' AND state = 'active' AND id <> ?", arguments: [id])
        for other in others {
            try db.execute(
                sql: "UPDATE people SET state = 'disabled', updated_at = ?, revision = revision + 1 WHERE id = ?",
                arguments: [now.milliseconds, other])
            _ = try SessionRows.endAll(db, personID: other, .disabled, actor: actor, at: now)
            try Writer.append(db, .personDisabled, subject: other, actor: actor, at: now)
        }
    }
}
