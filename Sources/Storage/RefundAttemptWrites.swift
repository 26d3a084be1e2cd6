public import Domain
import Foundation
import GRDB

/// What became of signed bytes that were to be stored before they are sent.
public enum RefundAttemptOutcome: Hashable, Sendable {
    /// Stored: they may be sent.
    case stored
    /// The refund has ended, was declined, or its payment is no longer certain; nothing may be sent.
    case closed
    /// Another refund of the same chain is under way, or that account nonce was used for another refund.
    case busy
    /// The day's limit leaves no room; it does from that moment on.
    case limited(until: Timestamp)
    /// The refund alone is more than the limit allows in a day.
    case beyondLimit
}

extension Writer {
    /// Stores a signed transaction before it is sent; the refund is `sending` from here on. All that keeps money from leaving twice is
    /// decided in this one write: the state, one refund under way for each chain, one account nonce for each refund, the day's limit.
    /// - Parameter limit: for the first attempt; nil where there is none.
    public func addRefundAttempt(
        refundID: Int64, network: Network, transaction: [UInt8], raw: [UInt8], wallet: [UInt8], accountNonce: UInt64, feeLimit: UInt64,
        limit: RefundLimit?, at now: Timestamp
    ) async throws -> RefundAttemptOutcome {
        try await write { db in
            guard let refund = try RefundRows.find(db, refundID), refund.state.isOpen, refund.way == .chain else { return .closed }
            let payment = try Self.payment(db, of: refund)
            guard payment.authorization.key.network == network, !payment.sandbox else { return .closed }
            if refund.state == .approved {
                guard payment.state.isPaid else { return .closed }
                if let refusal = try Self.refusal(db, refund, payment, limit, at: now) { return refusal }
            }
            let chainID = Int64(network.chainID)
            let foreign = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM refund_attempts WHERE refund_id <> ? AND chain_id = ? AND wallet = ? AND account_nonce = ?)
                        OR EXISTS (SELECT 1 FROM refund_attempts WHERE refund_id = ? AND (chain_id <> ? OR wallet <> ? OR account_nonce <> ?))
                    """,
                arguments: [
                    refundID, chainID, blob(wallet), Int64(accountNonce), refundID, chainID, blob(wallet), Int64(accountNonce),
                ])
            guard foreign == false else { return .busy }
            try db.execute(
                sql: """
                    UPDATE refunds SET state = CASE state WHEN 'approved' THEN 'sending' ELSE state END, transaction_hash = ?, waiting = NULL,
                        sent_at = coalesce(sent_at, ?) WHERE id = ?
                    """, arguments: [blob(transaction), now.milliseconds, refundID])
            try db.execute(
                sql: """
                    INSERT INTO refund_attempts(refund_id, transaction_hash, raw, chain_id, wallet, account_nonce, fee_limit, at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    refundID, blob(transaction), blob(raw), chainID, blob(wallet), Int64(accountNonce), String(feeLimit), now.milliseconds,
                ])
            try Self.append(
                db, .refundSent, subject: refundID, actor: "refunder", details: Self.details(of: refund, transaction: transaction), at: now)
            return .stored
        }
    }

    /// Why a refund may not be begun now.
    private static func refusal(
        _ db: Database, _ refund: Refund, _ payment: Payment, _ limit: RefundLimit?, at now: Timestamp
    ) throws -> RefundAttemptOutcome? {
        let key = payment.authorization.key
        let others = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM refunds r INDEXED BY refunds_open JOIN payments p ON p.id = r.payment_id
                WHERE r.state IN ('approved', 'sending', 'uncertain') AND +r.state <> 'approved' AND p.chain_id = ?
                """, arguments: [Int64(key.network.chainID)])
        guard others == 0 else { return .busy }
        guard let limit else { return nil }
        let sent = try Row.fetchAll(
            db,
            sql: """
                SELECT r.amount, r.sent_at FROM refunds r JOIN payments p ON p.id = r.payment_id
                WHERE r.sent_at > ? AND r.state <> 'failed' AND p.chain_id = ? AND p.asset = ? ORDER BY r.sent_at, r.id
                """, arguments: [(now - RefundLimit.window).milliseconds, Int64(key.network.chainID), blob(key.asset)]
        ).map { (amount: try AtomicAmount(column: $0[0]), at: Timestamp(milliseconds: $0[1])) }
        return switch limit.judge(refund.amount, after: sent, now: now) {
        case .allowed: nil
        case .until(let moment): .limited(until: moment)
        case .never: .beyondLimit
        }
    }

    /// Notes what a mined attempt cost, with its line in the ledger, and whether it reverted. Doing it twice changes nothing.
    /// - Parameter feePaid: in wei.
    public func closeRefundAttempt(transaction: [UInt8], feePaid: UInt64, reverted: Bool, at now: Timestamp) async throws {
        try await write { db in
            let closed = try Row.fetchOne(
                db,
                sql: """
                    UPDATE refund_attempts SET fee_paid = ?, reverted = ? WHERE transaction_hash = ? AND fee_paid IS NULL
                    RETURNING refund_id, wallet, chain_id
                    """, arguments: [String(feePaid), reverted, blob(transaction)])
            guard let closed, feePaid > 0 else { return }
            guard let network = Network(chainID: UInt64(closed[2] as Int64)) else { throw StorageError.corrupt("the network of a refund") }
            let refund = try Self.refund(db, closed[0])
            let details = EventDetails([
                ("amount", .text(String(feePaid))), ("network", .text(network.description)), ("refund", .number(refund.id)),
                ("reverted", .flag(reverted)), ("transaction", .text("0x" + lowercaseHex(transaction))),
            ])
            let movement = LedgerMovement.refundGas(
                AtomicAmount(UInt128(feePaid)), wallet: try closed.bytes(1), network: network, paymentID: refund.paymentID)
            try Self.append(db, .gasPaid, subject: refund.paymentID, actor: "refunder", details: details, movements: [movement], at: now)
        }
    }

    /// The payer has the money by `transaction`, which is one of the refund's attempts. Doing it twice changes nothing.
    public func settleRefund(id: Int64, transaction: [UInt8], at now: Timestamp) async throws -> RefundOutcome {
        try await write { db in
            guard let refund = try RefundRows.find(db, id) else { return .unknown }
            guard refund.state.isUnderWay else { return .stands(refund) }
            let wallet = try Row.fetchOne(
                db, sql: "SELECT wallet FROM refund_attempts WHERE refund_id = ? AND transaction_hash = ?", arguments: [id, blob(transaction)]
            ).map { try $0.bytes(0) }
            guard let wallet else { throw StorageError.corrupt("the attempt that paid refund \(id)") }
            return .done(try Self.settle(db, refund, transaction: transaction, wallet: wallet, actor: "refunder", at: now))
        }
    }

    /// Moves a refund that is under way to `uncertain` or `failed`.
    /// - Parameter failure: one sentence; for what failed.
    public func endRefund(id: Int64, as state: RefundState, failure: String? = nil, at now: Timestamp) async throws -> RefundOutcome {
        precondition(state == .uncertain || state == .failed, "a settled refund is posted, with its line in the ledger")
        return try await write { db in
            guard let refund = try RefundRows.find(db, id) else { return .unknown }
            guard refund.state.isUnderWay, refund.state.successors.contains(state) else { return .stands(refund) }
            try db.execute(
                sql: "UPDATE refunds SET state = ?, failure = ? WHERE id = ?",
                arguments: [state.rawValue, state == .failed ? failure ?? "" : nil, id])
            try Self.append(
                db, state == .failed ? .refundFailed : .refundUncertain, subject: id, actor: "refunder", details: Self.details(of: refund), at: now)
            return .done(try Self.refund(db, id))
        }
    }

    /// Notes why an approved refund has not been sent yet, where that has changed.
    public func holdRefund(id: Int64, waiting: String?) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE refunds SET waiting = ? WHERE id = ? AND state = 'approved' AND waiting IS NOT ?", arguments: [waiting, id, waiting])
        }
    }
}
