public import Domain
import Foundation
import GRDB

extension Reader {
    public func refund(id: Int64) throws -> Refund? { try lookUp { db in try RefundRows.find(db, id) } }

    /// All refunds of a payment, oldest first.
    public func refunds(ofPayment paymentID: Int64) throws -> [Refund] { try lookUp { db in try RefundRows.of(db, payment: paymentID) } }

    /// Refunds by descending id, at most `limit`, below the id `before`.
    /// - Parameter products: only those of payments for these products, by id.
    public func refunds(
        before: Int64? = nil, state: RefundState? = nil, products: Set<Int64>? = nil, limit: Int = 50
    ) async throws -> [Refund] {
        try await read { db in
            var conditions = ["r.id < ?"]
            var arguments: StatementArguments = [before ?? .max]
            if let state {
                conditions.append("r.state = ?")
                arguments += [state.rawValue]
            }
            if let products {
                let list = products.sorted().map(String.init).joined(separator: ", ")
                conditions.append("(SELECT product_id FROM payments WHERE id = r.payment_id) IN (\(list))")
            }
            return try Row.fetchAll(
                db, sql: "\(RefundRows.select) WHERE \(conditions.joined(separator: " AND ")) ORDER BY r.id DESC LIMIT ?",
                arguments: arguments + [limit]
            ).map(RefundRows.refund)
        }
    }

    /// Refunds that are approved and have not ended, with their payments, oldest first: first those that are under way.
    public func openRefunds(limit: Int = 256) async throws -> [(refund: Refund, payment: Payment)] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    \(RefundRows.select) WHERE r.state IN ('approved', 'sending', 'uncertain') ORDER BY r.state = 'approved', r.id LIMIT ?
                    """, arguments: [limit]
            ).map(RefundRows.refund).map { refund in
                guard let payment = try PaymentRows.find(db, id: refund.paymentID) else { throw StorageError.corrupt("refund \(refund.id)") }
                return (refund, payment)
            }
        }
    }

    public func countOpenRefunds() async throws -> Int {
        try await read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM refunds WHERE state IN ('approved', 'sending', 'uncertain')") ?? 0
        }
    }

    /// The attempts to pay a refund, oldest first.
    public func refundAttempts(refundID: Int64) async throws -> [RefundAttempt] {
        try await read { db in
            try Row.fetchAll(db, sql: "\(RefundRows.selectAttempt) WHERE refund_id = ? ORDER BY id", arguments: [refundID]).map(RefundRows.attempt)
        }
    }

    /// Every transaction that was ever signed to pay a refund on a chain, by ascending id above `after`, at most `limit`: whoever compares
    /// the chain with the books knows by them which transfers are ours, and from which wallets.
    public func refundAttempts(on network: Network, after: Int64 = 0, limit: Int = 1000) async throws -> [RefundAttempt] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "\(RefundRows.selectAttempt) WHERE chain_id = ? AND id > ? ORDER BY id LIMIT ?",
                arguments: [Int64(network.chainID), after, limit]
            ).map(RefundRows.attempt)
        }
    }

    /// The nonce after the highest that a refund wallet has signed with; nil before the first.
    /// - Parameter wallet: 20 bytes.
    public func nextRefundNonce(wallet: [UInt8], on network: Network) async throws -> UInt64? {
        try await read { db in
            try Int64.fetchOne(
                db, sql: "SELECT max(account_nonce) + 1 FROM refund_attempts WHERE chain_id = ? AND wallet = ?",
                arguments: [Int64(network.chainID), blob(wallet)]
            ).map { UInt64($0) }
        }
    }
}

/// Rows of refunds and what they mean.
enum RefundRows {
    static let select = """
        SELECT r.id, r.payment_id, r.amount, r.state, r.way, r.ends_access, r.reason, r.waiting, r.failure, r.requested_by, r.approved_by, \
        r.transaction_hash, r.created_at, r.approved_at, r.sent_at, r.settled_at FROM refunds r
        """
    static let selectAttempt = "SELECT id, refund_id, transaction_hash, raw, wallet, account_nonce, fee_limit, at FROM refund_attempts"

    static func find(_ db: Database, _ id: Int64) throws -> Refund? {
        try Row.fetchOne(db.cachedStatement(sql: "\(select) WHERE r.id = ?"), arguments: [id]).map(refund)
    }

    static func of(_ db: Database, payment: Int64) throws -> [Refund] {
        try Row.fetchAll(db.cachedStatement(sql: "\(select) WHERE r.payment_id = ? ORDER BY r.id"), arguments: [payment]).map(refund)
    }

    static func countOpen(_ db: Database, on network: Network) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM refunds r INDEXED BY refunds_open JOIN payments p ON p.id = r.payment_id
                WHERE r.state IN ('approved', 'sending', 'uncertain') AND p.chain_id = ? AND p.sandbox = 0
                """, arguments: [Int64(network.chainID)]) ?? 0
    }

    static func refund(_ row: Row) throws -> Refund {
        guard let state = RefundState(rawValue: row[3]), let way = Refund.Way(rawValue: row[4]) else {
            throw StorageError.corrupt("refund \(row[0] as Int64)")
        }
        func moment(_ index: Int) -> Timestamp? { (row[index] as Int64?).map(Timestamp.init(milliseconds:)) }
        return Refund(
            id: row[0], paymentID: row[1], amount: try AtomicAmount(column: row[2]), state: state, way: way, endsAccess: row[5], reason: row[6],
            waiting: row[7], failure: row[8], requestedBy: row[9], approvedBy: row[10], transaction: try row.optionalBytes(11),
            createdAt: Timestamp(milliseconds: row[12]), approvedAt: moment(13), sentAt: moment(14), settledAt: moment(15))
    }

    static func attempt(_ row: Row) throws -> RefundAttempt {
        guard let feeLimit = UInt64(row[6] as String) else { throw StorageError.corrupt("an attempt at a refund") }
        return RefundAttempt(
            id: row[0], refundID: row[1], transaction: try row.bytes(2), raw: try row.bytes(3), wallet: try row.bytes(4),
            accountNonce: UInt64(row[5] as Int64), feeLimit: feeLimit, at: Timestamp(milliseconds: row[7]))
    }
}
