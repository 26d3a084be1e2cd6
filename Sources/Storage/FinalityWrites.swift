public import Domain
import Foundation
import GRDB

extension Writer {
    /// These payments can no longer be taken back. Those that are not watched any more are passed over.
    /// - Parameter payments: each with the block in which it is final.
    public func markFinal(_ payments: [(payment: Payment, block: ChainBlock)]) async throws {
        guard !payments.isEmpty else { return }
        try await write { db in
            for (payment, block) in payments {
                try Self.move(db, payment, to: block)
                try db.cachedStatement(sql: "DELETE FROM revocable_payments WHERE chain_id = ? AND payment_id = ?")
                    .execute(arguments: [Int64(payment.authorization.key.network.chainID), payment.id])
            }
        }
    }

    /// Writes down in which blocks payments stand now, where that was not known or has changed.
    public func moveSettlements(_ payments: [(payment: Payment, block: ChainBlock)]) async throws {
        guard !payments.isEmpty else { return }
        try await write { db in
            for (payment, block) in payments { try Self.move(db, payment, to: block) }
        }
    }

    /// A chain has taken a settlement back: the payment is uncertain again, its sale and what its transaction cost are reversed in the
    /// ledger. Its order stays, and gives no access until the payment is settled again.
    /// - Returns: the payment as it is now; nil when it is not what it was when somebody looked, and nothing was changed.
    public func takeBack(_ seen: Payment, at now: Timestamp) async throws -> Payment? {
        try await write { db in
            guard let payment = try PaymentRows.find(db, id: seen.id), payment.isRevocable, payment.state.isPaid,
                payment.transaction == seen.transaction, payment.block == seen.block
            else { return nil }
            try db.execute(
                sql: """
                    UPDATE payments SET state = 'uncertain', settled_at = NULL, block_number = NULL, block_hash = NULL,
                        reason = 'settlement_pending' WHERE id = ?
                    """, arguments: [payment.id])
            try db.execute(
                sql: "DELETE FROM revocable_payments WHERE chain_id = ? AND payment_id = ?",
                arguments: [Int64(payment.authorization.key.network.chainID), payment.id])
            var movements = try ReversalRows.ofSale(db, payment)
            if let gas = try ReversalRows.ofGas(db, payment) { movements.append(gas) }
            var details: [(name: String, value: EventDetails.Value)] = [
                ("delivered", .flag(payment.state == .delivered)), ("network", .text(payment.authorization.key.network.description)),
            ]
            if let block = payment.block { details.append(("block", .number(Int64(block.number)))) }
            if let transaction = payment.transaction { details.append(("transaction", .text("0x" + lowercaseHex(transaction)))) }
            try Self.append(
                db, .paymentReorganised, subject: payment.id, actor: "chain", details: EventDetails(details), movements: movements, at: now)
            return try PaymentRows.find(db, id: payment.id)
        }
    }

