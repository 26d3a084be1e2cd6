public import Domain
import Foundation
import GRDB

/// What an identifier means that a payer has used before.
public enum IdentifierOutcome: Sendable {
    /// The payment of the same kind that it names; it was paid or is under way.
    case names(Payment)
    /// It names a payment of another kind: another product, amount, asset or receiver.
    case namesAnother
}

extension Reader {
    /// What became of a payer's identifier; nil when it names nothing that was or may yet be paid.
    /// - Parameter fingerprint: of the payment that is shown with it now.
    public func identified(_ identifier: PaymentIdentifier, payer: [UInt8], fingerprint: [UInt8]) throws -> IdentifierOutcome? {
        try lookUp { db in try PaymentIdentifierRows.find(db, identifier, payer: payer, fingerprint: fingerprint) }
    }
}

/// Rows of payment identifiers; a claim writes its own.
enum PaymentIdentifierRows {
    static func find(_ db: Database, _ identifier: PaymentIdentifier, payer: [UInt8], fingerprint: [UInt8]) throws -> IdentifierOutcome? {
        let statement = try db.cachedStatement(
            sql: "SELECT fingerprint, payment_id FROM payment_identifiers WHERE payer = ? AND identifier = ?")
        guard let row = try Row.fetchOne(statement, arguments: [blob(payer), identifier.text]) else { return nil }
        guard try row.bytes(0) == fingerprint else { return .namesAnother }
        // What failed or was given back, or was refunded with its access, took no money: the name may be used for another try.
        guard let payment = try PaymentRows.find(db, id: row[1]), payment.state.isPaid || payment.state.isOpen, !payment.accessEnded else {
            return nil
        }
        return .names(payment)
    }

    /// Notes what an identifier names from now on; one that named what took no money is given anew.
    static func store(_ db: Database, _ identifier: PaymentIdentifier, _ claim: Claim, paymentID: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO payment_identifiers(payer, identifier, fingerprint, payment_id) VALUES (?, ?, ?, ?)
                ON CONFLICT (payer, identifier) DO UPDATE SET payment_id = excluded.payment_id
                """
        ).execute(arguments: [blob(claim.authorization.key.payer), identifier.text, blob(claim.fingerprint), paymentID])
    }
}
