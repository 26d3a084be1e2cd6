public import Domain
import Foundation
import GRDB

extension Reader {
    /// Lines of the ledger by descending id, at most `limit`, below the id `before`.
    /// - Parameters:
    ///   - kind: only lines of this kind.
    ///   - account: only lines that debit or credit this account, by its number.
    ///   - paymentID: only lines of this payment.
    public func ledgerEntries(
        before: Int64? = nil, kind: LedgerEntryKind? = nil, account: Int64? = nil, paymentID: Int64? = nil, limit: Int = 50
    ) async throws -> [LedgerEntry] {
        try await read { db in
            var conditions = ["e.id < ?"]
            var arguments: StatementArguments = [before ?? .max]
            if let kind {
                // Nearly all are sales: the index is for the others.
                conditions.append(kind == .sale ? "+e.kind = ?" : "e.kind = ? AND e.kind <> 'sale'")
                arguments += [kind.rawValue]
            }
            if let account {
                conditions.append("(e.debit = ? OR e.credit = ?)")
                arguments += [account, account]
            }
            if let paymentID {
                conditions.append("e.payment_id = ?")
                arguments += [paymentID]
            }
            let accounts = try LedgerRows.accounts(db)
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT e.id, e.sequence, e.kind, e.payment_id, e.debit, e.credit, e.amount, e.at, e.reverses FROM entries e
                    WHERE \(conditions.joined(separator: " AND ")) ORDER BY e.id DESC LIMIT ?
                    """, arguments: arguments + [limit]
            ).map { try LedgerRows.entry($0, accounts) }
        }
    }

    /// How each account stands, by its number. Practice and real money have accounts of their own.
    public func ledgerBalances() async throws -> [LedgerBalance] {
        try await read { db in
            let accounts = try LedgerRows.accounts(db)
            var sums: [Int64: (debits: UInt128, credits: UInt128)] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT debit, credit, amount FROM entries")
            while let row = try rows.next() {
                let amount = try AtomicAmount(column: row[2]).units
                let (debits, overflow) = (sums[row[0], default: (0, 0)].debits).addingReportingOverflow(amount)
                sums[row[0], default: (0, 0)].debits = debits
                let (credits, overflows) = (sums[row[1], default: (0, 0)].credits).addingReportingOverflow(amount)
                sums[row[1], default: (0, 0)].credits = credits
                guard !overflow, !overflows else { throw StorageError.corrupt("the sum of an account's lines has more than 128 bits") }
            }
            let revocable = try LedgerRows.revocable(db)
            return accounts.sorted { $0.key < $1.key }.map { id, known in
                let sum = sums[id] ?? (0, 0)
                return LedgerBalance(
                    accountID: id, account: known.account, unit: known.unit, debits: AtomicAmount(sum.debits), credits: AtomicAmount(sum.credits),
                    revocableDebits: AtomicAmount(revocable[id]?.debits ?? 0), revocableCredits: AtomicAmount(revocable[id]?.credits ?? 0))
            }
        }
    }
}

extension Writer {
    /// Writes down how people write an asset, as the shop's configuration says; the ledger counts it by its smallest unit all the same.
    public func name(_ assets: [(asset: LedgerAsset, unit: LedgerUnit)]) async throws {
        try await write { db in
            for (asset, unit) in assets {
                try db.execute(
                    sql: """
                        INSERT INTO assets(chain_id, address, sandbox, symbol, decimals) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT (chain_id, address, sandbox) DO UPDATE SET symbol = excluded.symbol, decimals = excluded.decimals
                            WHERE symbol IS NOT excluded.symbol OR decimals IS NOT excluded.decimals
                        """,
                    arguments: [
                        Int64(asset.network.chainID), blob(asset.address), asset.sandbox, unit.symbol, unit.decimals,
                    ])
            }
        }
    }
}

/// Rows of the ledger and what they mean.
enum LedgerRows {
    static let selectAccounts = """
        SELECT a.id, a.asset_id, s.chain_id, s.address, s.sandbox, a.kind, a.address, s.symbol, s.decimals FROM accounts a
        JOIN assets s ON s.id = a.asset_id
        """

    static func account(_ row: Row) throws -> LedgerAccount {
        let address = try row.bytes(3)
        guard let network = Network(chainID: UInt64(truncatingIfNeeded: row[2] as Int64)), let kind = LedgerAccountKind(rawValue: row[5]),
            address.isEmpty || address.count == 20
        else { throw StorageError.corrupt("account \(row[0] as Int64)") }
        return LedgerAccount(kind, of: LedgerAsset(network: network, address: address, sandbox: row[4]), address: try row.bytes(6))
    }

    static func accounts(_ db: Database) throws -> [Int64: (account: LedgerAccount, unit: LedgerUnit?)] {
        let rows = try Row.fetchCursor(db, sql: selectAccounts)
        var accounts: [Int64: (account: LedgerAccount, unit: LedgerUnit?)] = [:]
        while let row = try rows.next() {
            let symbol: String? = row[7]
            accounts[row[0]] = (try account(row), symbol.map { LedgerUnit(symbol: $0, decimals: row[8]) })
        }
        return accounts
    }

    /// What the lines of payments that a chain could still take back come to, by account. Their sums are parts of sums that were counted.
    static func revocable(_ db: Database) throws -> [Int64: (debits: UInt128, credits: UInt128)] {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT e.debit, e.credit, e.amount FROM revocable_payments r CROSS JOIN entries e ON e.payment_id = r.payment_id")
        var sums: [Int64: (debits: UInt128, credits: UInt128)] = [:]
        while let row = try rows.next() {
            let amount = try AtomicAmount(column: row[2]).units
            sums[row[0], default: (0, 0)].debits += amount
            sums[row[1], default: (0, 0)].credits += amount
        }
        return sums
    }

    static func entry(_ row: Row, _ accounts: [Int64: (account: LedgerAccount, unit: LedgerUnit?)]) throws -> LedgerEntry {
        guard let kind = LedgerEntryKind(rawValue: row[2]), let debit = accounts[row[4]], let credit = accounts[row[5]],
            debit.account.asset == credit.account.asset, debit.account != credit.account
        else { throw StorageError.corrupt("line \(row[0] as Int64) of the ledger") }
        let movement = LedgerMovement(
            kind, paymentID: row[3], debit: debit.account, credit: credit.account, amount: try AtomicAmount(column: row[6]), reverses: row[8])
        return LedgerEntry(id: row[0], sequence: row[1], movement: movement, at: Timestamp(milliseconds: row[7]), unit: debit.unit)
    }
}
