import Domain
import Sealing
import Storage

/// Between people as the shop knows them and rows as the file keeps them.
struct PersonSealer: Sendable {
    let vault: Vault

    func index(_ email: MailAddress) -> [UInt8] { vault.index(email.normal, field: "person.email") }

    func seal(_ text: String, _ id: Int64, _ field: String) throws -> [UInt8] {
        try vault.seal(Array(text.utf8), for: .person(id), field: field)
    }

    func seal(id: Int64, email: MailAddress, name: String, notes: String) throws -> SealedPerson {
        SealedPerson(
            emailIndex: index(email), email: try seal(email.text, id, "person.email"), name: try seal(name, id, "person.name"),
            notes: try seal(notes, id, "person.notes"))
    }

    /// Nil for a number whose key is destroyed.
    func sealNew(id: Int64, email: MailAddress, name: String, notes: String) throws -> SealedPerson? {
        do { return try seal(id: id, email: email, name: name, notes: notes) } catch SealingError.erased { return nil }
    }

    func open(_ row: PersonRow) throws -> Person {
        func text(_ sealed: [UInt8]?, _ field: String) throws -> String {
            guard let sealed, !sealed.isEmpty else { return "" }
            return String(decoding: try vault.open(sealed, for: .person(row.id), field: field), as: UTF8.self)
        }
        return Person(
            id: row.id, email: try row.plainEmail ?? text(row.sealed?.email, "person.email"), name: try text(row.sealed?.name, "person.name"),
            notes: try text(row.sealed?.notes, "person.notes"), role: row.role, state: row.state, hasPassword: row.password != nil,
            hasTwoStep: row.seed != nil, createdAt: row.createdAt, updatedAt: row.updatedAt, signedInAt: row.signedInAt, revision: row.revision)
    }
}
