import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import Storage
import Testing
import X402

@testable import HTTPAPI

/// The extension payment-identifier: one name, one payment.
struct PaymentIdentifierTests {
    static let goods = "0123456789"
    static let name = "pay_7d5d747be160e280504c099d984bcfe0"

    @Test func `a 402 declares the extension as the reference client wants it`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let declared = try #require(try await shop.get("/p/song").required().extensions?["payment-identifier"])
        #expect(declared["info"] == ["required": false])
        #expect(declared["schema"]?["properties"]?["id"]?["pattern"] == "^[a-zA-Z0-9_-]+$")
    }

    @Test func `a new authorization under the same identifier gets the goods and is not taken, also of what sells every time`() async throws {
        let shop = try TestShop()
        try await shop.sell { $0.repeatable = true }
        let first = try await shop.get("/p/song", shop.pay("song", under: Self.name))
        first.expect(200, has: [Self.goods])
        let second = try await shop.get("/p/song", shop.pay("song", under: Self.name, nonce: 2))
        second.expect(200, has: [Self.goods])
        #expect(try second.outcome().transaction == first.outcome().transaction)
        #expect(try second.outcome().other["extra"] == ["alreadyOwned": true])
        #expect(try shop.payments.count == 1)
        #expect(try await shop.sales == ["order.paid 1"])
        try await shop.get("/p/song", shop.pay("song", nonce: 3)).expect(200)
        #expect(try shop.payments.count == 2)
    }

    @Test func `the same identifier for another product or amount is a conflict and takes nothing`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        try await shop.sell("other", file: Array("treasure".utf8))
        try await shop.get("/p/song", shop.pay("song", under: Self.name)).expect(200)
        let answer = try await shop.get("/p/other", shop.pay("other", under: Self.name, nonce: 2))
        try answer.expectProblem(409, "names another payment of this wallet")
        #expect(answer.headers[.paymentRequired] == nil && !answer.text.contains("treasure"))
        try await shop.edit(song) { $0.price = try Money("0.02", .usd) }
        try await shop.get("/p/song", shop.pay("song", under: Self.name, nonce: 3)).expectProblem(409, "names another payment")
        #expect(try shop.payments.count == 1)
        try await shop.get("/p/other", shop.pay("other", under: Self.name, by: .bob, nonce: 4)).expect(200, has: ["treasure"])
    }

    @Test func `of 20 presentations at the same moment with an authorization each and one identifier one is charged`() async throws {
        let shop = try TestShop()
        try await shop.sell { $0.repeatable = true }
        var headers: [HTTPFields] = []
        for nonce in 1...20 as ClosedRange<UInt8> { headers.append(try await shop.pay("song", under: Self.name, nonce: nonce)) }
        let given = try await withThrowingTaskGroup(of: Bool.self) { group in
            for header in headers { group.addTask { try await shop.get("/p/song", header).text == Self.goods } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(given == 20)
        #expect(try shop.payments.count == 1)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test(arguments: ["short", "0123456789abcde!", 7, ["0123456789abcdef"]] as [JSONValue])
    func `what is no identifier is a bad request and takes nothing`(_ identifier: JSONValue) async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.get("/p/song", shop.pay("song", under: identifier)).expectProblem(400, "dentifier")
        try await shop.expectNothingTaken()
    }

    @Test func `a declaration that is only echoed is no identifier`() async throws {
        let shop = try TestShop()
        try await shop.sell { $0.repeatable = true }
        for nonce in 1...2 as ClosedRange<UInt8> {
            try await shop.get("/p/song", shop.pay("song", under: .null, nonce: nonce)).expect(200, has: [Self.goods])
        }
        #expect(try shop.payments.count == 2)
    }
}

extension TestShop {
    /// A payment header by a fresh offer, under an identifier.
    func pay(_ slug: String, under identifier: JSONValue, by buyer: Buyer = .ada, nonce: UInt8 = 1) async throws -> HTTPFields {
        let payment = try buyer.sign(try await terms(slug), nonce: nonce, at: clock.now)
        var json = payment.json
        json["extensions"] = ["payment-identifier": ["info": ["required": false, "id": identifier]]]
        return [.paymentSignature: PaymentHeader.encode(json)]
    }

    func pay(_ slug: String, under identifier: String, by buyer: Buyer = .ada, nonce: UInt8 = 1) async throws -> HTTPFields {
        try await pay(slug, under: .string(identifier), by: buyer, nonce: nonce)
    }
}
