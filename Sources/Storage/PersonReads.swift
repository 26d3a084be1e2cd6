import Domain
import Foundation
import GRDB

extension Reader {
    public func person(id: Int64) throws -> PersonRow? { try lookUp { db in try PersonRow.find(db, id: id) } }

    public func person(emailIndex: [UInt8]) throws -> PersonRow? {
        try lookUp { db in
            try Row.fetchOne(db.cachedStatement(sql: "\(PersonRow.select) WHERE email_index = ?"), arguments: [blob(emailIndex)])
                .map(PersonRow.init)
        }
    }

    /// People by ascending id, at most `limit`, above the id `after`; the erased too.
    public func people(after: Int64 = 0, limit: Int = 100) async throws -> [PersonRow] {
        try await read { db in
            try Row.fetchAll(db, sql: "\(PersonRow.select) WHERE id > ? ORDER BY id LIMIT ?", arguments: [after, limit]).map(PersonRow.init)
        }
    }

    /// People whose mail address is not sealed yet.
    public func plainPeople() async throws -> [PersonRow] {
        try await read { db in
            try Row.fetchAll(db, sql: "\(PersonRow.select) WHERE email_plain IS NOT NULL ORDER BY id").map(PersonRow.init)
        }
    }

    /// How many recovery codes the person has left.
    public func recoveryCodesLeft(personID: Int64) throws -> Int {
        try lookUp { db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM recovery_codes WHERE person_id = ? AND used_at IS NULL", arguments: [personID]) ?? 0
        }
    }

    /// Whether somebody can come in who may do everything.
    public func hasOwner() throws -> Bool {
        try lookUp { db in try PersonRow.hasOwner(db) }
    }
}

extension PersonRow {
    static func hasOwner(_ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM people WHERE role = 'owner' AND state = 'active' AND password IS NOT NULL)") ?? false
    }
}
