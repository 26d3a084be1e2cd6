public import Domain
import Foundation
import GRDB

extension Reader {
    /// Compares the ledger with what it tells of: accounts and assets belong together, each paid payment has one order and one sale that
    /// stands, of its amount and asset, each order its entitlement, each line its payment and its entry of the audit log, each refund its one
    /// line. Reads everything once, in pieces, in the same memory for any number of sales.
    /// - Parameter progress: told after each piece how many rows have been looked at.
    public func checkLedger(progress: @Sendable (Int64) -> Void = { _ in }) async throws -> LedgerReport {
        var report = try await read(LedgerCheck.accounts)
        for step in LedgerCheck.steps {
            var place: LedgerCheck.Place? = LedgerCheck.Place()
            while let from = place {
                try Task.checkCancellation()
                let before = report
                (report, place) = try await read { db in
                    var report = before
                    let next = try step(db, from, &report)
                    return (report, next)
                }
                progress(report.payments + report.orders + report.entitlements + report.lines)
            }
        }
        return report
    }
}

/// The comparisons, each by pieces of a table and each piece on one snapshot.
enum LedgerCheck {
    /// After which row a piece begins.
    struct Place: Sendable {
        var id: Int64 = .min
        var payer: [UInt8] = []
        /// The product, or the chain.
        var productID: Int64 = 0
        var sandbox = false
    }

    typealias Step = @Sendable (Database, Place, inout LedgerReport) throws -> Place?

    static let steps: [Step] = [payments, orders, entitlements, lines, revocables, refunds, refundLines, endings]

    static let piece = 4096

    @Sendable static func accounts(_ db: Database) throws -> LedgerReport {
        var report = LedgerReport()
        let rows = try Row.fetchCursor(
            db, sql: "SELECT a.id FROM accounts a LEFT JOIN assets s ON s.id = a.asset_id WHERE s.id IS NULL ORDER BY a.id")
        while let row = try rows.next() { report.add("Account \(row[0] as Int64) is of an asset that does not exist.") }
        return report
    }

