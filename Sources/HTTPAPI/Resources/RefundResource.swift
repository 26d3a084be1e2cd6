import Domain
import JSON

/// A refund as the API shows it, with the payment that it is of.
struct RefundView: Sendable {
    let refund: Refund
    let payment: PaymentView

    init(_ refund: Refund, _ payment: Payment, _ shop: Shop) {
        self.refund = refund
        self.payment = PaymentView(payment, shop)
    }

    static let resource = JSONResource<RefundView, Void>(
        "Refund", draft: {},
        [
            JSONMember("id", .integer(), "Its number.") { Int($0.refund.id) },
            JSONMember("state", .choice, "How it stands.", example: "settled", get: \.refund.state),
            JSONMember(
                "way", .choice, "How it is paid: by the refund wallet, in practice money, or by the owner, who wrote it down.", get: \.refund.way),
            JSONMember("payment", .integer(), "The payment's number.") { Int($0.refund.paymentID) },
            JSONMember("receipt", .text(), "The payment's receipt.") { $0.payment.payment.receiptID.description },
            JSONMember(
                "order", JSONType<String>.text(), "The order's number.", example: "2026-000123",
                find: { view in
                    let payment = view.payment.payment
                    return payment.settledAt.flatMap { at in payment.orderID.map { Order.number(id: $0, at: at) } }
                }),
            JSONMember("sandbox", .boolean, "Whether it is practice money.") { $0.payment.payment.sandbox },
            JSONMember("network", .network, "The chain, as CAIP-2.", example: "eip155:8453") {
                $0.payment.payment.authorization.key.network.description
            },
            JSONMember("payer", .address, "The wallet that paid and gets it back.") {
                "0x" + lowercaseHex($0.payment.payment.authorization.key.payer)
            },
            JSONMember("amountAtomic", .atomic, "The amount in the asset's smallest unit.", example: "1000000") { $0.refund.amount.description },
            JSONMember(
                "amount", JSONType<String>.text(), "The amount in whole units.", example: "1.00",
                find: { view in view.payment.option?.asset.decimal(view.refund.amount) }),
            JSONMember("asset", JSONType<String>.text(), "The asset's name.", example: "USDC", find: { $0.payment.option?.asset.symbol }),
            JSONMember("endsAccess", .boolean, "Whether the buyer's access ends when it is paid.", get: \.refund.endsAccess),
            JSONMember("reason", .text(), "Why, in the words of who asked for it.", get: \.refund.reason),
            JSONMember("waiting", JSONType<String>.text(), "Why nothing was sent yet although it is approved.", find: \.refund.waiting),
            JSONMember("failure", JSONType<String>.text(), "Why it failed.", find: \.refund.failure),
            JSONMember("requestedBy", .text(), "Who asked for it.", example: "person:2", get: \.refund.requestedBy),
            JSONMember("approvedBy", JSONType<String>.text(), "Who approved it.", example: "person:1", find: \.refund.approvedBy),
            JSONMember(
                "transaction", JSONType<String>.text(), "Hash of the newest transaction; of a settled refund the one that paid.",
                find: { $0.refund.transaction.map { "0x" + lowercaseHex($0) } }),
            JSONMember("createdAt", .moment, "When it was asked for.", get: \.refund.createdAt),
            JSONMember("approvedAt", JSONType<Timestamp>.moment, "When it was approved.", find: \.refund.approvedAt),
            JSONMember("sentAt", JSONType<Timestamp>.moment, "When it was signed first.", find: \.refund.sentAt),
            JSONMember("settledAt", JSONType<Timestamp>.moment, "When the payer had the money.", find: \.refund.settledAt),
        ])
}
