public import Domain
import Foundation
import GRDB

extension Reader {
    /// The payment that claimed this authorization, or nil.
    public func payment(key: PaymentKey) throws -> Payment? { try lookUp { db in try PaymentRows.find(db, key) } }

    public func payment(id: Int64) throws -> Payment? { try lookUp { db in try PaymentRows.find(db, id: id) } }

    /// The payment behind a receipt's address, or nil when number and token do not belong together.
    public func payment(receipt: ReceiptID) throws -> Payment? {
        guard let payment = try payment(id: receipt.paymentID), payment.token.matches(receipt.token) else { return nil }
        return payment
    }

    /// The newest paid payment by which this wallet owns the product, or nil.
    /// - Parameter practicePayTo: of practice payments only those made out to this payee count, for each door has its own.
    public func owned(payer: [UInt8], productID: Int64, sandbox: Bool, practicePayTo: [UInt8]? = nil) throws -> Payment? {
        try lookUp { db in try PaymentRows.owned(db, payer: payer, productID: productID, sandbox: sandbox, payTo: practicePayTo) }
    }

    /// Payments that are neither ended nor released, by ascending id above `after`, at most `limit`. (The plus signs keep the planner
    /// on the index of open payments, which is nearly empty, instead of all payments.)
    public func openPayments(after: Int64 = 0, limit: Int = 256) async throws -> [Payment] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "\(PaymentRows.select) WHERE p.state IN ('claimed', 'settling', 'uncertain') AND +p.id > ? ORDER BY +p.id LIMIT ?",
                arguments: [after, limit]
            ).map(PaymentRows.payment)
        }
    }

    /// Payments by descending id, at most `limit`, below the id `before`.
    /// - Parameters:
    ///   - open: only those that have not ended.
    ///   - products: only those for these products, by id.
    public func payments(before: Int64? = nil, open: Bool = false, products: Set<Int64>? = nil, limit: Int = 50) async throws -> [Payment] {
        try await read { db in
            // The plus sign keeps the planner on the index of open payments, which is nearly empty.
            let key = open ? "+p.id" : "p.id"
            var conditions = ["\(key) < ?"]
            if open { conditions.append("p.state IN ('claimed', 'settling', 'uncertain')") }
            if let products { conditions.append("p.product_id IN (\(products.sorted().map(String.init).joined(separator: ", ")))") }
            return try Row.fetchAll(
                db, sql: "\(PaymentRows.select) WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(key) DESC LIMIT ?",
                arguments: [before ?? .max, limit]
            ).map(PaymentRows.payment)
        }
    }

    /// Payments that are owed back, the oldest debt first, at most `limit`.
    public func refundsDue(limit: Int = 100) async throws -> [Payment] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "\(PaymentRows.select) WHERE p.refund_due_at IS NOT NULL ORDER BY p.refund_due_at, p.id LIMIT ?", arguments: [limit]
            ).map(PaymentRows.payment)
        }
    }

    /// The attempts to settle a payment, oldest first.
    public func attempts(paymentID: Int64) async throws -> [Attempt] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, payment_id, transaction_hash, raw, settler, account_nonce, fee_limit, at FROM attempts
                    WHERE payment_id = ? ORDER BY id
                    """, arguments: [paymentID]
            ).map(PaymentRows.attempt)
        }
    }

    /// The most that a settler's transactions since `moment` can have cost in fees, in wei: what was paid where that is known, else the limit.
    public func feesSpent(chainID: UInt64, since moment: Timestamp) async throws -> UInt128 {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT coalesce(a.fee_paid, a.fee_limit) FROM attempts a JOIN payments p ON p.id = a.payment_id
                    WHERE a.at > ? AND p.chain_id = ?
                    """, arguments: [moment.milliseconds, Int64(chainID)])
            var sum: UInt128 = 0
            while let row = try rows.next() { sum += UInt128(row[0] as String) ?? 0 }
            return sum
        }
    }

    /// How many settlements of this payer were mined and reverted since `moment`.
    public func revertedSettlements(payer: [UInt8], since moment: Timestamp) throws -> Int {
        try lookUp { db in
            // Reverted attempts are few and all others many: the planner cannot know.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT count(*) FROM attempts a INDEXED BY attempts_reverted CROSS JOIN payments p ON p.id = a.payment_id
                    WHERE a.reverted = 1 AND a.at > ? AND p.payer = ?
                    """)
            return try Int.fetchOne(statement, arguments: [moment.milliseconds, blob(payer)]) ?? 0
        }
    }

    /// What a practice wallet has spent.
    public func sandboxSpent(payer: [UInt8]) throws -> AtomicAmount {
        try lookUp { db in try PaymentRows.sandboxSpent(db, payer) }
    }
}

/// Rows of payments and what they mean.
enum PaymentRows {
    static let select = """
        SELECT p.id, p.chain_id, p.asset, p.payer, p.nonce, p.pay_to, p.amount, p.valid_after, p.valid_before, p.signature, p.sandbox, \
        p.product_id, p.content, p.protocol_version, p.seal_hash, p.token, p.state, p.reason, p.transaction_hash, p.claimed_at, p.settled_at, \
        o.id, p.block_number, p.block_hash, p.sandbox = 0 AND EXISTS (SELECT 1 FROM revocable_payments r WHERE r.chain_id = p.chain_id \
        AND r.payment_id = p.id), p.refund_due_at, t.ended_by IS NOT NULL FROM payments p LEFT JOIN orders o ON o.payment_id = p.id \
        LEFT JOIN entitlements t ON t.payer = p.payer AND t.product_id = p.product_id AND t.sandbox = p.sandbox AND t.order_id = o.id
        """

    static func find(_ db: Database, _ key: PaymentKey) throws -> Payment? {
        try Row.fetchOne(
            db.cachedStatement(sql: "\(select) WHERE p.nonce = ? AND p.payer = ? AND p.asset = ? AND p.chain_id = ?"),
            arguments: [blob(key.nonce), blob(key.payer), blob(key.asset), Int64(key.network.chainID)]
        ).map(payment)
    }

    static func find(_ db: Database, id: Int64) throws -> Payment? {
        try Row.fetchOne(db.cachedStatement(sql: "\(select) WHERE p.id = ?"), arguments: [id]).map(payment)
    }

    /// - Parameter payTo: counts only what was made out to it, where it is given.
    static func owned(_ db: Database, payer: [UInt8], productID: Int64, sandbox: Bool, payTo: [UInt8]?) throws -> Payment? {
        if let payTo { return try owned(db, payer: payer, productID: productID, sandbox: sandbox, madeOutTo: payTo) }
        return try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    \(select) WHERE p.state IN ('settled', 'delivered') AND p.id = (SELECT payment_id FROM orders WHERE id = (SELECT max(order_id)
                    FROM entitlements WHERE payer = ? AND product_id = ? AND sandbox = ? AND ended_by IS NULL))
                    """),
            arguments: [blob(payer), productID, sandbox]
        ).map(payment)
    }

    private static func owned(
        _ db: Database, payer: [UInt8], productID: Int64, sandbox: Bool, madeOutTo payTo: [UInt8]
    ) throws -> Payment? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    \(select) WHERE p.state IN ('settled', 'delivered') AND p.id = (SELECT q.id FROM entitlements e
                    JOIN orders b ON b.id = e.order_id JOIN payments q ON q.id = b.payment_id
                    WHERE e.payer = ? AND e.product_id = ? AND e.sandbox = ? AND e.ended_by IS NULL AND q.pay_to = ? ORDER BY e.order_id DESC LIMIT 1)
                    """),
            arguments: [blob(payer), productID, sandbox, blob(payTo)]
        ).map(payment)
    }

    /// A payment of this wallet for this product that has not ended yet.
    static func open(_ db: Database, payer: [UInt8], productID: Int64, sandbox: Bool) throws -> Payment? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    \(select) WHERE p.payer = ? AND p.product_id = ? AND p.sandbox = ? AND p.state IN ('claimed', 'settling', 'uncertain')
                    ORDER BY p.id LIMIT 1
                    """),
            arguments: [blob(payer), productID, sandbox]
        ).map(payment)
    }

    static func sandboxSpent(_ db: Database, _ payer: [UInt8]) throws -> AtomicAmount {
        let spent = try Int64.fetchOne(db.cachedStatement(sql: "SELECT spent FROM sandbox_wallets WHERE payer = ?"), arguments: [blob(payer)])
        return AtomicAmount(UInt128(spent ?? 0))
    }

    static func payment(_ row: Row) throws -> Payment {
        guard let network = Network(chainID: UInt64(row[1] as Int64)), let content = ContentDigest(try row.bytes(12)),
            let token = PaymentToken(try row.bytes(15)), let state = PaymentState(rawValue: row[16])
        else { throw StorageError.corrupt("payment \(row[0] as Int64)") }
        let (settledAt, refundDueAt): (Int64?, Int64?) = (row[20], row[25])
        return Payment(
            id: row[0],
            authorization: Authorization(
                key: PaymentKey(network: network, asset: try row.bytes(2), payer: try row.bytes(3), nonce: try row.bytes(4)),
                payTo: try row.bytes(5), amount: try AtomicAmount(column: row[6]), validAfter: UInt64(column: try row.bytes(7)),
                validBefore: UInt64(column: try row.bytes(8)), signature: try row.bytes(9)),
            sandbox: row[10], productID: row[11], content: content, protocolVersion: row[13], sealHash: try row.optionalBytes(14), token: token,
            state: state, reason: row[17], transaction: try row.optionalBytes(18), claimedAt: Timestamp(milliseconds: row[19]),
            settledAt: settledAt.map(Timestamp.init(milliseconds:)), orderID: row[21], block: try block(row, 22), isRevocable: row[24],
            refundDueAt: refundDueAt.map(Timestamp.init(milliseconds:)), accessEnded: row[26])
    }

    /// From two columns, number and hash.
    static func block(_ row: Row, _ index: Int) throws -> ChainBlock? {
        guard let number = row[index] as Int64?, let hash = try row.optionalBytes(index + 1) else { return nil }
        return ChainBlock(number: UInt64(number), hash: hash)
    }

    static func attempt(_ row: Row) throws -> Attempt {
        guard let feeLimit = UInt64(row[6] as String) else { throw StorageError.corrupt("attempt \(row[0] as Int64)") }
        return Attempt(
            id: row[0], paymentID: row[1], transaction: try row.bytes(2), raw: try row.bytes(3), settler: try row.bytes(4),
            accountNonce: UInt64(row[5] as Int64), feeLimit: feeLimit, at: Timestamp(milliseconds: row[7]))
    }
}
