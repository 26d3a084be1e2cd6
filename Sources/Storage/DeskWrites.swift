public import Domain
import GRDB

/// What became of a claim for another shop.
public enum DeskClaimOutcome: Sendable {
    case claimed(Payment)
    /// The authorization was claimed before; `deskCaller` says for whom.
    case known(Payment)
    /// A practice wallet has no practice money left.
    case insufficientFunds
    /// The key's budget does not reach for it, or is in money that the asset does not stand for.
    case insufficientBudget
    /// The key was revoked meanwhile.
    case revoked
}

/// What a claim for another shop says beside the payment.
public struct DeskClaim: Sendable {
    /// Of product 0.
    public let claim: Claim
    /// Who asks, such as `key:7`.
    public let caller: String
    /// The key that asks, if it is one.
    public let key: Int64?
    /// What the amount stands for; nil where that cannot be said.
    public let money: Money?

    public init(_ claim: Claim, caller: String, key: Int64?, money: Money?) {
        precondition(claim.productID == Payment.noProduct && claim.identifier == nil, "what is settled for others is no sale of ours")
        self.claim = claim
        self.caller = caller
        self.key = key
        self.money = money
    }
}

extension Writer {
    /// Takes an authorization for another shop, once, under the lock of our own sales; what it spends of the key's budget is taken in the
    /// same write. (One value, not its parts: with so many arguments, some of them 16 bytes wide, the compiler makes a call that crashes.)
    public func claim(_ desk: DeskClaim, sandboxAllowance: AtomicAmount = AtomicAmount(0), sandboxTransaction: [UInt8]? = nil) async throws
        -> DeskClaimOutcome
    {
        let claim = desk.claim
        return try await write { db in
            let known = try PaymentRows.find(db, claim.authorization.key)
            if let known, known.state != .released { return .known(known) }
            var budget: DeskRows.Budget?
            if let key = desk.key {
                switch try DeskRows.budget(db, key: key, money: desk.money, at: claim.at) {
                case .none: break
                case .enough(let found): budget = found
                case .tooSmall: return .insufficientBudget
                case .over: return .revoked
                }
            }
            if claim.sandbox, try !Self.spendPractice(db, claim, allowance: sandboxAllowance) { return .insufficientFunds }
            var id: Int64?
            if let known {
                // Never the same id: whoever still follows the released payment must not take this one for it.
                id = try Int64.fetchOne(db, sql: "SELECT max(id) + 1 FROM payments")
                try db.execute(sql: "DELETE FROM payments WHERE id = ? AND state = 'released'", arguments: [known.id])
            }
            _ = try Self.insert(db, claim, id: id, settledBy: sandboxTransaction)
            var payment = Payment(id: db.lastInsertedRowID, claim: claim)
            try db.execute(
                sql: "INSERT INTO desk_payments(payment_id, caller, key_id, amount) VALUES (?, ?, ?, ?)",
                arguments: [payment.id, desk.caller, budget?.key, budget?.amount.amountText])
            if let budget {
                try db.execute(sql: "UPDATE api_keys SET spent = ? WHERE id = ?", arguments: [budget.spent.amountText, budget.key])
            }
            if let sandboxTransaction {
                payment.state = .settled
                payment.transaction = sandboxTransaction
                payment.settledAt = claim.at
                try DeskRows.settled(db, payment, at: claim.at)
            }
            return .claimed(payment)
        }
    }
}

extension Reader {
    /// For whom a payment was settled, such as `key:7`; nil for a sale of our own.
    public func deskCaller(paymentID: Int64) throws -> String? { try lookUp { db in try DeskRows.caller(db, paymentID: paymentID) } }
}

/// Rows of payments that are settled for others.
enum DeskRows {
    struct Budget {
        let key: Int64
        /// What is taken now, and what has been spent with it.
        let amount: Money
        let spent: Money
    }

    enum Judgement {
        /// The key has no budget.
        case none
        case enough(Budget)
        case tooSmall
        /// The key is not good any more.
        case over
    }

    static func caller(_ db: Database, paymentID: Int64) throws -> String? {
        try String.fetchOne(db.cachedStatement(sql: "SELECT caller FROM desk_payments WHERE payment_id = ?"), arguments: [paymentID])
    }

    static func budget(_ db: Database, key id: Int64, money: Money?, at now: Timestamp) throws -> Judgement {
        guard let key = try Row.fetchOne(db, sql: "\(KeyRow.select) WHERE id = ?", arguments: [id]).map(KeyRow.init)?.key, key.isLive(at: now)
        else { return .over }
        guard let budget = key.terms.budget else { return .none }
        guard let spent = key.spent, let money, let sum = spent.adding(money), sum.isAtMost(budget) else { return .tooSmall }
        return .enough(Budget(key: id, amount: money, spent: sum))
    }

    /// What was spent by a payment that came to nothing is there to be spent again.
    static func giveBack(_ db: Database, paymentID: Int64) throws {
        guard
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT k.id, k.spent, k.budget_currency, d.amount FROM desk_payments d JOIN api_keys k ON k.id = d.key_id WHERE d.payment_id = ?
                    """, arguments: [paymentID])
        else { return }
        try db.execute(sql: "UPDATE desk_payments SET key_id = NULL, amount = NULL WHERE payment_id = ?", arguments: [paymentID])
        // A budget that was taken away, or is in another currency now, has nothing to get back.
        guard let code = row[2] as String?,
            let spent = try? Reader.money(row[1], code),  // in another currency
            let amount = try? Reader.money(row[3], code),  // in another currency
            let rest = spent.subtracting(amount)
        else { return }
        try db.execute(sql: "UPDATE api_keys SET spent = ? WHERE id = ?", arguments: [rest.amountText, row[0] as Int64])
    }

    /// The money went from payer to payee, neither of which need be ours: no line of the ledger, but an entry of the log.
    static func settled(_ db: Database, _ payment: Payment, at now: Timestamp) throws {
        let authorization = payment.authorization
        let details = EventDetails([
            ("amount", .text(authorization.amount.description)), ("asset", .text("0x" + lowercaseHex(authorization.key.asset))),
            ("network", .text(authorization.key.network.description)), ("pay_to", .text("0x" + lowercaseHex(authorization.payTo))),
            ("sandbox", .flag(payment.sandbox)), ("transaction", .text("0x" + lowercaseHex(payment.transaction ?? []))),
        ])
        let caller = try caller(db, paymentID: payment.id) ?? "payment service"
        try Writer.append(db, .settledForOthers, subject: payment.id, actor: caller, details: details, at: now)
    }
}
