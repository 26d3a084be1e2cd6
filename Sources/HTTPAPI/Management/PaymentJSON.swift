import Catalogue
import Domain
import JSON
import Payments
import Storage

/// Payments, orders and products as the API writes them.
enum PaymentJSON {
    static func receipt(_ payment: Payment, _ product: Product, _ option: PaymentOption?, _ shop: Shop) -> JSONObject {
        var json = facts(payment, option)
        json["product"] = ["slug": .string(product.slug.text), "title": .string(product.title), "url": .string(shop.offers.url(product))]
        if payment.state.isPaid { json["content"] = .string(shop.origin + shop.links.path(payment.receiptID, at: shop.now())) }
        return json
    }

    static func facts(_ payment: Payment, _ option: PaymentOption?) -> JSONObject {
        var json: JSONObject = [
            "receipt": .string(payment.receiptID.description), "state": .string(payment.state.rawValue),
            "paid": .bool(payment.state.isPaid), "sandbox": .bool(payment.sandbox),
            "network": .string(payment.authorization.key.network.description),
            "payer": .string("0x" + lowercaseHex(payment.authorization.key.payer)),
            "amountAtomic": .string(payment.authorization.amount.description), "sha256": .string(payment.content.description),
            "claimedAt": .string(payment.claimedAt.iso8601),
        ]
        if let option {
            json["amount"] = .string(option.asset.decimal(payment.authorization.amount))
            json["asset"] = .string(option.asset.symbol)
        }
        if let transaction = payment.transaction { json["transaction"] = .string("0x" + lowercaseHex(transaction)) }
        if let reason = payment.reason { json["reason"] = .string(reason) }
        if let settledAt = payment.settledAt {
            json["settledAt"] = .string(settledAt.iso8601)
            if let order = payment.orderID { json["order"] = .string(Order.number(id: order, at: settledAt)) }
        }
        return json
    }
}
