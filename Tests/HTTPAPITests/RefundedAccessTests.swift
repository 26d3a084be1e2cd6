import Catalogue
import Domain
import EVM
import HTTPTypes
import HummingbirdTesting
import JSON
import Storage
import Testing

@testable import HTTPAPI

/// What a refund leaves of a purchase.
@Suite struct RefundedAccessTests {
    private static let goods = "0123456789"

    /// The address under which a receipt's goods can be fetched.
    private func link(_ shop: TestShop, _ receipt: ReceiptID) -> String { shop.shop.links.path(receipt, at: shop.clock.now) }

    @Test func `a refunded purchase is refused by SIWX when the owner chose so`() async throws {
        let shop = try await RefundEndpointTests.sold()
        try await shop.get("/p/song", shop.signIn("song")).expect(200, has: [Self.goods])
        try await shop.refund(access: "end", amount: "0.001")
        let answer = try await shop.get("/p/song", shop.signIn("song"))
        answer.expect(402, has: ["siwx_not_paid", "was refunded"], hasNot: [Self.goods])
        // Who never bought reads nothing of refunds.
        try await shop.get("/p/song", shop.signIn("song", by: .bob)).expect(402, has: ["has not bought this yet"], hasNot: ["refunded"])
    }

    @Test func `a refunded purchase is charged anew by a fresh authorization when the owner chose so`() async throws {
        let shop = try await RefundEndpointTests.sold()
        try await shop.refund()
        let answer = try await shop.get("/p/song", shop.pay("song", nonce: 2))
        answer.expect(200, has: [Self.goods])
        #expect(try shop.payments.map(\.state.isPaid) == [true, true])
        #expect(try await shop.sales.filter { $0.hasPrefix("order.paid") } == ["order.paid 1", "order.paid 2"])
        // One that was refunded is spent again: what it bought counts.
        #expect(try shop.reader.sandboxSpent(payer: Buyer.ada.key.address.bytes).units == 10_000)
        try await shop.get("/p/song", shop.signIn("song")).expect(200, has: [Self.goods])
        // And now owned is owned again.
        try await shop.get("/p/song", shop.pay("song", nonce: 3)).expect(200, has: [Self.goods])
        #expect(try shop.payments.count == 2)
    }

    @Test func `the refunded payment itself, its links and its receipt give nothing more and say why`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let header = try await shop.pay("song")
        try await shop.get("/p/song", header).expect(200, has: [Self.goods])
        let receipt = try #require(try shop.payments.first).receiptID
        let link = link(shop, receipt)
        try await shop.get(link).expect(200, has: [Self.goods])
        try await shop.refund()
        let replay = try await shop.get("/p/song", header)
        replay.expect(402, has: ["payment_refunded", "was refunded"], hasNot: [Self.goods])
        let withRange = try await shop.get("/p/song", header.adding(.range, "bytes=0-3"))
        withRange.expect(402, hasNot: ["0123"])
        let withCondition = try await shop.get("/p/song", header.adding(.ifMatch, "\"nothing\""))
        #expect(withCondition.status != .ok && !withCondition.text.contains(Self.goods))
        try await shop.get(link).expectKind(410, "payment-refunded")
        try await shop.get("/r/\(receipt)", .person).expect(200, has: ["Refunded", "no longer given"], hasNot: ["Get what you bought"])
        let json = try await shop.get("/r/\(receipt)").json()
        #expect(json["refunded"] == "0.01" && json["refundedAtomic"] == "10000" && json["accessEnded"] == true && json["content"] == nil)
        #expect(try shop.payments.count == 1)
    }

    @Test func `where the owner lets the buyer keep it everything goes on, and the receipt tells what went back`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let header = try await shop.pay("song")
        try await shop.get("/p/song", header).expect(200)
        let receipt = try #require(try shop.payments.first).receiptID
        try await shop.refund(amount: "0.004")
        try await shop.get("/r/\(receipt)", .person).expect(200, has: ["Partly refunded", "0.004 USDC", "stays yours", "Get what you bought"])
        try await shop.refund(access: "keep")
        try await shop.get("/r/\(receipt)", .person).expect(200, has: ["Refunded", "stays yours", "Get what you bought"])
        try await shop.get("/p/song", header).expect(200, has: [Self.goods])
        try await shop.get("/p/song", shop.signIn("song")).expect(200, has: [Self.goods])
        try await shop.get("/p/song", shop.pay("song", nonce: 2)).expect(200, has: [Self.goods])
        try await shop.get(link(shop, receipt)).expect(200, has: [Self.goods])
        #expect(try shop.payments.count == 1)
    }

    @Test func `a payer's own name for a payment is free again once that was refunded with its access`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let name = "order-of-ada-0001"
        try await shop.get("/p/song", shop.pay("song", under: .string(name))).expect(200)
        try await shop.refund()
        try await shop.get("/p/song", shop.pay("song", under: .string(name), nonce: 2)).expect(200, has: [Self.goods])
        #expect(try shop.payments.count == 2)
        // The old authorization stays refused under that name.
        #expect(try shop.reader.payment(id: 1)?.accessEnded == true)
    }
}
