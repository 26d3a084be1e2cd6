import Domain
import EVM
import HTTPTypes
import HummingbirdTesting
import JSON
import Storage
import Testing

@testable import HTTPAPI

@Suite struct RefundEndpointTests {
    /// A shop that sold a song, for a cent, to Ada.
    static func sold() async throws -> TestShop {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.get("/p/song", shop.pay("song")).expect(200)
        return shop
    }

    @Test func `support asks, a manager approves, and practice money is back at once`() async throws {
        let shop = try await Self.sold()
        let asked = try await shop.send(.post, "/refunds", ["order": "1", "amount": "0.004", "reason": "too long"], as: "support")
        asked.expect(201)
        #expect(asked.headers[.location] == "/api/v1/refunds/1")
        let refund = try asked.json()
        #expect(refund["state"] == "requested" && refund["amount"] == "0.004" && refund["amountAtomic"] == "4000" && refund["asset"] == "USDC")
        #expect(refund["endsAccess"] == false && refund["way"] == "practice" && refund["order"]?.string?.hasSuffix("-000001") == true)
        try await shop.send(.post, "/refunds/1/approve", as: "support").expectKind(403, "permission-missing")
        let paid = try await shop.send(.post, "/refunds/1/approve", as: "manager").json()
        #expect(paid["state"] == "settled" && paid["approvedBy"]?.string?.hasPrefix("key:") == true && paid["requestedBy"] != paid["approvedBy"])
        #expect(try shop.reader.sandboxSpent(payer: Buyer.ada.key.address.bytes).units == 6000)
        #expect(try await shop.send(.get, "/refunds?state=settled").json()["items"]?.array?.count == 1)
        #expect(try await shop.send(.get, "/refunds?state=requested").json()["items"]?.array?.count == 0)
        #expect(try await shop.send(.get, "/refunds/1").json() == paid)
        #expect(try await shop.send(.get, "/orders/1").json()["refunds"] == [paid])
        let steps = try await shop.send(.get, "/payments/1").json()["steps"]?.array?.compactMap { $0["what"]?.string }
        #expect(steps == ["claimed", "settled", "refund requested", "refund approved", "refund settled"])
        #expect(try await shop.send(.get, "/ledger/check").json()["clean"] == true)
    }

    @Test func `a refund by receipt of all that is left, approved in one go, says by itself that access ends`() async throws {
        let shop = try await Self.sold()
        let receipt = try #require(try shop.payments.first).receiptID.description
        try await shop.send(.post, "/refunds", ["order": "1", "amount": "0.004", "approve": true]).expect(201)
        let rest = try await shop.send(.post, "/refunds", ["order": .string(receipt), "approve": true]).json()
        #expect(rest["state"] == "settled" && rest["amount"] == "0.006" && rest["endsAccess"] == true)
        try await shop.send(.post, "/refunds", ["order": "1"]).expectKind(409, "refund-too-much")
        #expect(try await shop.send(.get, "/orders/1").json()["accessEnded"] == true)
        #expect(try await shop.send(.get, "/status").json()["openRefunds"] == 0)
    }

    @Test func `the same call under the same key pays once`() async throws {
        let shop = try await Self.sold()
        let body: JSONValue = ["order": "1", "amount": "0.003", "approve": true]
        let first = try await shop.send(.post, "/refunds", body, [.idempotencyKey: "once"])
        let again = try await shop.send(.post, "/refunds", body, [.idempotencyKey: "once"])
        #expect(first.status == .created && again.status == .created)
        #expect(try first.json() == again.json())
        #expect(try await shop.send(.get, "/refunds").json()["items"]?.array?.count == 1)
        #expect(try shop.reader.sandboxSpent(payer: Buyer.ada.key.address.bytes).units == 7000)
    }

    @Test func `what the owner paid from a wallet of theirs is written down once for each transaction`() async throws {
        let shop = try await Self.sold()
        let hash = JSONValue.string("0x" + String(repeating: "ab", count: 32))
        try await shop.send(.post, "/refunds/record", ["order": "1", "amount": "0.002", "transaction": hash], as: "support")
            .expectKind(403, "permission-missing")
        let told = try await shop.send(.post, "/refunds/record", ["order": "1", "amount": "0.002", "transaction": hash])
        told.expect(201)
        #expect(try told.json()["state"] == "settled" && told.json()["way"] == "record" && told.json()["transaction"] == hash)
        try await shop.send(.post, "/refunds/record", ["order": "1", "amount": "0.002", "transaction": hash]).expectKind(409, "transaction-used")
        try await shop.send(.post, "/refunds/record", ["order": "1", "amount": "0.009"]).expectKind(409, "refund-too-much")
        #expect(try await shop.send(.get, "/ledger/check").json()["clean"] == true)
    }

    @Test func `a key for other products sees and makes no refund of this one`() async throws {
        let shop = try await Self.sold()
        try await shop.sell("film")
        try await shop.send(.post, "/refunds", ["order": "1", "amount": "0.004"]).expect(201)
        for path in ["/refunds/1/approve", "/refunds/1/cancel"] {
            try await shop.send(.post, path, as: "manager#2").expectKind(404, "not-found")
        }
        try await shop.send(.get, "/refunds/1", as: "manager#2").expectKind(404, "not-found")
        #expect(try await shop.send(.get, "/refunds", as: "manager#2").json()["items"] == [])
        try await shop.send(.post, "/refunds", ["order": "1"], as: "manager#2").expectKind(422, "validation")
        try await shop.send(.post, "/refunds/1/cancel", as: "manager#1").expect(200)
    }
}

extension TestShop {
    /// Gives all of the first payment back.
    func refund(access: String? = nil, amount: String? = nil) async throws {
        var body: JSONObject = ["order": "1", "approve": true]
        if let access { body["access"] = .string(access) }
        if let amount { body["amount"] = .string(amount) }
        let answer = try await send(.post, "/refunds", .object(body))
        #expect(try answer.json()["state"] == "settled", "\(answer.text)")
    }
}
