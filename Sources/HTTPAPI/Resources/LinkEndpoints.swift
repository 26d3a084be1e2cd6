import Catalogue
import Domain
import Hummingbird
import JSON
import Storage

/// The signed links of an order, taken back.
struct LinkEndpoints: Sendable {
    let shop: Shop

    struct Revocation: Sendable {
        let receipt: ReceiptID
        let times: Int64
        let at: Timestamp
    }

    static let resource = JSONResource<Revocation, Void>(
        "LinkRevocation", draft: {},
        [
            JSONMember("receipt", .text(), "The receipt's id.") { $0.receipt.description },
            JSONMember("times", .integer(), "How often its links have been revoked.") { Int($0.times) },
            JSONMember("revokedAt", .moment, "Since when the links of before are worth nothing.", get: \.at),
        ])

    var all: [Endpoint] {
        [
            Endpoint(
                method: .post, path: "/receipts/{receipt}/revoke-links", id: "receipts.revokeLinks", summary: "Revoke the signed links of an order",
                details: """
                    All links to the goods that were made so far answer 410 from now on. The buyer gets new ones by the receipt's page, by signing in \
                    with the wallet or by showing the payment again.
                    """, access: .permission(.ordersWrite),
                parameters: [.path("receipt", "The receipt's id.", example: "1-AAAAAAAAAAAAAAAAAAAA")],
                answers: [.ok("LinkRevocation", "The links are revoked.")], refusals: [(.conflict, "The payment is not settled.")]
            ) { call in try await revoke(call) }
        ]
    }

    private func revoke(_ call: EndpointCall) async throws -> Response {
        guard let receipt = ReceiptID(call.path("receipt")), let payment = try shop.reader.payment(receipt: receipt),
            call.principal.products?.contains(payment.productID) ?? true
        else { throw Problem(.notFound, "There is no such receipt.") }
        guard payment.state.isPaid else { throw Problem(.conflict, "This payment is not settled, so that there are no links to revoke.") }
        let at = shop.now()
        let answer: @Sendable (Int64) -> EndpointAnswer = { EndpointAnswer(Self.resource.write(Revocation(receipt: receipt, times: $0, at: at))) }
        let note = call.note { (series: Int64) in answer(series) }
        let series = try await shop.catalogue.revokeLinks(of: payment, shop.links, actor: call.principal.actor, noting: note)
        return answer(series).response
    }
}
