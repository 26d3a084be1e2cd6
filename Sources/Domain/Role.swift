/// What a person or a key is in the shop. The table below is the only place that says what each may do.
public enum Role: String, CaseIterable, Hashable, Sendable {
    /// Everything. There is always one.
    case owner
    /// Runs the shop day by day: everything but people, keys and where the money goes.
    case manager
    /// Helps buyers: looks, and asks for refunds.
    case support
    /// Counts: products, orders, the ledger and measurements.
    case analyst
    /// A program that sells or buys for the owner.
    case agent

    public var permissions: Set<Permission> {
        switch self {
        case .owner: Set(Permission.allCases)
        case .manager:
            [
                .productsRead, .productsWrite, .ordersRead, .ordersWrite, .refundsWrite, .refundApprovalsWrite, .ledgerRead, .ledgerWrite, .auditRead,
                .settingsRead, .peopleRead, .keysRead, .statusRead, .metricsRead,
            ]
        case .support: [.productsRead, .ordersRead, .refundsWrite, .statusRead]
        case .analyst: [.productsRead, .ordersRead, .ledgerRead, .statusRead, .metricsRead]
        case .agent: [.productsRead, .ordersRead, .facilitatorUse]
        }
    }

    /// In one sentence, for whoever chooses a role.
    public var summary: String {
        switch self {
        case .owner: "May do everything."
        case .manager: "Runs the shop: everything but people, keys and where the money goes."
        case .support: "Helps buyers: sees products, orders and the shop's state, and asks for refunds that others approve."
        case .analyst: "Counts: sees products, orders, the ledger, the shop's state and its measurements."
        case .agent: "A program: sees products and orders and may use the payment service."
        }
    }
}
