import Domain
import GRDB

/// What the audit log says of a sale: all that a receipt claims, so that the entry's hash binds it. The payer stands in it by a hash.
enum SaleDetails {
    /// - Parameter shop: the shop's public address; empty where it is not known.
    static func of(_ db: Database, _ payment: Payment, shop: String) throws -> EventDetails {
        let authorization = payment.authorization
        // By the edition that was sold; what is sold without any has no length.
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT p.slug, p.title, e.content_length FROM products p LEFT JOIN editions e ON e.product_id = p.id AND e.content = ?
                    WHERE p.id = ?
                    """), arguments: [blob(payment.content.bytes), payment.productID])
        var members: [(name: String, value: EventDetails.Value)] = [
            ("amount", .text(authorization.amount.description)), ("asset", .text("0x" + lowercaseHex(authorization.key.asset))),
        ]
        members.reserveCapacity(14)
        if let length: Int64 = row?[2] { members.append(("length", .number(length))) }
        members.append(("network", .text(authorization.key.network.description)))
        members.append(("payerHash", .text(lowercaseHex(PayerHash.of(payer: authorization.key.payer, receipt: payment.receiptID)))))
        members.append(("payment", .number(payment.id)))
        members.append(("product", .number(payment.productID)))
        members.append(("sandbox", .flag(payment.sandbox)))
        members.append(("sha256", .text(payment.content.description)))
        if !shop.isEmpty { members.append(("shop", .text(shop))) }
        if let slug: String = row?[0] { members.append(("slug", .text(slug))) }
        if let title: String = row?[1] { members.append(("title", .text(title))) }
        if let transaction = payment.transaction { members.append(("transaction", .text("0x" + lowercaseHex(transaction)))) }
        return EventDetails(sorted: members)
    }
}
