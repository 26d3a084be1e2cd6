import Catalogue
import Domain
import JSON
import Payments
import Storage

/// A receipt as programs read it and buyers keep it: what was sold, for how much, and the proof that the shop's log says so. The same
/// document is the status of a payment that has not ended.
struct ReceiptDocument {
    let shop: Shop

    private static let facts = JSONResource<PaymentView, Void>("Receipt", draft: {}, PaymentView.facts { $0 })

    func json(_ payment: Payment, _ product: Product) async throws -> JSONObject {
        var json = Self.facts.write(PaymentView(payment, shop))
        json["payTo"] = .string("0x" + lowercaseHex(payment.authorization.payTo))
        json["assetAddress"] = .string("0x" + lowercaseHex(payment.authorization.key.asset))
        var name: JSONObject = ["slug": .string(product.slug.text), "title": .string(product.title), "url": .string(shop.offers.url(product))]
        guard payment.state.isPaid else {
            json["product"] = .object(name)
            return json
        }
        json["shop"] = .string(shop.origin)
        let proof = try await shop.notary.proof(paymentID: payment.id)
        if let proof {
            // As they were when it was sold.
            let details = try? JSONValue(parsing: Array(proof.event.details.text.utf8))  // a damaged entry has nothing to tell
            for key in ["slug", "title"] { if let text = details?[key] { name[key] = text } }
            if let origin = details?["shop"]?.string {
                json["shop"] = .string(origin)
                json["receiptURL"] = .string("\(origin)/r/\(payment.receiptID)")
            }
            if let length = details?["length"] { json["length"] = length }
        }
        json["product"] = .object(name)
        let refunded = try shop.refunded(payment)
        if refunded.units > 0 {
            json["refundedAtomic"] = .string(refunded.description)
            if let option = shop.option(payment) { json["refunded"] = .string(option.asset.decimal(refunded)) }
        }
        if !payment.accessEnded { json["content"] = .string(shop.origin + shop.links.path(payment.receiptID, at: shop.now())) }
        if let proof {
            json["proof"] = .object(ReceiptProofJSON.write(proof))
        } else {
            json["proofAfter"] = .string((shop.now() + AuditNotary.pause).iso8601)
        }
        return json
    }
}
