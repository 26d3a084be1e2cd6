import Domain
import Foundation
import GRDB

extension Writer {
    /// Appends to the audit log, inside the write that makes it true, and to the ledger what moved with it. The entry's hash covers both.
    /// - Parameters:
    ///   - details: people in it by number only.
    ///   - movements: the lines of the ledger that belong to the entry.
    static func append(
        _ db: Database, _ kind: Event.Kind, subject: Int64, actor: String, details: EventDetails = .none, movements: [LedgerMovement] = [],
        at: Timestamp
    ) throws {
        try Books.ofTransaction.append(db, kind.rawValue, subject: subject, actor: actor, details: details, movements: movements, at: at)
    }
}

extension Books {
    /// The same for a kind of event by its word.
    func append(
        _ db: Database, _ kind: String, subject: Int64, actor: String, details: EventDetails, movements: [LedgerMovement], at: Timestamp
    ) throws {
        let end = try end(db)
        let (sequence, moment, origin) = (end.sequence + 1, at.milliseconds, origin)
        var hash = AuditHash(
            after: end.hash, sequence: sequence, kind: kind, subject: subject, actor: actor, origin: origin, at: moment, details: details.text)
        var last = end.entry
        var rows: [StatementArguments] = []
        for movement in movements {
            last += 1
            let (debit, credit) = (try account(db, movement.debit), try account(db, movement.credit))
            hash.add(
                entry: last, kind: movement.kind.rawValue, paymentID: movement.paymentID ?? 0, debit: debit.bytes, credit: credit.bytes,
                amount: movement.amount, at: moment, reverses: movement.reverses ?? 0)
            rows.append([
                last, sequence, movement.kind.rawValue, movement.paymentID, debit.id, credit.id, debit.assetID, movement.amount.column, moment,
                movement.reverses,
            ])
        }
        let digest = hash.finish()
        try db.cachedStatement(sql: "INSERT INTO audit(sequence, kind, subject, actor, origin, at, details, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .execute(arguments: [sequence, kind, subject, actor, origin, moment, details.text, blob(digest)])
        for row in rows {
            try db.cachedStatement(
                sql: """
                    INSERT INTO entries(id, sequence, kind, payment_id, debit, credit, asset_id, amount, at, reverses)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: row)
        }
        move(to: (sequence, digest, last))
    }
}
