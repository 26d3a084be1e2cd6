import Catalogue
import Domain
import Payments
import Storage

extension Pages {
    private struct ReceiptPage {
        let shopName, styleVersion, canonicalURL: String
        let practice, openingSoon: Bool
        let number, state, stateClass, stateSentence: String
        let productTitle, productURL, amount, network, payer: String
        let transaction, explorerURL: String?
        let date, dateText: String
        let downloadURL, documentURL: String?
    }

    func receipt(_ payment: Payment, _ product: Product, _ option: PaymentOption?, _ shop: Shop) throws -> String {
        let frame = frame(shop, path: "/r/\(payment.receiptID)")
        let (state, stateClass, sentence) = Self.words(payment, refunded: try shop.refunded(payment), option)
        let transaction = payment.transaction.map { "0x" + lowercaseHex($0) }
        let moment = payment.settledAt ?? payment.claimedAt
        return try render(
            "receipt",
            ReceiptPage(
                shopName: frame.shopName, styleVersion: frame.styleVersion, canonicalURL: frame.canonicalURL, practice: payment.sandbox,
                openingSoon: frame.openingSoon,
                number: payment.orderID.map { Order.number(id: $0, at: moment) } ?? "\(payment.receiptID)".prefix(8).description,
                state: state, stateClass: stateClass, stateSentence: sentence, productTitle: product.title, productURL: shop.offers.url(product),
                amount: option?.asset.text(payment.authorization.amount) ?? "\(payment.authorization.amount)",
                network: option?.networkName ?? payment.authorization.key.network.description,
                payer: "0x" + lowercaseHex(payment.authorization.key.payer), transaction: payment.sandbox ? nil : transaction,
                explorerURL: payment.sandbox ? nil : transaction.flatMap { hash in option?.explorer?.replacing("{tx}", with: hash) },
                date: moment.iso8601, dateText: dateText(moment),
                downloadURL: payment.state.isPaid && !payment.accessEnded ? shop.links.path(payment.receiptID, at: shop.now()) : nil,
                documentURL: payment.state.isPaid ? "/r/\(payment.receiptID)/receipt.json" : nil))
    }

    private static func words(
        _ payment: Payment, refunded: AtomicAmount, _ option: PaymentOption?
    ) -> (state: String, class: String, sentence: String) {
        let access = payment.accessEnded ? "What was bought is no longer given." : "What was bought stays yours."
        if payment.state.isPaid, refunded >= payment.authorization.amount {
            return ("Refunded", "refunded", "The money went back to the wallet that paid. \(access)")
        }
        if payment.state.isPaid, refunded.units > 0 {
            let amount = option?.asset.text(refunded) ?? "Part of the money"
            return ("Partly refunded", "refunded", "\(amount) went back to the wallet that paid. \(access)")
        }
        return switch payment.state {
        case .settled, .delivered:
            (
                "Paid", "settled",
                payment.finality == .final
                    ? "Thank you. Keep this page’s address: it lasts."
                    : "Thank you. Keep this page’s address: it lasts. The network will have confirmed the payment for good in a while."
            )
        case .claimed, .settling, .uncertain: ("Pending", "pending", "The payment is on its way and not confirmed yet. Nothing needs to be done.")
        case .failed, .released: ("Failed", "failed", "This payment did not happen and nothing was charged.")
        }
    }
}

extension Shop {
    /// What went back of a payment.
    func refunded(_ payment: Payment) throws -> AtomicAmount {
        AtomicAmount(try reader.refunds(ofPayment: payment.id).filter { $0.state == .settled }.reduce(0) { $0 + $1.amount.units })
    }
}
