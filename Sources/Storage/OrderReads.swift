public import Domain
import Foundation
import GRDB

/// A sale as lists show it.
public struct Sale: Sendable {
    public let order: Order
    public let payment: Payment
    public let slug: String
    public let title: String
}

/// What was sold in one asset, practice and real money apart.
public struct SalesTotal: Hashable, Sendable {
    public let network: Network
    public let asset: [UInt8]
    public let sandbox: Bool
    public let count: Int64
    public let amount: AtomicAmount
}

extension Reader {
    /// Sales by descending order id, at most `limit`, below the id `before`.
    /// - Parameters:
    ///   - payer: only what this wallet bought, 20 bytes.
    ///   - products: only sales of these products, by id.
    public func sales(before: Int64? = nil, payer: [UInt8]? = nil, products: Set<Int64>? = nil, limit: Int = 50) async throws -> [Sale] {
        try await read { db in
            var conditions = ["o.id < ?"]
            var arguments: StatementArguments = [before ?? .max]
            if let payer {
                conditions.append("o.id IN (SELECT order_id FROM entitlements WHERE payer = ?)")
                arguments += [blob(payer)]
            }
            if let products { conditions.append("o.product_id IN (\(products.sorted().map(String.init).joined(separator: ", ")))") }
            arguments += [limit]
            return try Row.fetchAll(
                db, sql: "\(Self.selectOrder) WHERE \(conditions.joined(separator: " AND ")) ORDER BY o.id DESC LIMIT ?", arguments: arguments
            ).map { try Self.sale(db, $0) }
        }
    }

    public func sale(orderID: Int64) async throws -> Sale? {
        try await read { db in
            try Row.fetchOne(db, sql: "\(Self.selectOrder) WHERE o.id = ?", arguments: [orderID]).map { try Self.sale(db, $0) }
        }
    }

    /// Paid payments summed by asset; sandbox and real money never meet.
    public func salesTotals(since: Timestamp = Timestamp(milliseconds: 0)) async throws -> [SalesTotal] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT p.chain_id, p.asset, p.sandbox, count(*), sum(CASE typeof(p.amount) WHEN 'integer' THEN p.amount >> 32 ELSE 0 END),
                        sum(CASE typeof(p.amount) WHEN 'integer' THEN p.amount & 0xFFFFFFFF ELSE 0 END),
                        group_concat(CASE typeof(p.amount) WHEN 'text' THEN p.amount END)
                    FROM orders o JOIN payments p ON p.id = o.payment_id
                    WHERE o.at >= ? AND p.state IN ('settled', 'delivered') GROUP BY p.sandbox, p.chain_id, p.asset
                    """, arguments: [since.milliseconds])
            var totals: [SalesTotal] = []
            while let row = try rows.next() {
                guard let network = Network(chainID: UInt64(row[0] as Int64)) else { throw StorageError.corrupt("a network of a sale") }
                // In halves, for SQLite's sum of a few amounts with 18 decimals overflows.
                let small = UInt128(row[4] as Int64) << 32 + UInt128(row[5] as Int64)
                let large = ((row[6] as String?) ?? "").split(separator: ",").reduce(UInt128(0)) { $0 + (UInt128($1) ?? 0) }
                totals.append(
                    SalesTotal(
                        network: network, asset: try row.bytes(1), sandbox: row[2], count: row[3],
                        amount: AtomicAmount(small + large)))
            }
            return totals
        }
    }

    /// Transfers that reached us on a chain without a claim of ours, as far as they are known.
    public func unmatchedIncomeCount() async throws -> Int {
        try await read { db in
            try Int.fetchOne(db, sql: "SELECT (SELECT count(*) FROM unmatched_income) + (SELECT count(*) FROM foreign_transfers)") ?? 0
        }
    }

    public func countOpenPayments() async throws -> Int {
        try await read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM payments WHERE state IN ('claimed', 'settling', 'uncertain')") ?? 0
        }
    }

    private static let selectOrder = """
        SELECT o.id, o.payment_id, o.product_id, o.content, o.at, products.slug, products.title FROM orders o
        JOIN products ON products.id = o.product_id
        """

    private static func sale(_ db: Database, _ row: Row) throws -> Sale {
        guard let content = ContentDigest(try row.bytes(3)), let payment = try PaymentRows.find(db, id: row[1]) else {
            throw StorageError.corrupt("order \(row[0] as Int64)")
        }
        return Sale(
            order: Order(id: row[0], paymentID: row[1], productID: row[2], content: content, at: Timestamp(milliseconds: row[4])),
            payment: payment, slug: row[5], title: row[6])
    }
}
