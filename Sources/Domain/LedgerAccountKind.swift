/// What an account of the ledger stands for. Debits raise what we have and what we spent, credits what came in.
public enum LedgerAccountKind: String, CaseIterable, Hashable, Sendable {
    /// The owner's address into which buyers pay.
    case wallet
    case sales
    /// The account that sends transactions and pays their fees.
    case settler
    /// What was spent on fees of a chain.
    case gas
    /// The account from which refunds are paid.
    case refundWallet = "refund_wallet"
    case refunds
    /// What payment processors kept.
    case fees
    case payouts
    /// Money that came without a claim of ours.
    case foreignIncome = "foreign_income"
    /// Sales that a chain took back when it was reorganised.
    case reorganised

    /// Whether its balance is counted as debits less credits: what we have, and what we spent.
    public var isDebit: Bool {
        switch self {
        case .wallet, .settler, .gas, .refundWallet, .refunds, .fees, .payouts, .reorganised: true
        case .sales, .foreignIncome: false
        }
    }
}
