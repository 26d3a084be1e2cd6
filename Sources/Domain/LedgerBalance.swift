/// How an account stands.
public struct LedgerBalance: Hashable, Sendable {
    /// The account's number in the shop.
    public let accountID: Int64
    public let account: LedgerAccount
    /// How the asset is written; nil while the shop has not been told.
    public let unit: LedgerUnit?
    /// All that was ever debited and credited, in the asset's smallest unit.
    public let debits: AtomicAmount
    public let credits: AtomicAmount
    /// What of both a chain could still take back.
    public let revocableDebits: AtomicAmount
    public let revocableCredits: AtomicAmount

    public init(
        accountID: Int64, account: LedgerAccount, unit: LedgerUnit?, debits: AtomicAmount, credits: AtomicAmount,
        revocableDebits: AtomicAmount = AtomicAmount(0),
        revocableCredits: AtomicAmount = AtomicAmount(0)
    ) {
        self.accountID = accountID
        self.account = account
        self.unit = unit
        self.debits = debits
        self.credits = credits
        self.revocableDebits = revocableDebits
        self.revocableCredits = revocableCredits
    }

    /// The balance without its sign, on the side on which the account's kind is counted.
    public var amount: AtomicAmount { AtomicAmount(max(raising.units, lowering.units) - min(raising.units, lowering.units)) }
    /// More went out than came in.
    public var isNegative: Bool { raising < lowering }

    /// The same account counting only what is final.
    public var final: LedgerBalance {
        LedgerBalance(
            accountID: accountID, account: account, unit: unit, debits: AtomicAmount(debits.units - min(debits.units, revocableDebits.units)),
            credits: AtomicAmount(credits.units - min(credits.units, revocableCredits.units)))
    }

    private var raising: AtomicAmount { account.kind.isDebit ? debits : credits }
    private var lowering: AtomicAmount { account.kind.isDebit ? credits : debits }
}