    /// From now on somebody looks whether the payment becomes final.
    static func watchFinality(_ db: Database, _ payment: Payment) throws {
        try db.cachedStatement(sql: "INSERT INTO revocable_payments(chain_id, payment_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .execute(arguments: [Int64(payment.authorization.key.network.chainID), payment.id])
    }

    /// A payment that was taken back came true after all: it has its order, and its sale is written anew.
    static func restore(_ db: Database, _ payment: Payment, at now: Timestamp) throws {
        guard let reversal = try ReversalRows.lastOfSale(db, payment.id) else {
            throw StorageError.corrupt("payment \(payment.id) has an order and no reversal")
        }
        let sale = LedgerMovement.sale(payment.authorization, sandbox: payment.sandbox, paymentID: payment.id)
        let again = LedgerMovement(
            .sale, paymentID: payment.id, debit: sale.debit, credit: sale.credit, amount: sale.amount, reverses: reversal)
        var details: [(name: String, value: EventDetails.Value)] = [("network", .text(payment.authorization.key.network.description))]
        if let transaction = payment.transaction { details.append(("transaction", .text("0x" + lowercaseHex(transaction)))) }
        try append(
            db, .paymentRestored, subject: payment.id, actor: "reconciler", details: EventDetails(details), movements: [again], at: now)
    }

    /// A payment that was taken back and is lost for good: its order stays as a record and opens nothing any more.
    static func endAccess(_ db: Database, _ payment: Payment, order: Int64) throws {
        try db.execute(
            sql: "DELETE FROM entitlements WHERE payer = ? AND product_id = ? AND sandbox = ? AND order_id = ?",
            arguments: [blob(payment.authorization.key.payer), payment.productID, payment.sandbox, order])
    }

    static func move(_ db: Database, _ payment: Payment, to block: ChainBlock) throws {
        guard payment.block != block else { return }
        try db.cachedStatement(
            sql: "UPDATE payments SET block_number = ?, block_hash = ? WHERE id = ? AND transaction_hash = ? AND state IN ('settled', 'delivered')"
        ).execute(arguments: [Int64(block.number), blob(block.hash), payment.id, payment.transaction.map(blob) ?? .null])
    }
}

extension Reader {
    /// Paid payments on a chain that it could still take back, by descending id below `before`, at most `limit`.
    public func revocablePayments(on network: Network, before: Int64 = .max, limit: Int = 256) async throws -> [Payment] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    \(PaymentRows.select) WHERE p.id IN (SELECT payment_id FROM revocable_payments WHERE chain_id = ? AND payment_id < ?
                    ORDER BY payment_id DESC LIMIT ?) ORDER BY p.id DESC
                    """, arguments: [Int64(network.chainID), before, limit]
            ).map(PaymentRows.payment)
        }
    }
}

/// The lines that take back what a payment moved.
private enum ReversalRows {
    private static let standing = "NOT EXISTS (SELECT 1 FROM entries r WHERE r.reverses = e.id)"

    static func ofSale(_ db: Database, _ payment: Payment) throws -> [LedgerMovement] {
        let sale = LedgerMovement.sale(payment.authorization, sandbox: payment.sandbox, paymentID: payment.id)
        return try Int64.fetchAll(
            db, sql: "SELECT e.id FROM entries e WHERE e.payment_id = ? AND e.kind = 'sale' AND \(standing)", arguments: [payment.id]
        ).map { id in
            LedgerMovement(
                .reversal, paymentID: payment.id, debit: LedgerAccount(.reorganised, of: sale.debit.asset), credit: sale.debit,
                amount: sale.amount, reverses: id)
        }
    }

    static func lastOfSale(_ db: Database, _ paymentID: Int64) throws -> Int64? {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT e.id FROM entries e JOIN entries s ON s.id = e.reverses AND s.kind = 'sale'
                WHERE e.payment_id = ? AND e.kind = 'reversal' AND \(standing) ORDER BY e.id DESC LIMIT 1
                """, arguments: [paymentID])
    }

    /// What the settling transaction cost, if it was ours: a transaction that is not on the chain has cost nothing. Its attempt is open again.
    static func ofGas(_ db: Database, _ payment: Payment) throws -> LedgerMovement? {
        guard let transaction = payment.transaction,
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT a.settler, a.fee_paid, (SELECT e.id FROM entries e WHERE e.payment_id = a.payment_id AND e.kind = 'gas'
                        AND e.amount = CAST(a.fee_paid AS INTEGER) AND \(standing) ORDER BY e.id DESC LIMIT 1)
                    FROM attempts a WHERE a.payment_id = ? AND a.transaction_hash = ? AND coalesce(a.fee_paid, '0') <> '0'
                    """, arguments: [payment.id, blob(transaction)]), let line = row[2] as Int64?, let fee = UInt128(row[1] as String)
        else { return nil }
        try db.execute(
            sql: "UPDATE attempts SET fee_paid = NULL WHERE payment_id = ? AND transaction_hash = ?", arguments: [payment.id, blob(transaction)])
        let gas = LedgerMovement.gas(
            AtomicAmount(fee), settler: try row.bytes(0), network: payment.authorization.key.network, paymentID: payment.id)
        return LedgerMovement(.reversal, paymentID: payment.id, debit: gas.credit, credit: gas.debit, amount: gas.amount, reverses: line)
    }
}
