public import Domain
import Foundation
import GRDB

extension Writer {
    /// Keeps a sealed seed until its first code proves that the person has it; false when there is nobody active of that id.
    public func offerSeed(personID: Int64, _ seed: [UInt8], noting note: WriteNote<Bool>? = nil) async throws -> Bool {
        try await write(noting: note) { db in
            try db.execute(sql: "UPDATE people SET seed_pending = ? WHERE id = ? AND state = 'active'", arguments: [blob(seed), personID])
            return db.changesCount == 1
        }
    }

    /// Puts the pending seed to use, with new recovery codes; false when another is pending by now or the step is used.
    /// - Parameter codes: hashes of the recovery codes, 32 bytes each.
    public func takeSeed(
        personID: Int64, _ seed: [UInt8], step: Int64, codes: [[UInt8]], actor: String, at now: Timestamp, noting note: WriteNote<Bool>? = nil
    ) async throws -> Bool {
        try await write(noting: note) { db in
            try db.execute(
                sql: """
                    UPDATE people SET seed = seed_pending, seed_pending = NULL, step = ?, updated_at = ?, revision = revision + 1
                    WHERE id = ? AND seed_pending = ? AND state = 'active'
                    """, arguments: [step, now.milliseconds, personID, blob(seed)])
            guard db.changesCount == 1 else { return false }
            try Self.replaceCodes(db, personID: personID, codes)
            try Self.append(db, .twoStepEnabled, subject: personID, actor: actor, at: now)
            return true
        }
    }

    /// Forgets seed and codes; false when there were none.
    public func dropSeed(personID: Int64, actor: String, at now: Timestamp, noting note: WriteNote<Bool>? = nil) async throws -> Bool {
        try await write(noting: note) { db in
            try db.execute(
                sql: """
                    UPDATE people SET seed = NULL, seed_pending = NULL, updated_at = ?, revision = revision + 1
                    WHERE id = ? AND coalesce(seed, seed_pending) IS NOT NULL
                    """, arguments: [now.milliseconds, personID])
            guard db.changesCount == 1 else { return false }
            try Self.replaceCodes(db, personID: personID, [])
            try Self.append(db, .twoStepDisabled, subject: personID, actor: actor, at: now)
            return true
        }
    }

    private static func replaceCodes(_ db: Database, personID: Int64, _ codes: [[UInt8]]) throws {
        try db.execute(sql: "DELETE FROM recovery_codes WHERE person_id = ?", arguments: [personID])
        for code in codes {
            try db.execute(sql: "INSERT INTO recovery_codes(person_id, hash) VALUES (?, ?)", arguments: [personID, blob(code)])
        }
    }
}
