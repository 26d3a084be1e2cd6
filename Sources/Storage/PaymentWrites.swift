public import Domain
import Foundation
import GRDB

/// What became of a claim. Of many presentations of one authorization exactly one is told `claimed`.
public enum ClaimOutcome: Sendable {
    /// The authorization is ours to settle, by whoever was told so.
    case claimed(Payment)
    /// It was claimed before; the caller judges whether this is the honest buyer again.
    case known(Payment)
    /// This wallet has bought the product already, by the payment given.
    case owned(Payment)
    /// An earlier payment of this wallet for this product has not ended.
    case awaiting(Payment)
    /// The payer's identifier names the payment given, and that this authorization is another one does not matter.
    case identified(Payment)
    /// The payer's identifier names a payment of another kind.
    case conflicting
    /// A practice wallet has no practice money left.
    case insufficientFunds
}

/// What became of an end that was reported for a payment.
public enum PostOutcome: Sendable {
    case posted(Payment)
    /// The payment had ended before; nothing was changed.
    case stands(Payment)

    public var payment: Payment {
        switch self {
        case .posted(let payment), .stands(let payment): payment
        }
    }
}

extension Writer {
    /// Takes an authorization for a product, once. The UNIQUE index is the lock; a released payment may be claimed anew.
    ///
    /// A practice payment has no chain to wait for: with `sandboxTransaction` it is claimed, paid and posted in this one write.
    /// - Parameter sandboxAllowance: what a practice wallet may spend in all.
    public func claim(_ claim: Claim, sandboxAllowance: AtomicAmount = AtomicAmount(0), sandboxTransaction: [UInt8]? = nil) async throws
        -> ClaimOutcome
    {
        let shop = origin
        return try await write { db in
            try Self.take(db, claim, shop: shop, sandboxAllowance: sandboxAllowance, sandboxTransaction: sandboxTransaction)
        }
    }

    /// A claim as part of a write.
    /// - Parameter shop: the origin, for the audit log.
    static func take(
        _ db: Database, _ claim: Claim, shop: String, sandboxAllowance: AtomicAmount, sandboxTransaction: [UInt8]?
    ) throws -> ClaimOutcome {
        let key = claim.authorization.key
        if let identifier = claim.identifier {
            switch try PaymentIdentifierRows.find(db, identifier, payer: key.payer, fingerprint: claim.fingerprint) {
            case .names(let payment):
                // An authorization that is known may be public by now: it is no proof of who shows it.
                if let known = try PaymentRows.find(db, key), known.state != .released { return .known(known) }
                return .identified(payment)
            case .namesAnother: return .conflicting
            case nil: break
            }
        }
        // What sells every time has nothing to be looked up for first: the index says whether the authorization is new.
        let isTaken = try claim.repeatable && Self.insert(db, claim, settledBy: sandboxTransaction)
        let known = isTaken ? nil : try PaymentRows.find(db, key)
        if let known, known.state != .released { return .known(known) }
        if !claim.repeatable {
            if let open = try PaymentRows.open(db, payer: key.payer, productID: claim.productID, sandbox: claim.sandbox) {
                return .awaiting(open)
            }
            let payTo = claim.sandbox ? claim.authorization.payTo : nil
            if let owned = try PaymentRows.owned(db, payer: key.payer, productID: claim.productID, sandbox: claim.sandbox, payTo: payTo) {
                return .owned(owned)
            }
        }
        if let known {
            // Never the same id: whoever still follows the released payment must not take this one for it.
            let id = try Int64.fetchOne(db, sql: "SELECT max(id) + 1 FROM payments")
            try db.execute(sql: "DELETE FROM payments WHERE id = ? AND state = 'released'", arguments: [known.id])
            _ = try Self.insert(db, claim, id: id, settledBy: sandboxTransaction)
        } else if !isTaken {
            _ = try Self.insert(db, claim, settledBy: sandboxTransaction)
        }
        var payment = Payment(id: db.lastInsertedRowID, claim: claim)
        if claim.sandbox, try !Self.spendPractice(db, claim, allowance: sandboxAllowance) {
            try db.execute(sql: "DELETE FROM payments WHERE id = ?", arguments: [payment.id])
            return .insufficientFunds
        }
        if let identifier = claim.identifier { try PaymentIdentifierRows.store(db, identifier, claim, paymentID: payment.id) }
        if let sandboxTransaction {
            payment.state = .settled
            payment.transaction = sandboxTransaction
            payment.settledAt = claim.at
            payment.orderID = try Self.deliverables(db, payment, shop: shop, at: claim.at)
        }
        return .claimed(payment)
    }

