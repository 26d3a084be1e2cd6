import Domain
import GRDB

extension LedgerCheck {
    /// Each refund beside its line of the ledger, its audit entry, its payment and the access that it ended.
    @Sendable static func refunds(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT r.id, r.payment_id, r.state, p.id, a.kind IS 'refund.settled' AND a.subject IS r.id, count(e.id),
                        max(e.amount IS r.amount AND s.chain_id IS p.chain_id AND s.address IS p.asset AND s.sandbox IS p.sandbox
                            AND d.kind IS 'refunds' AND c.kind IN ('refund_wallet', 'wallet')),
                        r.ends_access, (SELECT count(*) FROM orders o JOIN entitlements t ON t.payer = p.payer
                            AND t.product_id = p.product_id AND t.sandbox = p.sandbox AND t.order_id = o.id AND t.ended_by IS NOT NULL
                            WHERE o.payment_id = p.id)
                    FROM (SELECT * FROM refunds WHERE id > ? ORDER BY id LIMIT ?) r LEFT JOIN payments p ON p.id = r.payment_id
                    LEFT JOIN audit a ON a.sequence = r.sequence
                    LEFT JOIN entries e ON e.payment_id = r.payment_id AND e.kind = 'refund' AND e.sequence = r.sequence
                        AND NOT EXISTS (SELECT 1 FROM entries v WHERE v.reverses = e.id)
                    LEFT JOIN assets s ON s.id = e.asset_id LEFT JOIN accounts d ON d.id = e.debit LEFT JOIN accounts c ON c.id = e.credit
                    GROUP BY r.id ORDER BY r.id
                    """), arguments: [from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            let (id, payment, lines): (Int64, Int64, Int64) = (row[0], row[1], row[5])
            place = Place(id: id)
            guard row[3] as Int64? != nil else {
                report.add("Refund \(id) names payment \(payment), which does not exist.")
                continue
            }
            if try overpaid(db, payment) { report.add("More was given back of payment \(payment) than was paid.") }
            guard row[2] as String == RefundState.settled.rawValue else {
                if lines > 0 { report.add("Refund \(id) is \(row[2] as String) and the ledger has a line of it.") }
                continue
            }
            if lines == 0 { report.add("Refund \(id) was paid and the ledger has no line of it.") }
            if lines > 1 { report.add("Refund \(id) stands in the ledger \(lines) times.") }
            if lines == 1, row[6] as Int64? != 1 {
                report.add("The line of refund \(id) in the ledger has another amount, asset or account than the refund.")
            }
            if !(row[4] as Bool) { report.add("Refund \(id) was paid and the audit log does not say so.") }
            if row[7] as Bool, row[8] as Int64 == 0 { report.add("Refund \(id) ended an access that is still open.") }
        }
        return place
    }

    private static func overpaid(_ db: Database, _ id: Int64) throws -> Bool {
        guard let payment = try PaymentRows.find(db, id: id) else { return false }
        let given = try RefundRows.of(db, payment: id).filter(\.state.counts).reduce(UInt128(0)) { $0 + min($1.amount.units, .max >> 16) }
        return given > payment.authorization.amount.units
    }

    /// Lines that tell of a refund that there is not.
    @Sendable static func refundLines(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT e.id, r.id IS NOT NULL AND r.payment_id IS e.payment_id FROM entries e LEFT JOIN refunds r ON r.sequence = e.sequence
                    WHERE e.kind = 'refund' AND e.kind <> 'sale' AND e.id > ? ORDER BY e.id LIMIT ?
                    """), arguments: [from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            place = Place(id: row[0])
            if !(row[1] as Bool) { report.add("Line \(row[0] as Int64) of the ledger is a refund that the shop did not make.") }
        }
        return place
    }

    /// Access that ended without a refund that says so.
    @Sendable static func endings(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT o.id, r.state IS 'settled' AND r.ends_access IS 1 AND r.payment_id IS o.payment_id
                    FROM (SELECT order_id, ended_by FROM entitlements WHERE ended_by IS NOT NULL AND order_id > ? ORDER BY order_id LIMIT ?) t
                    JOIN orders o ON o.id = t.order_id LEFT JOIN refunds r ON r.id = t.ended_by ORDER BY o.id
                    """), arguments: [from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            place = Place(id: row[0])
            if !(row[1] as Bool) { report.add("The access of order \(row[0] as Int64) ended without a refund.") }
        }
        return place
    }
}
