public import Domain
import Foundation
import GRDB

/// What a claim for a call of an API stores beside the payment.
public struct CallClaim: Sendable {
    public let claim: Claim
    /// What of the API was called, in words.
    public let route: String
    /// What the wallet may have open unpaid, in the asset that it pays in; nil where nothing is given before it is paid.
    public let credit: (count: Int, amount: AtomicAmount)?

    public init(_ claim: Claim, route: String, credit: (count: Int, amount: AtomicAmount)?) {
        self.claim = claim
        self.route = route
        self.credit = credit
    }
}

extension Writer {
    /// Claims an authorization for a call. The authorization is nobody's money yet: practice payments, too, are posted by who got the answer.
    /// - Returns: what became of the claim, and whether the call may be answered before it is paid; of many calls at once by one wallet no
    ///   more are let through than its credit allows.
    public func claim(_ call: CallClaim, sandboxAllowance: AtomicAmount) async throws -> (outcome: ClaimOutcome, isOnCredit: Bool) {
        let shop = origin
        return try await write { db in
            let outcome = try Self.take(db, call.claim, shop: shop, sandboxAllowance: sandboxAllowance, sandboxTransaction: nil)
            guard case .claimed(let payment) = outcome else { return (outcome, false) }
            try db.cachedStatement(sql: "INSERT INTO calls(payment_id, route, state) VALUES (?, ?, 'open')")
                .execute(arguments: [payment.id, call.route])
            guard let credit = call.credit, try Self.hasCredit(db, payment, credit.count, credit.amount) else { return (outcome, false) }
            let key = payment.authorization.key
            try db.cachedStatement(
                sql: "INSERT INTO call_credits(payment_id, payer, product_id, chain_id, asset, amount) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                payment.id, blob(key.payer), payment.productID, Int64(key.network.chainID), blob(key.asset), payment.authorization.amount.column,
            ])
            return (outcome, true)
        }
    }

    /// Whether a payment fits beside what its wallet owes for that product already. What it owes in another asset cannot be added up with
    /// it, and leaves no room.
    private static func hasCredit(_ db: Database, _ payment: Payment, _ count: Int, _ limit: AtomicAmount) throws -> Bool {
        let key = payment.authorization.key
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT chain_id, asset, amount FROM call_credits WHERE payer = ? AND product_id = ? LIMIT ?"),
            arguments: [blob(key.payer), payment.productID, count])
        guard rows.count < count else { return false }
        var sum = payment.authorization.amount.units
        for row in rows {
            guard row[0] as Int64 == Int64(key.network.chainID), try row.bytes(1) == key.asset else { return false }
            let (next, overflow) = sum.addingReportingOverflow(try AtomicAmount(column: row[2]).units)
            guard !overflow else { return false }
            sum = next
        }
        return sum <= limit.units
    }

    /// Gives back the claim of a call that was not answered well: it is not charged, and no credit is used up.
    public func releaseCall(paymentID: Int64, at now: Timestamp) async throws -> PostOutcome {
        try await write { db in
            let outcome = try Self.end(db, paymentID: paymentID, as: .released, reason: nil, at: now)
            guard case .posted = outcome else { return outcome }
            try db.cachedStatement(sql: "UPDATE calls SET state = 'done' WHERE payment_id = ?").execute(arguments: [paymentID])
            try db.cachedStatement(sql: "DELETE FROM call_credits WHERE payment_id = ?").execute(arguments: [paymentID])
            return outcome
        }
    }

    /// A call that had been answered before is paid.
    public func clearCredit(paymentID: Int64) async throws {
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM call_credits WHERE payment_id = ?").execute(arguments: [paymentID])
        }
    }

    /// The answers to these calls went out whole.
    public func markAnswered(_ paymentIDs: [Int64]) async throws {
        try await write { db in
            for id in paymentIDs {
                try db.cachedStatement(sql: "UPDATE calls SET state = 'done', kept_until = NULL WHERE payment_id = ? AND state <> 'refund_due'")
                    .execute(arguments: [id])
            }
        }
    }

    /// The answer to a call waits for its buyer until `end`.
    public func keepCall(paymentID: Int64, until end: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "UPDATE calls SET state = 'kept', kept_until = ? WHERE payment_id = ? AND state = 'open'")
                .execute(arguments: [end.milliseconds, paymentID])
        }
    }

    /// The answer to a call can never be given. Where it is paid, a refund is due from now on.
    public func loseCall(paymentID: Int64, at now: Timestamp) async throws {
        try await write { db in
            try db.cachedStatement(sql: "UPDATE calls SET state = 'lost', kept_until = NULL WHERE payment_id = ? AND state IN ('open', 'kept')")
                .execute(arguments: [paymentID])
            if db.changesCount == 1 { try Self.settleLost(db, at: now) }
        }
    }

    /// Looks through the calls that are not finished: marks for refund what was paid and is lost or was not fetched in time, and forgets
    /// what came to nothing.
    /// - Parameter hasRestarted: whether calls that are open are those of a process that has ended.
    /// - Returns: the payments for which a refund has become due.
    @discardableResult
    public func sweepCalls(hasRestarted: Bool, at now: Timestamp) async throws -> [Int64] {
        try await write { db in
            if hasRestarted {
                try db.execute(
                    sql: """
                        UPDATE calls SET state = CASE (SELECT state FROM payments WHERE id = payment_id) WHEN 'delivered' THEN 'done' ELSE 'lost' END
                        WHERE state = 'open'
                        """)
            }
            try db.execute(
                sql: "UPDATE calls SET state = 'lost', kept_until = NULL WHERE state = 'kept' AND kept_until <= ?", arguments: [now.milliseconds])
            try db.execute(
                sql: """
                    DELETE FROM call_credits WHERE payment_id IN (SELECT c.payment_id FROM call_credits c JOIN payments p ON p.id = c.payment_id
                    WHERE p.state IN ('settled', 'delivered'))
                    """)
            return try Self.settleLost(db, at: now)
        }
    }

    @discardableResult
    private static func settleLost(_ db: Database, at now: Timestamp) throws -> [Int64] {
        try db.execute(
            sql: """
                UPDATE calls SET state = 'done' WHERE state = 'lost'
                AND (SELECT state FROM payments WHERE id = payment_id) IN ('released', 'failed')
                """)
        let due = try Int64.fetchAll(
            db,
            sql: """
                SELECT c.payment_id FROM calls c JOIN payments p ON p.id = c.payment_id
                WHERE c.state = 'lost' AND p.state IN ('settled', 'delivered') ORDER BY c.payment_id
                """)
        for id in due {
            try db.execute(sql: "UPDATE calls SET state = 'refund_due' WHERE payment_id = ?", arguments: [id])
            try db.execute(sql: "UPDATE payments SET refund_due_at = ? WHERE id = ? AND refund_due_at IS NULL", arguments: [now.milliseconds, id])
            if db.changesCount == 1 { try append(db, .paymentRefundDue, subject: id, actor: "shop", at: now) }
        }
        return due
    }
}

extension Reader {
    /// Whether the answer to a call waits for its buyer, was given, or is lost; nil for a payment that bought no call.
    public func callState(paymentID: Int64) throws -> String? {
        try lookUp { db in
            try String.fetchOne(db.cachedStatement(sql: "SELECT state FROM calls WHERE payment_id = ?"), arguments: [paymentID])
        }
    }
}
