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

    public init(accountID: Int64, account: LedgerAccount, unit: LedgerUnit?, debits: AtomicAmount, credits: AtomicAmount) {
        self.accountID = accountID
        self.account = account
        self.unit = unit
        self.debits = debits
        self.credits = credits
    }

    /// The balance without its sign, on the side on which the account's kind is counted.
    public var amount: AtomicAmount { AtomicAmount(max(raising.units, lowering.units) - min(raising.units, lowering.units)) }
    /// More went out than came in.
    public var isNegative: Bool { raising < lowering }

    private var raising: AtomicAmount { account.kind.isDebit ? debits : credits }
    private var lowering: AtomicAmount { account.kind.isDebit ? credits : debits }
}
