import Domain
import GRDB
import Synchronization

/// What the writes of one transaction know of the books without asking the database again: where the audit log and the ledger end, and
/// which accounts there are. A transaction that is rolled back takes its books with it; of one that is committed, the accounts are
/// known to the next.
final class Books: Sendable {
    /// An account as rows refer to it.
    struct Account: Sendable {
        let id: Int64
        let assetID: Int64
        /// What the hash of an entry says of it.
        let bytes: [UInt8]
    }

    private struct State {
        var accounts: [LedgerAccount: Account]
        var end: (sequence: Int64, hash: [UInt8], entry: Int64)?
        var origin = ""
    }

    private let state: Mutex<State>

    init(accounts: [LedgerAccount: Account] = [:]) { state = Mutex(State(accounts: accounts)) }

    /// The books of the transaction that is under way. Bound around a transaction, as a trace is around a request, because writes are
    /// functions of the database alone.
    private static let current = TaskLocal<Books?>(wrappedValue: nil)

    func open<Result>(_ body: () throws -> Result) rethrows -> Result { try Self.current.withValue(self, operation: body) }

    /// The books of the transaction, or empty ones for a transaction that is not the writer's.
    static var ofTransaction: Books { current.get() ?? Books() }

    var accounts: [LedgerAccount: Account] { state.withLock { $0.accounts } }

    /// From where the write that runs now was asked for.
    var origin: String {
        get { state.withLock { $0.origin } }
        set { state.withLock { $0.origin = newValue } }
    }

    /// Where the books end now: the last entry of the log with its hash, and the last line of the ledger.
    func end(_ db: Database) throws -> (sequence: Int64, hash: [UInt8], entry: Int64) {
        if let end = state.withLock({ $0.end }) { return end }
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT sequence, hash, (SELECT coalesce(max(id), 0) FROM entries) FROM audit ORDER BY sequence DESC LIMIT 1"))
        return try row.map { (sequence: $0[0], hash: try $0.bytes(1), entry: $0[2]) } ?? (0, AuditHash.origin, 0)
    }

    func move(to end: (sequence: Int64, hash: [UInt8], entry: Int64)) { state.withLock { $0.end = end } }

    /// The account's row, made where there is none.
    func account(_ db: Database, _ account: LedgerAccount) throws -> Account {
        if let known = state.withLock({ $0.accounts[account] }) { return known }
        let asset: StatementArguments = [
            Int64(account.asset.network.chainID), blob(account.asset.address), account.asset.sandbox,
        ]
        let found = "SELECT id FROM assets WHERE chain_id = ? AND address = ? AND sandbox = ?"
        try db.execute(sql: "INSERT INTO assets(chain_id, address, sandbox) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", arguments: asset)
        guard let assetID = try Int64.fetchOne(db, sql: found, arguments: asset) else { throw StorageError.corrupt("an asset") }
        let arguments: StatementArguments = [assetID, account.kind.rawValue, blob(account.address)]
        try db.execute(sql: "INSERT INTO accounts(asset_id, kind, address) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", arguments: arguments)
        guard
            let id = try Int64.fetchOne(db, sql: "SELECT id FROM accounts WHERE asset_id = ? AND kind = ? AND address = ?", arguments: arguments)
        else { throw StorageError.corrupt("an account") }
        let made = Account(id: id, assetID: assetID, bytes: AuditHash.bytes(of: account))
        state.withLock { $0.accounts[account] = made }
        return made
    }
}