    /// False when the authorization is stored already.
    static func insert(_ db: Database, _ claim: Claim, id: Int64? = nil, settledBy transaction: [UInt8]?) throws -> Bool {
        let authorization = claim.authorization
        try db.cachedStatement(
            sql: """
                INSERT INTO payments(id, chain_id, asset, payer, nonce, pay_to, amount, valid_after, valid_before, signature, sandbox, product_id,
                    content, protocol_version, seal_hash, token, state, transaction_hash, claimed_at, settled_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (nonce, payer, asset, chain_id) DO NOTHING
                """
        ).execute(arguments: [
            id, Int64(authorization.key.network.chainID), blob(authorization.key.asset), blob(authorization.key.payer),
            blob(authorization.key.nonce), blob(authorization.payTo), authorization.amount.column, authorization.validAfter.column,
            authorization.validBefore.column, blob(authorization.signature), claim.sandbox, claim.productID, blob(claim.content.bytes),
            claim.protocolVersion, claim.sealHash.map(blob) ?? .null, blob(claim.token.bytes),
            (transaction == nil ? PaymentState.claimed : .settled).rawValue,
            transaction.map(blob) ?? .null, claim.at.milliseconds, transaction == nil ? nil : claim.at.milliseconds,
        ])
        return db.changesCount == 1
    }

    /// False when the wallet cannot pay.
    static func spendPractice(_ db: Database, _ claim: Claim, allowance: AtomicAmount) throws -> Bool {
        guard claim.authorization.amount <= allowance, let amount = Int64(exactly: claim.authorization.amount.units),
            let limit = Int64(exactly: allowance.units)
        else { return false }
        try db.cachedStatement(
            sql: """
                INSERT INTO sandbox_wallets(payer, spent) VALUES (?, ?)
                ON CONFLICT (payer) DO UPDATE SET spent = spent + excluded.spent WHERE spent <= ? - excluded.spent
                """
        ).execute(arguments: [blob(claim.authorization.key.payer), amount, limit])
        return db.changesCount == 1
    }

    /// Order, entitlement, line of the ledger and audit entry of a paid payment; the order's id.
    private static func deliverables(_ db: Database, _ payment: Payment, shop: String, at: Timestamp) throws -> Int64 {
        try db.cachedStatement(sql: "INSERT INTO orders(payment_id, product_id, content, at) VALUES (?, ?, ?, ?)")
            .execute(arguments: [payment.id, payment.productID, blob(payment.content.bytes), at.milliseconds])
        let order = db.lastInsertedRowID
        try db.cachedStatement(sql: "INSERT INTO entitlements(payer, product_id, sandbox, order_id) VALUES (?, ?, ?, ?)")
            .execute(arguments: [blob(payment.authorization.key.payer), payment.productID, payment.sandbox, order])
        let authorization = payment.authorization
        let details = try SaleDetails.of(db, payment, shop: shop)
        try append(
            db, .orderPaid, subject: order, actor: "payer", details: details,
            movements: [.sale(authorization, sandbox: payment.sandbox, paymentID: payment.id)], at: at)
        return order
    }

