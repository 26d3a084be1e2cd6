import Domain
import Foundation
import GRDB

/// Fills the books of a shop from before them: its events become the audit log, and the ledger gets a line for each order, each fee and
/// each income that was known. Row by row, so that a shop with any number of sales can be opened.
enum LedgerMigration {
    @Sendable static func run(_ db: Database) throws {
        try db.execute(sql: Schema.ledger)
        let books = Books()
        try copyEvents(db, books)
        try addSales(db, books)
        try addGas(db, books)
        try addIncome(db, books)
        try db.execute(sql: Schema.ledgerGuards)
    }

    private static let saleColumns = "p.id, p.chain_id, p.asset, p.sandbox, p.pay_to, p.amount"

    private static func copyEvents(_ db: Database, _ books: Books) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(saleColumns), e.kind, e.subject, e.actor, e.at FROM events e
                LEFT JOIN orders o ON e.kind = 'order.paid' AND o.id = e.subject
                LEFT JOIN payments p ON p.id = o.payment_id AND p.state IN ('settled', 'delivered') ORDER BY e.sequence
                """)
        while let row = try rows.next() {
            var movements: [LedgerMovement] = []
            // An order that two events tell of was sold once.
            if let payment = row[0] as Int64?, try !isSold(db, payment) { movements.append(try sale(row)) }
            try books.append(
                db, row[6], subject: row[7], actor: row[8], details: .none, movements: movements, at: Timestamp(milliseconds: row[9]))
        }
    }

    private static func isSold(_ db: Database, _ payment: Int64) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM entries WHERE payment_id = ? AND kind = 'sale')"), arguments: [payment]) ?? false
    }

    private static func sale(_ row: Row) throws -> LedgerMovement {
        let asset = try asset(chainID: row[1], address: row.bytes(2), sandbox: row[3])
        return LedgerMovement(
            .sale, paymentID: row[0], debit: LedgerAccount(.wallet, of: asset, address: try row.bytes(4)), credit: LedgerAccount(.sales, of: asset),
            amount: try AtomicAmount(column: row[5]))
    }

    private static func asset(chainID: Int64, address: [UInt8], sandbox: Bool) throws -> LedgerAsset {
        LedgerAsset(network: try network(chainID), address: address, sandbox: sandbox)
    }

    private static func network(_ chainID: Int64) throws -> Network {
        guard let network = Network(chainID: UInt64(chainID)) else { throw StorageError.corrupt("a network") }
        return network
    }

    private static func open(_ db: Database, _ books: Books, _ movement: LedgerMovement, subject: Int64, at: Int64) throws {
        try books.append(
            db, Event.Kind.ledgerOpened.rawValue, subject: subject, actor: "migration", details: .none, movements: [movement],
            at: Timestamp(milliseconds: at))
    }

    /// Orders of which no event tells.
    private static func addSales(_ db: Database, _ books: Books) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(saleColumns), o.at FROM orders o JOIN payments p ON p.id = o.payment_id AND p.state IN ('settled', 'delivered')
                WHERE NOT EXISTS (SELECT 1 FROM entries WHERE payment_id = p.id AND kind = 'sale') ORDER BY o.id
                """)
        while let row = try rows.next() { try open(db, books, try sale(row), subject: row[0], at: row[6]) }
    }

    private static func addGas(_ db: Database, _ books: Books) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT p.id, p.chain_id, a.settler, a.fee_paid, a.at FROM attempts a JOIN payments p ON p.id = a.payment_id
                WHERE a.fee_paid IS NOT NULL ORDER BY a.id
                """)
        while let row = try rows.next() {
            guard let fee = UInt128(row[3] as String) else { throw StorageError.corrupt("a fee") }
            guard fee > 0 else { continue }
            let movement = LedgerMovement.gas(
                AtomicAmount(fee), settler: try row.bytes(2), network: try network(row[1]), paymentID: row[0])
            try open(db, books, movement, subject: row[0], at: row[4])
        }
    }

    /// Where it went was not written down: where the payment of that authorization went, else where the network's money goes now.
    private static func addIncome(_ db: Database, _ books: Books) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT u.chain_id, u.asset, u.amount, u.at, coalesce(p.pay_to, n.pay_to, x'') FROM unmatched_income u
                LEFT JOIN payments p ON p.nonce = u.nonce AND p.payer = u.payer AND p.asset = u.asset AND p.chain_id = u.chain_id
                LEFT JOIN networks n ON n.chain_id = u.chain_id ORDER BY u.at
                """)
        while let row = try rows.next() {
            let asset = try asset(chainID: row[0], address: row.bytes(1), sandbox: false)
            let amount = try AtomicAmount(column: row[2])
            guard amount.units > 0 else { continue }
            let movement = LedgerMovement(
                .foreign, paymentID: nil, debit: LedgerAccount(.wallet, of: asset, address: try row.bytes(4)),
                credit: LedgerAccount(.foreignIncome, of: asset), amount: amount)
            try open(db, books, movement, subject: row[0], at: row[3])
        }
    }
}
