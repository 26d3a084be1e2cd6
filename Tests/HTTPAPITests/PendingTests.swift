import Catalogue
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// Payments that a chain settles: at once, later, or never.
@Suite struct PendingTests {
    @Test func `a payment under way is told as pending without terms, so that nobody signs twice`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        let pay = try await shop.pay("song")
        for _ in 0..<2 {
            let answer = try await shop.get("/p/song", pay)
            answer.expect(402, has: ["settlement_pending"], hasNot: ["0123456789", "accepts", "x402Version"])
            #expect(answer.headers[.paymentRequired] == nil)
            #expect(answer.headers[.comeBack] == "2")
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.link] == nil)
            let payment = try #require(try shop.payments.first)
            let status = "https://shop.example/r/\(payment.receiptID)"
            #expect(answer.headers[.location] == status)
            #expect(try answer.json()["status"]?.string == status)
            let outcome = try answer.outcome()
            #expect(!outcome.success && outcome.errorReason == .settlementPending)
            #expect(outcome.transaction == "0x" + lowercaseHex(ScriptedChain.transaction))
            #expect(outcome.payer == Buyer.ada.address && outcome.network == "eip155:84532")
        }
        #expect(try shop.payments.map(\.state) == [.uncertain])
        #expect(try await shop.sales == ["payment.uncertain 1"])
    }

    @Test func `another authorization of the same wallet waits for the first and is not claimed`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        try await shop.get("/p/song", shop.pay("song")).expect(402, has: ["settlement_pending"])
        try await shop.get("/p/song", shop.pay("song", nonce: 2)).expect(402, has: ["settlement_pending"])
        #expect(try shop.payments.count == 1)
    }

    @Test func `version 1 is told of a pending payment in its words`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        let answer = try await shop.get("/p/song", shop.payV1())
        answer.expect(402, has: ["settlement_pending"], hasNot: ["accepts"])
        #expect(try answer.outcome(.xPaymentResponse).network == "base-sepolia")
        #expect(answer.headers[.paymentResponse] == nil)
    }

    @Test func `a payment that settles brings the goods of a public shop`() async throws {
        let shop = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction))
        try await shop.sell()
        let answer = try await shop.get("/p/song", shop.pay("song"))
        #expect(answer.text == "0123456789")
        #expect(try answer.outcome().transaction == "0x" + lowercaseHex(ScriptedChain.transaction))
        #expect(try shop.payments.map(\.state) == [.settled])
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `a payment that failed is refused with its reason, now and later`() async throws {
        let shop = try ScriptedChain.shop(.failed(WireError(.validBefore, "It ran out.")))
        try await shop.sell()
        let pay = try await shop.pay("song")
        for _ in 0..<2 {
            let answer = try await shop.get("/p/song", pay)
            answer.expect(402, has: ["authorization_valid_before", "took no money"], hasNot: ["0123456789"])
            #expect(try answer.required().accepts.count == 1)
        }
        #expect(try shop.payments.map(\.state) == [.failed])
        #expect(try await shop.sales == ["payment.failed 1"])
    }

    @Test func `a payment that could not be sent is given back and may be tried again`() async throws {
        let shop = try ScriptedChain.shop(.notSent(WireError(.unexpectedSettleError, "Nobody answers.")))
        try await shop.sell()
        let answer = try await shop.get("/p/song", shop.pay("song"))
        try answer.expectProblem(503, "nothing was charged")
        #expect(try shop.payments.map(\.state) == [.released])
        #expect(try await shop.sales == [])
    }
}