    /// Stores a signed transaction before it is sent; the payment is `settling` from here on.
    /// - Returns: false when the payment has ended meanwhile and must not be sent.
    public func addAttempt(
        paymentID: Int64, transaction: [UInt8], raw: [UInt8], settler: [UInt8], accountNonce: UInt64, feeLimit: UInt64, at now: Timestamp
    ) async throws -> Bool {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    UPDATE payments SET state = CASE state WHEN 'claimed' THEN 'settling' ELSE state END, transaction_hash = ?
                    WHERE id = ? AND state IN ('claimed', 'settling', 'uncertain')
                    """
            ).execute(arguments: [blob(transaction), paymentID])
            guard db.changesCount == 1 else { return false }
            try db.cachedStatement(
                sql: """
                    INSERT INTO attempts(payment_id, transaction_hash, raw, settler, account_nonce, fee_limit, at) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                paymentID, blob(transaction), blob(raw), blob(settler), Int64(accountNonce), String(feeLimit), now.milliseconds,
            ])
            return true
        }
    }

    /// Notes what a mined attempt cost, with its line in the ledger, and whether it reverted.
    /// A refused one is closed with a fee of 0, and once more should it be mined all the same.
    /// - Parameter feePaid: in wei.
    /// - Returns: the fee limit of an attempt that was open or refused; nil when it was closed before or is not ours.
    public func closeAttempt(transaction: [UInt8], feePaid: UInt64, reverted: Bool, at now: Timestamp) async throws -> UInt64? {
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    UPDATE attempts SET fee_paid = ?, reverted = ? WHERE transaction_hash = ? AND coalesce(fee_paid, '0') = '0'
                    RETURNING fee_limit, payment_id, settler, (SELECT chain_id FROM payments WHERE id = payment_id)
                    """)
            guard let row = try Row.fetchOne(statement, arguments: [String(feePaid), reverted, blob(transaction)]) else { return nil }
            if feePaid > 0 {
                guard let network = Network(chainID: UInt64(row[3] as Int64)) else { throw StorageError.corrupt("the network of an attempt") }
                let movement = LedgerMovement.gas(
                    AtomicAmount(UInt128(feePaid)), settler: try row.bytes(2), network: network, paymentID: row[1])
                let details = EventDetails([
                    ("amount", .text(String(feePaid))), ("network", .text(network.description)), ("reverted", .flag(reverted)),
                    ("transaction", .text("0x" + lowercaseHex(transaction))),
                ])
                try Self.append(db, .gasPaid, subject: row[1], actor: "settler", details: details, movements: [movement], at: now)
            }
            return UInt64(row[0] as String)
        }
    }

    /// The money arrived by `transaction`: state, order, entitlement, line of the ledger and audit entry in one write. Doing it twice changes nothing.
    /// - Parameter block: where the settlement stands; nil where nobody told.
    public func post(paymentID: Int64, transaction: [UInt8], block: ChainBlock? = nil, at now: Timestamp) async throws -> PostOutcome {
        let shop = origin
        return try await write { db in
            var payment = try Self.payment(db, paymentID)
            guard payment.state.isOpen else { return .stands(payment) }
            try db.cachedStatement(
                sql: """
                    UPDATE payments SET state = 'settled', transaction_hash = ?, settled_at = ?, reason = NULL, block_number = ?, block_hash = ?
                    WHERE id = ?
                    """
            ).execute(arguments: [
                blob(transaction), now.milliseconds, block.map { Int64($0.number) }, block.map { blob($0.hash) } ?? .null, paymentID,
            ])
            payment.state = .settled
            payment.transaction = transaction
            payment.settledAt = now
            payment.reason = nil
            payment.block = block
            if payment.isForOthers {
                try DeskRows.settled(db, payment, at: now)
                return .posted(payment)
            }
            if !payment.sandbox {
                try Self.watchFinality(db, payment)
                payment.isRevocable = true
            }
            if payment.orderID == nil {
                payment.orderID = try Self.deliverables(db, payment, shop: shop, at: now)
            } else {
                try Self.restore(db, payment, at: now)
            }
            return .posted(payment)
        }
    }

    /// Moves an open payment to `state`: released, uncertain or failed, each only from where the rules allow it.
    public func end(paymentID: Int64, as state: PaymentState, reason: String?, at now: Timestamp) async throws -> PostOutcome {
        precondition(!state.isPaid, "a paid payment is posted, with its order")
        return try await write { db in try Self.end(db, paymentID: paymentID, as: state, reason: reason, at: now) }
    }

    /// An end as part of a write. Practice money that was not taken is the wallet's again.
    static func end(_ db: Database, paymentID: Int64, as state: PaymentState, reason: String?, at now: Timestamp) throws -> PostOutcome {
        let payment = try Self.payment(db, paymentID)
        guard payment.state.successors.contains(state), !payment.state.isPaid else { return .stands(payment) }
        try db.execute(sql: "UPDATE payments SET state = ?, reason = ? WHERE id = ?", arguments: [state.rawValue, reason, paymentID])
        if payment.isForOthers, state != .uncertain { try DeskRows.giveBack(db, paymentID: paymentID) }
        if state == .released, payment.sandbox, let amount = Int64(exactly: payment.authorization.amount.units) {
            try db.execute(
                sql: "UPDATE sandbox_wallets SET spent = max(0, spent - ?) WHERE payer = ?",
                arguments: [amount, blob(payment.authorization.key.payer)])
        }
        if state == .uncertain { try Self.append(db, .paymentUncertain, subject: paymentID, actor: "reconciler", at: now) }
        if state == .failed {
            try Self.append(db, .paymentFailed, subject: paymentID, actor: "reconciler", at: now)
            if let order = payment.orderID { try Self.endAccess(db, payment, order: order) }
        }
        return .posted(try Self.payment(db, paymentID))
    }

    /// Notes that the goods of these payments went out; returns those of which that was not known.
    @discardableResult public func markDelivered(_ paymentIDs: [Int64]) async throws -> [Int64] {
        try await write { db in
            let statement = try db.cachedStatement(sql: "UPDATE payments SET state = 'delivered' WHERE id = ? AND state = 'settled'")
            return try paymentIDs.filter { id in
                try statement.execute(arguments: [id])
                return db.changesCount == 1
            }
        }
    }

    /// Lists money that arrived without a claim of ours, with its line in the ledger; once for each authorization.
    public func noteUnmatchedIncome(_ authorization: Authorization, at now: Timestamp) async throws {
        try await write { db in
            let key = authorization.key
            try db.execute(
                sql: "INSERT INTO unmatched_income(chain_id, asset, payer, nonce, amount, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [
                    Int64(key.network.chainID), blob(key.asset), blob(key.payer), blob(key.nonce), authorization.amount.column, now.milliseconds,
                ])
            guard db.changesCount == 1 else { return }
            let details = EventDetails([
                ("amount", .text(authorization.amount.description)), ("asset", .text("0x" + lowercaseHex(key.asset))),
                ("network", .text(key.network.description)), ("nonce", .text("0x" + lowercaseHex(key.nonce))),
                ("payer", .text("0x" + lowercaseHex(key.payer))),
            ])
            try Self.append(
                db, .incomeUnmatched, subject: Int64(key.network.chainID), actor: "verifier", details: details,
                movements: [.foreign(authorization)], at: now)
        }
    }

    private static func payment(_ db: Database, _ id: Int64) throws -> Payment {
        guard let payment = try PaymentRows.find(db, id: id) else { throw StorageError.corrupt("payment \(id) is missing") }
        return payment
    }
}
