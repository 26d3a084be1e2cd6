public import Domain
import Foundation
import GRDB

extension Reader {
    /// How far the ledger has been compared with a chain; nil before the first time.
    public func chainCheckpoint(_ network: Network) async throws -> ChainCheckpoint? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT first_block, next_block, width, sales FROM chain_checkpoints WHERE chain_id = ?",
                arguments: [Int64(network.chainID)]
            ).map { ChainCheckpoint(first: UInt64($0[0] as Int64), next: UInt64($0[1] as Int64), width: UInt64($0[2] as Int64), sales: $0[3]) }
        }
    }

    /// The block of the first settlement on a chain of which one is known.
    public func firstSettlementBlock(_ network: Network) async throws -> UInt64? {
        try await read { db in
            try Int64.fetchOne(
                db, sql: "SELECT min(block_number) FROM payments WHERE chain_id = ? AND block_number IS NOT NULL", arguments: [Int64(network.chainID)]
            ).map { UInt64($0) }
        }
    }

    /// The addresses into which an asset was ever paid, by the ledger.
    public func walletAddresses(_ asset: LedgerAsset) async throws -> [[UInt8]] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT a.address FROM accounts a JOIN assets s ON s.id = a.asset_id
                    WHERE a.kind = 'wallet' AND s.chain_id = ? AND s.address = ? AND s.sandbox = ? ORDER BY a.id
                    """, arguments: [Int64(asset.network.chainID), blob(asset.address), asset.sandbox]
            ).map { try $0.bytes(0) }
        }
    }

    /// The sales that settled in these blocks, by their payments' ids, at most `limit`. What was settled for other shops is no sale.
    public func settlements(_ network: Network, asset: [UInt8], in blocks: ClosedRange<UInt64>, limit: Int) async throws -> [Int64] {
        try await read { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM payments INDEXED BY payments_by_block WHERE chain_id = ? AND block_number BETWEEN ? AND ? AND asset = ?
                        AND sandbox = 0 AND product_id <> 0 AND state IN ('settled', 'delivered') ORDER BY block_number, id LIMIT ?
                    """, arguments: [Int64(network.chainID), Int64(blocks.lowerBound), Int64(blocks.upperBound), blob(asset), limit])
        }
    }

    public func countSettlements(_ network: Network, asset: [UInt8], in blocks: ClosedRange<UInt64>) async throws -> Int64 {
        try await read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM payments INDEXED BY payments_by_block WHERE chain_id = ? AND block_number BETWEEN ? AND ? AND asset = ?
                        AND sandbox = 0 AND product_id <> 0 AND state IN ('settled', 'delivered')
                    """, arguments: [Int64(network.chainID), Int64(blocks.lowerBound), Int64(blocks.upperBound), blob(asset)]) ?? 0
        }
    }

    /// Sales of which no block is known, by ascending id above `after`.
    public func settlementsWithoutBlock(_ network: Network, asset: [UInt8], after: Int64, limit: Int) async throws -> [Payment] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    \(PaymentRows.select) WHERE p.id IN (SELECT id FROM payments INDEXED BY payments_without_block WHERE block_number IS NULL
                        AND sandbox = 0 AND product_id <> 0 AND state IN ('settled', 'delivered') AND chain_id = ? AND id > ? AND asset = ? ORDER BY id LIMIT ?)
                    ORDER BY p.id
                    """, arguments: [Int64(network.chainID), after, blob(asset), limit]
            ).map(PaymentRows.payment)
        }
    }

    /// The payment for which a transaction was sent by us, whether it is still there or not.
    public func paymentSettled(by transaction: [UInt8]) async throws -> Int64? {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT payment_id FROM attempts WHERE transaction_hash = ? LIMIT 1", arguments: [blob(transaction)])
        }
    }
}

/// What a comparison of some blocks found that has to be kept.
public struct ChainCheckNotes: Sendable {
    /// Money that came without a claim of ours.
    public var foreign: [ChainIncome] = []
    /// Payments that stand in another block than was known.
    public var moved: [(payment: Payment, block: ChainBlock)] = []
    /// Nil leaves it where it is.
    public var checkpoint: ChainCheckpoint?

    public init() {}
}

extension Writer {
    /// Keeps what a comparison found, in one write. Income that is listed already is passed over.
    /// - Returns: how much was listed now.
    public func noteChainCheck<Answer: Sendable>(
        _ notes: ChainCheckNotes, on network: Network, actor: String, at now: Timestamp, noting note: WriteNote<Answer>? = nil,
        answer: @escaping @Sendable (_ listed: Int) -> Answer
    ) async throws -> Answer {
        try await write(noting: note) { db in
            var listed = 0
            for income in notes.foreign where try Self.list(db, income, on: network, actor: actor, at: now) { listed += 1 }
            for (payment, block) in notes.moved { try Self.move(db, payment, to: block) }
            if let checkpoint = notes.checkpoint {
                try db.execute(
                    sql: """
                        INSERT INTO chain_checkpoints(chain_id, first_block, next_block, width, sales, at) VALUES (?, ?, ?, ?, ?, ?)
                        ON CONFLICT (chain_id) DO UPDATE SET first_block = excluded.first_block, next_block = excluded.next_block,
                            width = excluded.width, sales = excluded.sales, at = excluded.at
                        """,
                    arguments: [
                        Int64(network.chainID), Int64(checkpoint.first), Int64(checkpoint.next), Int64(checkpoint.width), checkpoint.sales,
                        now.milliseconds,
                    ])
            }
            return answer(listed)
        }
    }

    /// False when it is listed already. Nothing of nothing is no income.
    private static func list(_ db: Database, _ income: ChainIncome, on network: Network, actor: String, at now: Timestamp) throws -> Bool {
        guard income.amount.units > 0 else { return false }
        if let nonce = income.nonce {
            try db.execute(
                sql: "INSERT INTO unmatched_income(chain_id, asset, payer, nonce, amount, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [
                    Int64(network.chainID), blob(income.asset), blob(income.payer), blob(nonce), income.amount.column, now.milliseconds,
                ])
        } else {
            try db.execute(
                sql: "INSERT INTO foreign_transfers(chain_id, transaction_hash, log_index, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [Int64(network.chainID), blob(income.transaction), Int64(income.logIndex), now.milliseconds])
        }
        guard db.changesCount == 1 else { return false }
        var details: [(name: String, value: EventDetails.Value)] = [
            ("amount", .text(income.amount.description)), ("asset", .text("0x" + lowercaseHex(income.asset))),
            ("block", .number(Int64(income.block.number))), ("network", .text(network.description)),
            ("payer", .text("0x" + lowercaseHex(income.payer))), ("transaction", .text("0x" + lowercaseHex(income.transaction))),
        ]
        if let nonce = income.nonce { details.append(("nonce", .text("0x" + lowercaseHex(nonce)))) }
        try append(
            db, .incomeUnmatched, subject: Int64(network.chainID), actor: actor, details: EventDetails(details),
            movements: [.foreign(income, on: network)], at: now)
        return true
    }
}
