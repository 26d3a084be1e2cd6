import Domain
import JSON
import Payments
import Storage

/// A payment as the API shows it.
struct PaymentView: Sendable {
    let payment: Payment
    /// The way it was paid, if that is still set up: it knows the asset's name and decimals.
    let option: PaymentOption?
    let origin: String

    init(_ payment: Payment, _ shop: Shop) {
        self.payment = payment
        option = shop.option(payment)
        origin = shop.origin
    }

    var json: JSONObject { Self.resource.write(self) }

    /// What a payment, an order and a receipt all say of the money.
    static func facts<Of>(_ view: @escaping @Sendable (Of) -> PaymentView) -> [JSONMember<Of, Void>] {
        [
            JSONMember("receipt", .text(), "The receipt's id; its page is at `/r/{receipt}`.") { view($0).payment.receiptID.description },
            JSONMember("receiptURL", .uri, "The receipt's page, which lasts.") { "\(view($0).origin)/r/\(view($0).payment.receiptID)" },
            JSONMember("state", .choice, "How the payment stands.", example: "settled") { view($0).payment.state },
            JSONMember("paid", .boolean, "Whether the money has arrived.") { view($0).payment.state.isPaid },
            JSONMember(
                "finality", JSONType<PaymentFinality>.choice,
                "How sure the money is: pending until it has arrived, settled while the chain could still take it back, final after that. Missing for what was never charged.",
                example: "final", find: { view($0).payment.finality }),
            JSONMember(
                "block", JSONType<Int>.integer(), "The block in which it settled; missing where nobody told.",
                find: { view($0).payment.block.flatMap { Int(exactly: $0.number) } }),
            JSONMember("accessEnded", .boolean, "Whether a refund took back what it bought.") { view($0).payment.accessEnded },
            JSONMember("sandbox", .boolean, "Whether it was practice money; never summed with real money.") { view($0).payment.sandbox },
            JSONMember("network", .network, "The chain, as CAIP-2.", example: "eip155:8453") {
                view($0).payment.authorization.key.network.description
            },
            JSONMember("payer", .address, "The wallet that paid.") { "0x" + lowercaseHex(view($0).payment.authorization.key.payer) },
            JSONMember("amountAtomic", .atomic, "The amount in the asset's smallest unit.", example: "1000000") {
                view($0).payment.authorization.amount.description
            },
            JSONMember(
                "amount", JSONType<String>.text(), "The amount in whole units.", example: "1.00",
                find: { of in
                    view(of).option.map { $0.asset.decimal(view(of).payment.authorization.amount) }
                }),
            JSONMember("asset", JSONType<String>.text(), "The asset's name.", example: "USDC", find: { view($0).option?.asset.symbol }),
            JSONMember("sha256", .digest, "The edition that was sold; of a call of an API its request.") {
                view($0).payment.content
            },
            JSONMember(
                "transaction", JSONType<String>.text(), "Hash of the transaction on the chain.",
                find: { of in
                    view(of).payment.transaction.map { "0x" + lowercaseHex($0) }
                }),
            JSONMember("reason", JSONType<String>.text(), "Why it failed, in x402's code.", find: { view($0).payment.reason }),
            JSONMember("claimedAt", .moment, "When it was taken.") { view($0).payment.claimedAt },
            JSONMember("settledAt", JSONType<Timestamp>.moment, "When the money arrived.", find: { view($0).payment.settledAt }),
            JSONMember(
                "refundDueAt", JSONType<Timestamp>.moment,
                "Since when the money is owed back: it arrived, and what it was for could not be given.", find: { view($0).payment.refundDueAt }),
            JSONMember(
                "order", JSONType<String>.text(), "The order's number.", example: "2026-000123",
                find: { of in
                    view(of).payment.settledAt.flatMap { at in view(of).payment.orderID.map { Order.number(id: $0, at: at) } }
                }),
        ]
    }

    static let resource = JSONResource<PaymentView, Void>(
        "Payment", draft: {},
        [
            JSONMember("id", .integer(), "Its number.") { Int($0.payment.id) },
            JSONMember("x402Version", .integer(1...2), "The client's version of x402.") { $0.payment.protocolVersion },
        ]
            + facts { $0 })
}

/// A payment with all that happened to it.
struct PaymentHistory: Sendable {
    let view: PaymentView
    let attempts: [Attempt]
    /// Its lines in the ledger, newest first.
    let lines: [LedgerEntry]
    let refunds: [RefundView]
    let productSlug: String?

    struct Step: Sendable {
        let at: Timestamp
        let what: String
        let transaction: [UInt8]?
    }

