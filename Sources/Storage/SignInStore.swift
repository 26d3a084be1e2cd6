public import Domain
import Foundation
import GRDB

extension Reader {
    /// The newest paid payment that gives this wallet the product, or nil.
    /// - Parameter chainID: only what was paid on that chain; a contract's address may be somebody else's on another.
    public func entitled(payer: [UInt8], productID: Int64, sandbox: Bool, chainID: UInt64? = nil, practicePayTo: [UInt8]? = nil) throws -> Payment? {
        try lookUp { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        \(PaymentRows.select) WHERE p.state IN ('settled', 'delivered') AND p.id = (
                            SELECT q.id FROM entitlements e JOIN orders b ON b.id = e.order_id JOIN payments q ON q.id = b.payment_id
                            WHERE e.payer = ?1 AND e.product_id = ?2 AND e.sandbox = ?3 AND e.ended_by IS NULL AND q.state IN ('settled', 'delivered')
                                AND (?4 IS NULL OR q.chain_id = ?4) AND (?5 IS NULL OR q.pay_to = ?5)
                            ORDER BY e.order_id DESC LIMIT 1)
                        """), arguments: [blob(payer), productID, sandbox, chainID.map { Int64($0) }, practicePayTo.map(blob)]
            ).map(PaymentRows.payment)
        }
    }

    /// Whether this wallet bought the product and a refund took its access back.
    public func wasRefunded(payer: [UInt8], productID: Int64, sandbox: Bool) throws -> Bool {
        try lookUp { db in
            let statement = try db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM entitlements WHERE payer = ? AND product_id = ? AND sandbox = ? AND ended_by IS NOT NULL)")
            return try Bool.fetchOne(statement, arguments: [blob(payer), productID, sandbox]) ?? false
        }
    }
}

extension Writer {
    /// Uses up a nonce, and forgets those that have expired.
    /// - Parameter nonce: 16 bytes.
    /// - Returns: false when it was used before.
    public func useNonce(_ nonce: [UInt8], expires: Timestamp, at now: Timestamp) async throws -> Bool {
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM sign_in_nonces WHERE expires_at < ?").execute(arguments: [now.milliseconds])
            try db.cachedStatement(sql: "INSERT INTO sign_in_nonces(nonce, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .execute(arguments: [blob(nonce), expires.milliseconds])
            return db.changesCount == 1
        }
    }
}
