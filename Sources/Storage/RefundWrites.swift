public import Domain
import Foundation
import GRDB

/// A refund that somebody asks for.
public struct RefundDraft: Hashable, Sendable {
    public let paymentID: Int64
    /// Nil for all that has not been given back yet.
    public let amount: AtomicAmount?
    public let reason: String
    /// Whether the buyer's access ends with it; nil lets ``RefundRules/endsAccess(giving:of:)`` say.
    public let endsAccess: Bool?

    public init(paymentID: Int64, amount: AtomicAmount? = nil, reason: String = "", endsAccess: Bool? = nil) {
        self.paymentID = paymentID
        self.amount = amount
        self.reason = reason
        self.endsAccess = endsAccess
    }
}

/// What became of something that was to be done to a refund.
public enum RefundOutcome: Sendable {
    case done(Refund)
    /// There is no such refund or payment.
    case unknown
    /// The payment has not been paid, so there is nothing to give back.
    case unpaid(PaymentState)
    /// More than what has not been given back or promised.
    case tooMuch(left: AtomicAmount)
    /// The refund's state allows it no more; nothing was changed.
    case stands(Refund)
    /// That transaction has paid another refund.
    case transactionUsed
}

extension Writer {
    /// Asks for a refund, and approves it in the same write where `approve` is set. Practice money is given back at once.
    public func requestRefund(
        _ draft: RefundDraft, approve: Bool = false, actor: String, at now: Timestamp, noting note: WriteNote<RefundOutcome>? = nil
    ) async throws -> RefundOutcome {
        try await write(noting: note) { db in
            switch try Self.insert(db, draft, way: nil, actor: actor, at: now) {
            case .done(let refund) where approve: try Self.approve(db, refund, actor: actor, at: now)
            case let outcome: outcome
            }
        }
    }

    /// Approves a refund that was asked for. Practice money is given back at once, anything else when `Payments` sends it.
    public func approveRefund(
        id: Int64, actor: String, at now: Timestamp, noting note: WriteNote<RefundOutcome>? = nil
    ) async throws -> RefundOutcome {
        try await write(noting: note) { db in
            guard let refund = try RefundRows.find(db, id) else { return .unknown }
            return try Self.approve(db, refund, actor: actor, at: now)
        }
    }

    /// Declines a refund, unless bytes for it were signed.
    public func cancelRefund(
        id: Int64, actor: String, at now: Timestamp, noting note: WriteNote<RefundOutcome>? = nil
    ) async throws -> RefundOutcome {
        try await write(noting: note) { db in
            guard let refund = try RefundRows.find(db, id) else { return .unknown }
            guard refund.state.successors.contains(.cancelled) else { return .stands(refund) }
            try db.execute(sql: "UPDATE refunds SET state = 'cancelled', waiting = NULL WHERE id = ?", arguments: [id])
            try Self.append(db, .refundCancelled, subject: id, actor: actor, details: Self.details(of: refund), at: now)
            return .done(try Self.refund(db, id))
        }
    }