    /// From the rows that tell when: claim, attempts, settlement, refunds; for a payment that a chain took back, the lines of its sales.
    var steps: [Step] {
        let payment = view.payment
        var steps = [Step(at: payment.claimedAt, what: "claimed", transaction: nil)]
        steps += attempts.map { Step(at: $0.at, what: "sent", transaction: $0.transaction) }
        let sales = lines.filter { $0.movement.kind == .sale }
        let reversals = lines.filter { $0.movement.kind == .reversal && $0.movement.debit.kind == .reorganised }
        if !reversals.isEmpty {
            // The newest sale is the settlement that stands, if one does.
            let earlier = sales.dropFirst(payment.state.isPaid ? 1 : 0).map { Step(at: $0.at, what: "settled", transaction: nil) }
            steps += earlier + reversals.map { Step(at: $0.at, what: "reorganised", transaction: nil) }
            steps.sort { $0.at < $1.at }
        }
        if let settledAt = payment.settledAt { steps.append(Step(at: settledAt, what: "settled", transaction: payment.transaction)) }
        for refund in refunds.map(\.refund) {
            steps.append(Step(at: refund.createdAt, what: "refund requested", transaction: nil))
            if let at = refund.approvedAt { steps.append(Step(at: at, what: "refund approved", transaction: nil)) }
            if let at = refund.sentAt { steps.append(Step(at: at, what: "refund sent", transaction: refund.transaction)) }
            if let at = refund.settledAt { steps.append(Step(at: at, what: "refund settled", transaction: refund.transaction)) }
        }
        return steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    static let stepResource = JSONResource<Step, Void>(
        "PaymentStep", draft: {},
        [
            JSONMember("at", .moment, "When.", get: \.at),
            JSONMember(
                "what", .text(),
                "What happened: claimed, sent, settled, reorganised when the chain took it back; refund requested, approved, sent, settled.",
                get: \.what),
            JSONMember(
                "transaction", JSONType<String>.text(), "The transaction, for what was sent or settled.",
                find: { step in
                    step.transaction.map { "0x" + lowercaseHex($0) }
                }),
        ])

    static let resource = JSONResource<PaymentHistory, Void>(
        "PaymentHistory", draft: {},
        PaymentView.facts(\.view) + [
            JSONMember("id", .integer(), "Its number.") { Int($0.view.payment.id) },
            JSONMember("product", JSONType<String>.text(), "The product's slug.", find: \.productSlug),
            JSONMember("refunds", RefundView.resource.type.list(), "What went back, or is to.", get: \.refunds),
            JSONMember("steps", stepResource.type.list(), "What happened, in order.", get: \.steps),
        ])
}

/// An order with its payment.
struct SaleView: Sendable {
    let sale: Sale
    let payment: PaymentView
    /// Nil in lists.
    let refunds: [RefundView]?

    init(_ sale: Sale, _ shop: Shop, refunds: [Refund]? = nil) {
        self.sale = sale
        payment = PaymentView(sale.payment, shop)
        self.refunds = refunds?.map { RefundView($0, sale.payment, shop) }
    }

    var json: JSONObject { Self.resource.write(self) }

    struct ProductName: Sendable {
        let slug: String
        let title: String
    }

    static let productResource = JSONResource<ProductName, Void>(
        "ProductName", draft: {},
        [JSONMember("slug", .text(), "Its name in addresses.", get: \.slug), JSONMember("title", .text(), "What it is called.", get: \.title)])

    static let resource = JSONResource<SaleView, Void>(
        "Order", draft: {},
        [JSONMember("id", .integer(), "Its count.") { Int($0.sale.order.id) }] + PaymentView.facts(\.payment) + [
            JSONMember("product", productResource.type, "What was sold.") { ProductName(slug: $0.sale.slug, title: $0.sale.title) },
            JSONMember(
                "refunds", RefundView.resource.type.list(), "What went back, or is to; only where one order is shown.", find: \.refunds),
        ])
}

extension Shop {
    /// The way a payment was made, if it is still set up.
    func option(_ payment: Payment) -> PaymentOption? {
        option(payment.authorization.key.network, payment.authorization.key.asset, sandbox: payment.sandbox)
    }

    /// Practice money has the same network and asset as real money on Base Sepolia.
    func option(_ network: Network, _ asset: [UInt8], sandbox: Bool) -> PaymentOption? {
        (offers.options + sandboxGate.offers.options).first {
            $0.option.network == network && $0.option.asset.address == asset && $0.option.sandbox == sandbox
        }?.option
    }
}
