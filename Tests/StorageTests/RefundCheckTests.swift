import Domain
import GRDB
import Storage
import Testing

@Suite struct RefundCheckTests {
    typealias Shop = TemporaryShop

    /// What is done to the file, and what is said of it. Refund 1 ended the access of order 1, refund 2 is part of payment 2, refund 3 waits.
    static let tampered: [(String, [String])] = [
        ("DELETE FROM entries WHERE kind = 'refund' AND payment_id = 1", ["Refund 1 was paid and the ledger has no line of it."]),
        (
            "DELETE FROM refunds WHERE id = 2",
            ["Line 6 of the ledger is a refund that the shop did not make."]
        ),
        (
            "UPDATE entries SET amount = amount + 1 WHERE kind = 'refund' AND payment_id = 1",
            ["The line of refund 1 in the ledger has another amount, asset or account than the refund."]
        ),
        (
            "UPDATE refunds SET amount = amount - 1 WHERE id = 1",
            ["The line of refund 1 in the ledger has another amount, asset or account than the refund."]
        ),
        (
            "UPDATE refunds SET amount = 10001 WHERE id = 3",
            [
                "More was given back of payment 2 than was paid.", "More was given back of payment 2 than was paid.",
            ]
        ),
        (
            "UPDATE refunds SET state = 'failed', settled_at = NULL, sequence = NULL WHERE id = 2",
            ["Line 6 of the ledger is a refund that the shop did not make."]
        ),
        (
            "INSERT INTO entries SELECT 7, sequence, kind, payment_id, debit, credit, asset_id, amount, at, reverses FROM entries WHERE id = 6",
            ["Refund 2 stands in the ledger 2 times."]
        ),
        (
            "INSERT INTO entries SELECT 7, sequence - 1, kind, payment_id, debit, credit, asset_id, amount, at, reverses FROM entries WHERE id = 6",
            ["Line 7 of the ledger is a refund that the shop did not make."]
        ),
        ("UPDATE audit SET subject = 9 WHERE kind = 'refund.settled' AND subject = 1", ["Refund 1 was paid and the audit log does not say so."]),
        ("UPDATE entitlements SET ended_by = NULL", ["Refund 1 ended an access that is still open."]),
        ("UPDATE entitlements SET ended_by = 2 WHERE order_id = 2", ["The access of order 2 ended without a refund."]),
        (
            "UPDATE refunds SET payment_id = 99 WHERE id = 3", ["Refund 3 names payment 99, which does not exist."]
        ),
    ]

    @Test(arguments: tampered) func `what does not fit is found and said in a sentence`(_ sql: String, _ sentences: [String]) async throws {
        let shop = try Shop()
        _ = try await shop.refunded(try await shop.refundable())
        let other = try await shop.refundable("film", nonce: 2)
        _ = try await shop.refunded(other, 4000, nonce: 1, hash: 0x72)
        _ = try await shop.request(other, 1000)
        #expect(try await shop.reader.checkLedger().isClean)
        #expect(
            try await shop.reader.ledgerEntries().map { "\($0.id) \($0.movement.kind)" } == [
                "6 refund", "5 gas", "4 sale", "3 refund", "2 gas", "1 sale",
            ])
        try shop.tamper(sql.replacing("id = 5", with: "id = 6").replacing("SELECT 7", with: "SELECT 7"))
        let said = sentences.map { $0.replacing("Line 6", with: "Line 6") }
        #expect(try await shop.reader.checkLedger().findings == said)
    }
}
