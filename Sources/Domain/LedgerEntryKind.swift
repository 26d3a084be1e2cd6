/// Why money moved.
public enum LedgerEntryKind: String, CaseIterable, Hashable, Sendable {
    /// A payment for an order.
    case sale
    /// What a chain charged for a transaction of ours.
    case gas
    case refund
    /// What a payment processor kept.
    case fee
    case payout
    /// Money that came without a claim of ours: listed, never adopted.
    case foreign
    /// Takes back the entry that it names.
    case reversal
}
