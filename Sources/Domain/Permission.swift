/// What somebody may do. Every operation of the API names one of these; what a role may not do, nobody of that role does.
public enum Permission: String, CaseIterable, Hashable, Sendable {
    case productsRead = "products:read"
    case productsWrite = "products:write"
    /// Orders and payments with their timelines, receipts and entitlements.
    case ordersRead = "orders:read"
    /// What is done about an order, such as revoking its links.
    case ordersWrite = "orders:write"
    /// Asking for refunds, and declining them.
    case refundsWrite = "refunds:write"
    /// Approving refunds: money leaves by it.
    case refundApprovalsWrite = "refund-approvals:write"
    /// The ledger's lines and balances, and its check.
    case ledgerRead = "ledger:read"
    /// Comparing the ledger with chains, which lists what is found there.
    case ledgerWrite = "ledger:write"
    /// Who did what and when, and its check.
    case auditRead = "audit:read"
    case settingsRead = "settings:read"
    case settingsWrite = "settings:write"
    case peopleRead = "people:read"
    case peopleWrite = "people:write"
    /// Export and erasure of what is stored of a person.
    case personalDataWrite = "personal-data:write"
    case keysRead = "keys:read"
    case keysWrite = "keys:write"
    case statusRead = "status:read"
    case metricsRead = "metrics:read"
    /// The x402 verifier and settler as a service for other shops.
    case facilitatorUse = "facilitator:use"
}