    /// Writes down a refund that the owner paid from a wallet of theirs.
    /// - Parameters:
    ///   - transaction: the transfer, 32 bytes; nil where the owner names none.
    ///   - wallet: the account that the transfer came from, 20 bytes; nil for the one that was paid into.
    public func recordRefund(
        _ draft: RefundDraft, transaction: [UInt8]?, wallet: [UInt8]?, actor: String, at now: Timestamp,
        noting note: WriteNote<RefundOutcome>? = nil
    ) async throws -> RefundOutcome {
        try await write(noting: note) { db in
            if let transaction {
                let isUsed = try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM refunds WHERE transaction_hash = ? AND state <> 'cancelled')",
                    arguments: [blob(transaction)])
                guard isUsed != true else { return .transactionUsed }
            }
            let outcome = try Self.insert(db, draft, way: .record, actor: actor, at: now)
            guard case .done(let refund) = outcome else { return outcome }
            try Self.markApproved(db, refund, actor: actor, at: now)
            return .done(try Self.settle(db, refund, transaction: transaction, wallet: wallet, actor: actor, at: now))
        }
    }

    // MARK: Steps

    private static func insert(
        _ db: Database, _ draft: RefundDraft, way: Refund.Way?, actor: String, at now: Timestamp
    ) throws -> RefundOutcome {
        guard let payment = try PaymentRows.find(db, id: draft.paymentID) else { return .unknown }
        guard payment.state.isPaid else { return .unpaid(payment.state) }
        let others = try RefundRows.of(db, payment: payment.id).map { (state: $0.state, amount: $0.amount) }
        let left = RefundRules.left(of: payment.authorization.amount, after: others)
        let amount = draft.amount ?? left
        guard amount.units > 0, amount <= left else { return .tooMuch(left: left) }
        try db.execute(
            sql: """
                INSERT INTO refunds(payment_id, amount, state, way, ends_access, reason, requested_by, created_at)
                VALUES (?, ?, 'requested', ?, ?, ?, ?, ?)
                """,
            arguments: [
                payment.id, amount.column, (way ?? (payment.sandbox ? .practice : .chain)).rawValue,
                draft.endsAccess ?? RefundRules.endsAccess(giving: amount, of: left), draft.reason, actor, now.milliseconds,
            ])
        let refund = try refund(db, db.lastInsertedRowID)
        try append(db, .refundRequested, subject: refund.id, actor: actor, details: details(of: refund), at: now)
        return .done(refund)
    }

    private static func approve(_ db: Database, _ refund: Refund, actor: String, at now: Timestamp) throws -> RefundOutcome {
        guard refund.state.successors.contains(.approved) else { return .stands(refund) }
        let payment = try payment(db, of: refund)
        guard payment.state.isPaid else { return .unpaid(payment.state) }
        try markApproved(db, refund, actor: actor, at: now)
        guard refund.way == .practice else { return .done(try self.refund(db, refund.id)) }
        return .done(try settle(db, refund, transaction: nil, wallet: nil, actor: actor, at: now))
    }

    private static func markApproved(_ db: Database, _ refund: Refund, actor: String, at now: Timestamp) throws {
        try db.execute(
            sql: "UPDATE refunds SET state = 'approved', approved_by = ?, approved_at = ? WHERE id = ?",
            arguments: [actor, now.milliseconds, refund.id])
        try append(db, .refundApproved, subject: refund.id, actor: actor, details: details(of: refund), at: now)
    }

    /// State, line of the ledger, access, practice money and audit entry of a refund that was paid.
    /// - Parameter wallet: the account that paid, 20 bytes; nil for the one that was paid into.
    static func settle(
        _ db: Database, _ refund: Refund, transaction: [UInt8]?, wallet: [UInt8]?, actor: String, at now: Timestamp
    ) throws -> Refund {
        let payment = try payment(db, of: refund)
        let key = payment.authorization.key
        let asset = LedgerAsset(network: key.network, address: key.asset, sandbox: payment.sandbox)
        let source =
            if let wallet, wallet != payment.authorization.payTo {
                LedgerAccount(.refundWallet, of: asset, address: wallet)
            } else {
                LedgerAccount(.wallet, of: asset, address: payment.authorization.payTo)
            }
        try append(
            db, .refundSettled, subject: refund.id, actor: actor, details: details(of: refund, transaction: transaction),
            movements: [.refund(refund.amount, of: payment, from: source)], at: now)
        try db.execute(
            sql: """
                UPDATE refunds SET state = 'settled', settled_at = ?, transaction_hash = ?, waiting = NULL, sequence = ? WHERE id = ?
                """,
            arguments: [now.milliseconds, transaction.map(blob) ?? .null, try Books.ofTransaction.end(db).sequence, refund.id])
        if refund.endsAccess, let order = payment.orderID {
            try db.execute(
                sql: """
                    UPDATE entitlements SET ended_by = ? WHERE payer = ? AND product_id = ? AND sandbox = ? AND order_id = ? AND ended_by IS NULL
                    """, arguments: [refund.id, blob(key.payer), payment.productID, payment.sandbox, order])
        }
        if payment.sandbox, let amount = Int64(exactly: refund.amount.units) {
            try db.execute(
                sql: "UPDATE sandbox_wallets SET spent = max(0, spent - ?) WHERE payer = ?", arguments: [amount, blob(key.payer)])
        }
        return try self.refund(db, refund.id)
    }

    static func refund(_ db: Database, _ id: Int64) throws -> Refund {
        guard let refund = try RefundRows.find(db, id) else { throw StorageError.corrupt("refund \(id) is missing") }
        return refund
    }

    static func payment(_ db: Database, of refund: Refund) throws -> Payment {
        guard let payment = try PaymentRows.find(db, id: refund.paymentID) else { throw StorageError.corrupt("the payment of refund \(refund.id)") }
        return payment
    }

    /// Numbers and hashes only: why somebody wants money back may tell of them, and the log keeps for good what it keeps.
    static func details(of refund: Refund, transaction: [UInt8]? = nil) -> EventDetails {
        var details: [(name: String, value: EventDetails.Value)] = [
            ("access", .text(refund.endsAccess ? "ended" : "kept")), ("amount", .text(refund.amount.description)),
            ("payment", .number(refund.paymentID)), ("way", .text(refund.way.rawValue)),
        ]
        if let transaction { details.append(("transaction", .text("0x" + lowercaseHex(transaction)))) }
        return EventDetails(details)
    }
}
