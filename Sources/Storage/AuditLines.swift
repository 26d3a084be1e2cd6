import Domain
import Foundation
import GRDB

/// The lines of the ledger in the order of their ids, beside the audit log: each entry of the log takes those that belong to it.
struct AuditLines {
    struct Account {
        let assetID: Int64
        let bytes: [UInt8]
    }

    private let accounts: [Int64: Account]
    private let rows: RowCursor
    private var next: Row?
    /// The last line that an entry took.
    private(set) var last: Int64

    /// - Parameter last: the line after which to begin.
    init(_ db: Database, after last: Int64) throws {
        accounts = try Self.accounts(db)
        rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, sequence, kind, payment_id, debit, credit, asset_id, amount, at, reverses FROM entries WHERE id > ? ORDER BY id
                """, arguments: [last])
        self.last = last
        next = try rows.next()
    }

    /// Of the entry's lines or of one that should have been before them.
    var nextID: Int64? { next.map { $0[0] } }

    /// The line that stands where the entry's should begin belongs to an entry before it.
    func isMisplaced(before sequence: Int64) -> Bool { next.map { ($0[1] as Int64) < sequence } ?? false }

    /// Adds the entry's lines to its hash; false when one of them is not as any could have been written.
    mutating func take(sequence: Int64, into hash: inout AuditHash) throws -> Bool {
        while let row = next, row[1] as Int64 == sequence {
            guard try Self.add(row, accounts, to: &hash) else { return false }
            last = row[0]
            next = try rows.next()
        }
        return true
    }

    private static func add(_ row: Row, _ accounts: [Int64: Account], to hash: inout AuditHash) throws -> Bool {
        let asset: Int64 = row[6]
        guard let debit = accounts[row[4]], let credit = accounts[row[5]], debit.assetID == asset, credit.assetID == asset,
            let amount = try? AtomicAmount(column: row[7])  // what is no amount was tampered with
        else { return false }
        hash.add(
            entry: row[0], kind: row[2], paymentID: row[3] ?? 0, debit: debit.bytes, credit: credit.bytes, amount: amount, at: row[8],
            reverses: row[9] ?? 0)
        return true
    }

    /// What each account is; there are few, for buyers have none.
    private static func accounts(_ db: Database) throws -> [Int64: Account] {
        let rows = try Row.fetchCursor(db, sql: LedgerRows.selectAccounts)
        var accounts: [Int64: Account] = [:]
        while let row = try rows.next() {
            guard let account = try? LedgerRows.account(row) else { continue }  // its lines are then found wrong
            accounts[row[0]] = Account(assetID: row[1], bytes: AuditHash.bytes(of: account))
        }
        return accounts
    }
}
