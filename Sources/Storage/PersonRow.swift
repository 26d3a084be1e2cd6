public import Domain
import Foundation
import GRDB

/// A person as the file knows them: what tells of them is sealed.
public struct PersonRow: Hashable, Sendable {
    public let id: Int64
    public let sealed: SealedPerson?
    /// From the time before sealing; the row has no sealed fields then.
    public let plainEmail: String?
    /// A PHC string.
    public let password: String?
    public let role: Role
    public let state: PersonState
    /// The sealed seed of the second step.
    public let seed: [UInt8]?
    public let pendingSeed: [UInt8]?
    /// The 30 seconds whose code was used last.
    public let step: Int64
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let signedInAt: Timestamp?
    public let revision: Int64
}

/// What is written of a person, sealed with their key.
public struct SealedPerson: Hashable, Sendable {
    /// Blind index of the mail address, 32 bytes.
    public var emailIndex: [UInt8]
    public var email: [UInt8]
    public var name: [UInt8]
    public var notes: [UInt8]

    public init(emailIndex: [UInt8], email: [UInt8], name: [UInt8], notes: [UInt8]) {
        self.emailIndex = emailIndex
        self.email = email
        self.name = name
        self.notes = notes
    }
}

extension PersonRow {
    static let select = """
        SELECT id, email_index, email, name, notes, email_plain, password, role, state, seed, seed_pending, step, created_at, updated_at, \
        signed_in_at, revision FROM people
        """

    init(_ row: Row) throws {
        guard let role = Role(rawValue: row[7]), let state = PersonState(rawValue: row[8]) else {
            throw StorageError.corrupt("person \(row[0] as Int64)")
        }
        id = row[0]
        if let index = try row.optionalBytes(1), let email = try row.optionalBytes(2) {
            sealed = SealedPerson(emailIndex: index, email: email, name: try row.optionalBytes(3) ?? [], notes: try row.optionalBytes(4) ?? [])
        } else {
            sealed = nil
        }
        plainEmail = row[5]
        password = row[6]
        self.role = role
        self.state = state
        seed = try row.optionalBytes(9)
        pendingSeed = try row.optionalBytes(10)
        step = row[11]
        createdAt = Timestamp(milliseconds: row[12])
        updatedAt = Timestamp(milliseconds: row[13])
        signedInAt = (row[14] as Int64?).map(Timestamp.init(column:))
        revision = row[15]
    }

    static func find(_ db: Database, id: Int64) throws -> PersonRow? {
        try Row.fetchOne(db.cachedStatement(sql: "\(select) WHERE id = ?"), arguments: [id]).map(PersonRow.init)
    }

    /// Whether the shop would be without anybody who may do everything, were it not for this one.
    func isLastOwner(_ db: Database) throws -> Bool {
        guard role == .owner, state == .active else { return false }
        return try
            !(Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM people WHERE role = 'owner' AND state = 'active' AND password IS NOT NULL AND id <> ?)",
                arguments: [id]) ?? false)
    }
}