    /// Each payment beside its order and its sales that stand.
    @Sendable private static func payments(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT p.id, p.state, o.id, count(e.id), max(e.amount IS p.amount AND s.chain_id IS p.chain_id AND s.address IS p.asset
                        AND s.sandbox IS p.sandbox AND d.address IS p.pay_to AND d.kind IS 'wallet' AND c.kind IS 'sales'),
                        CASE WHEN o.id IS NULL OR p.state <> 'failed' THEN 1 ELSE EXISTS (SELECT 1 FROM entries b JOIN entries w ON w.id = b.reverses
                            WHERE b.payment_id = p.id AND b.kind = 'reversal' AND w.kind = 'sale') END,
                        (p.block_number IS NULL) = (p.block_hash IS NULL) AND (p.block_number IS NULL OR p.sandbox = 0),
                        p.sandbox = 0 AND p.block_number IS NULL AND NOT EXISTS (SELECT 1 FROM revocable_payments f
                            WHERE f.chain_id = p.chain_id AND f.payment_id = p.id), p.product_id
                    FROM (SELECT * FROM payments WHERE id > ? ORDER BY id LIMIT ?) p LEFT JOIN orders o ON o.payment_id = p.id
                    LEFT JOIN entries e ON e.payment_id = p.id AND e.kind = 'sale'
                        AND NOT EXISTS (SELECT 1 FROM entries r WHERE r.reverses = e.id)
                    LEFT JOIN assets s ON s.id = e.asset_id LEFT JOIN accounts d ON d.id = e.debit LEFT JOIN accounts c ON c.id = e.credit
                    GROUP BY p.id ORDER BY p.id
                    """), arguments: [from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            report.payments += 1
            let (id, order, sales): (Int64, Int64?, Int64) = (row[0], row[2], row[3])
            place = Place(id: id)
            guard let state = PaymentState(rawValue: row[1]) else {
                report.add("Payment \(id) is in a state that does not exist.")
                continue
            }
            if !(row[6] as Bool) { report.add("The block of payment \(id) is told by halves, or is of practice money.") }
            if row[8] as Int64 == Payment.noProduct {
                if sales > 0 { report.add("Payment \(id) was settled for another shop and the ledger has a sale of it.") }
                if let order { report.add("Payment \(id) was settled for another shop and has order \(order).") }
            } else if state.isPaid {
                if row[7] as Bool { report.add("Payment \(id) is taken for final and stands in no block.") }
                if order == nil { report.add("Payment \(id) is paid and has no order.") }
                if sales == 0 { report.add("Payment \(id) is paid and the ledger has no sale of it.") }
                if sales > 1 { report.add("Payment \(id) stands in the ledger as \(sales) sales.") }
                if sales == 1, row[4] as Int64? != 1 {
                    report.add("The sale of payment \(id) in the ledger has another amount, asset or account than the payment.")
                }
            } else {
                if sales > 0 { report.add("Payment \(id) is \(state.rawValue) and the ledger has a sale of it.") }
                // One that a chain took back keeps its order as a record.
                if let order, state != .uncertain, !(state == .failed && row[5] as Bool) {
                    report.add("Payment \(id) is \(state.rawValue) and has order \(order).")
                }
            }
        }
        return place
    }

    /// Each order beside its payment and its entitlement.
    @Sendable private static func orders(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT o.id, o.payment_id, p.id, p.product_id IS o.product_id, t.order_id, p.state FROM orders o
                    LEFT JOIN payments p ON p.id = o.payment_id
                    LEFT JOIN entitlements t ON t.payer = p.payer AND t.product_id = p.product_id AND t.sandbox = p.sandbox AND t.order_id = o.id
                    WHERE o.id > ? ORDER BY o.id LIMIT ?
                    """), arguments: [from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            report.orders += 1
            let id: Int64 = row[0]
            place = Place(id: id)
            if row[2] as Int64? == nil {
                report.add("Order \(id) names payment \(row[1] as Int64), which does not exist.")
            } else if !(row[3] as Bool) {
                report.add("Order \(id) is of another product than its payment.")
            } else if row[5] as String? == PaymentState.failed.rawValue {
                if row[4] as Int64? != nil { report.add("Order \(id) gives access and its payment is lost.") }
            } else if row[4] as Int64? == nil {
                report.add("Order \(id) gave no access to what it bought.")
            }
        }
        return place
    }

    /// Each entitlement beside the order that gave it.
    @Sendable private static func entitlements(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT t.payer, t.product_id, t.sandbox, t.order_id,
                        p.payer IS t.payer AND p.product_id IS t.product_id AND p.sandbox IS t.sandbox FROM entitlements t
                    LEFT JOIN orders o ON o.id = t.order_id LEFT JOIN payments p ON p.id = o.payment_id
                    WHERE (t.payer, t.product_id, t.sandbox, t.order_id) > (?, ?, ?, ?)
                    ORDER BY t.payer, t.product_id, t.sandbox, t.order_id LIMIT ?
                    """), arguments: [blob(from.payer), from.productID, from.sandbox, from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            report.entitlements += 1
            let order: Int64 = row[3]
            place = Place(id: order, payer: try row.bytes(0), productID: row[1], sandbox: row[2])
            if !(row[4] as Bool) { report.add("A wallet has access by order \(order), which it did not pay.") }
        }
        return place
    }

    /// Each payment that a chain could still take back: it is paid, and on that chain.
    @Sendable private static func revocables(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT r.chain_id, r.payment_id, p.chain_id IS r.chain_id AND p.sandbox IS 0 AND p.state IN ('settled', 'delivered')
                    FROM revocable_payments r LEFT JOIN payments p ON p.id = r.payment_id
                    WHERE (r.chain_id, r.payment_id) > (?, ?) ORDER BY r.chain_id, r.payment_id LIMIT ?
                    """), arguments: [from.productID, from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            let id: Int64 = row[1]
            place = Place(id: id, productID: row[0])
            if row[2] as Bool? != true { report.add("Payment \(id) is watched until it is final, and is not one that a chain has settled.") }
        }
        return place
    }

    /// Each line beside its accounts, its payment and its entry of the audit log.
    @Sendable private static func lines(_ db: Database, _ from: Place, _ report: inout LedgerReport) throws -> Place? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT e.id, e.debit <> e.credit AND d.asset_id IS e.asset_id AND c.asset_id IS e.asset_id, a.sequence, e.payment_id, p.id,
                        CASE e.kind WHEN 'reversal' THEN r.debit IS e.credit AND r.asset_id IS e.asset_id AND r.amount IS e.amount ELSE 1 END
                    FROM entries e LEFT JOIN accounts d ON d.id = e.debit LEFT JOIN accounts c ON c.id = e.credit
                    LEFT JOIN audit a ON a.sequence = e.sequence LEFT JOIN payments p ON p.id = e.payment_id
                    LEFT JOIN entries r ON r.id = e.reverses WHERE e.id > ? ORDER BY e.id LIMIT ?
                    """), arguments: [from.id, piece])
        var place: Place?
        while let row = try rows.next() {
            report.lines += 1
            let id: Int64 = row[0]
            place = Place(id: id)
            if !(row[1] as Bool) { report.add("Line \(id) of the ledger is between accounts that do not belong together.") }
            if row[2] as Int64? == nil { report.add("Line \(id) of the ledger belongs to an audit entry that does not exist.") }
            if let payment = row[3] as Int64?, row[4] as Int64? == nil {
                report.add("Line \(id) of the ledger names payment \(payment), which does not exist.")
            }
            if !(row[5] as Bool) { report.add("Line \(id) of the ledger takes back something else than it names.") }
        }
        return place
    }
}
