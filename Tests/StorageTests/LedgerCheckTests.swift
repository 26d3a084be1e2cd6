import Domain
import GRDB
import Storage
import Testing

@Suite struct LedgerCheckTests {
    typealias Shop = TemporaryShop

    @Test func `a ledger that nobody touched is clean`() async throws {
        let shop = try await AuditLogTests.shop()
        let report = try await shop.reader.checkLedger()
        #expect(report.isClean && report.findings.isEmpty)
        #expect(report.payments == 6 && report.orders == 6 && report.entitlements == 6 && report.lines == 6)
    }

    private static let sale = "The sale of payment 2 in the ledger has another amount, asset or account than the payment."

    private static func watched(_ id: Int) -> String { "Payment \(id) is watched until it is final, and is not one that a chain has settled." }

    /// What is done to the file, and what is said of it.
    static let tampered: [(String, [String])] = [
        ("DELETE FROM entries WHERE id = 2", ["Payment 2 is paid and the ledger has no sale of it."]),
        ("DELETE FROM entries WHERE id = 6", ["Payment 6 is paid and the ledger has no sale of it."]),
        ("UPDATE entries SET amount = amount + 1 WHERE id = 2", [sale]),
        ("UPDATE payments SET amount = amount + 1 WHERE id = 2", [sale]),
        (
            "UPDATE payments SET sandbox = 1 WHERE id = 2",
            [
                sale, "Order 2 gave no access to what it bought.", "A wallet has access by order 2, which it did not pay.", watched(2),
            ]
        ),
        (
            "UPDATE entries SET kind = 'refund' WHERE id = 2",
            ["Payment 2 is paid and the ledger has no sale of it.", "Line 2 of the ledger is a refund that the shop did not make."]
        ),
        (
            "UPDATE entries SET payment_id = 99 WHERE id = 2",
            [
                "Payment 2 is paid and the ledger has no sale of it.", "Line 2 of the ledger names payment 99, which does not exist.",
            ]
        ),
        ("UPDATE entries SET debit = 1 WHERE id = 2", ["Line 2 of the ledger is between accounts that do not belong together."]),
        ("UPDATE entries SET sequence = 99 WHERE id = 2", ["Line 2 of the ledger belongs to an audit entry that does not exist."]),
        ("DELETE FROM audit WHERE sequence = 3", ["Line 2 of the ledger belongs to an audit entry that does not exist."]),
        (
            "UPDATE payments SET state = 'failed', settled_at = NULL WHERE id = 2",
            [
                "Payment 2 is failed and the ledger has a sale of it.", "Payment 2 is failed and has order 2.",
                "Order 2 gives access and its payment is lost.", watched(2),
            ]
        ),
        (
            "DROP INDEX entries_by_payment; INSERT INTO entries SELECT 7, 8, kind, payment_id, debit, credit, asset_id, amount, at, reverses "
                + "FROM entries WHERE id = 2", ["Payment 2 stands in the ledger as 2 sales."]
        ),
        ("DELETE FROM orders WHERE id = 2; DELETE FROM entitlements WHERE order_id = 2", ["Payment 2 is paid and has no order."]),
        ("DELETE FROM entitlements WHERE order_id = 2", ["Order 2 gave no access to what it bought."]),
        (
            "UPDATE entitlements SET payer = zeroblob(20) WHERE order_id = 2",
            [
                "Order 2 gave no access to what it bought.", "A wallet has access by order 2, which it did not pay.",
            ]
        ),
        (
            "UPDATE orders SET payment_id = 99 WHERE id = 2",
            [
                "Payment 2 is paid and has no order.", "Order 2 names payment 99, which does not exist.",
                "A wallet has access by order 2, which it did not pay.",
            ]
        ),
        ("UPDATE orders SET product_id = 99 WHERE id = 2", ["Order 2 is of another product than its payment."]),
        (
            "UPDATE accounts SET asset_id = 99 WHERE id = 1",
            [
                "Account 1 is of an asset that does not exist.", "Line 1 of the ledger is between accounts that do not belong together.",
                "Line 3 of the ledger is between accounts that do not belong together.",
                "Line 5 of the ledger is between accounts that do not belong together.",
            ]
        ),
        ("DELETE FROM revocable_payments WHERE payment_id = 2", ["Payment 2 is taken for final and stands in no block."]),
        ("UPDATE payments SET block_number = 7 WHERE id = 2", ["The block of payment 2 is told by halves, or is of practice money."]),
        (
            "UPDATE payments SET block_number = 7, block_hash = zeroblob(32) WHERE id = 1",
            ["The block of payment 1 is told by halves, or is of practice money."]
        ),
        ("INSERT INTO revocable_payments VALUES (8453, 1)", [watched(1)]),
        ("INSERT INTO revocable_payments VALUES (1, 2)", [watched(2)]),
        (
            "INSERT INTO entries SELECT 7, 8, 'reversal', payment_id, debit, credit, asset_id, amount, at, id FROM entries WHERE id = 2",
            [
                "Payment 2 is paid and the ledger has no sale of it.", "Line 7 of the ledger takes back something else than it names.",
            ]
        ),
    ]

    @Test(arguments: tampered) func `what does not fit is found and said in a sentence`(_ sql: String, _ sentences: [String]) async throws {
        let shop = try await AuditLogTests.shop()
        try shop.tamper(sql)
        let report = try await shop.reader.checkLedger()
        #expect(report.findings == sentences)
        #expect(report.count == Int64(sentences.count))
    }

    @Test func `a hundred findings are told, and how many there are`() async throws {
        var report = LedgerReport()
        for number in 1...250 { report.add("Finding \(number).") }
        #expect(report.count == 250 && report.findings.count == 100 && report.findings.last == "Finding 100." && !report.isClean)
    }
}
