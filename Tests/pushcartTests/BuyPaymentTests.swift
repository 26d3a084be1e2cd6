import BigInt
import Domain
import EVM
import Foundation
import JSON
import Testing
import X402
import X402EVM

@testable import pushcart

struct BuyPaymentTests {
    private let folder: BuyTemporaryFolder

    init() throws { folder = try BuyTemporaryFolder() }

    private func isSigned(_ payment: StoredPayment) throws -> Bool {
        let token = payment.preset.token
        let domain = EIP712Domain(
            name: token.domainName, version: token.domainVersion, chainID: payment.network.chainID, verifyingContract: token.address)
        let exact = try ExactPayload(payment.payload.payload)
        guard case .recovers = ExactSignature(of: exact, in: domain) else { return false }
        return exact.authorization.from == BuyFixture.key.address
    }

    @Test("A payment of version 2 is signed for the terms and echoes the offer verbatim")
    func versionTwo() throws {
        let payment = try BuyFixture.payment()
        let json = try PaymentHeader.decode(payment.header.value)
        let offer = BuyFixture.offer([BuyFixture.way()])
        #expect(payment.header.name == "PAYMENT-SIGNATURE")
        #expect(json["accepted"] == .object(BuyFixture.way()))
        #expect(json["resource"] == offer["resource"])
        #expect(json["extensions"] == offer["extensions"])
        #expect(payment.authorization.value == 10_000)
        #expect(payment.authorization.validAfter == 0)
        #expect(payment.validBefore == BuyFixture.now.seconds + 300)
        #expect(payment.title == "Hello [31m world")
        #expect(try isSigned(payment))
        #expect(ExactWindow.problem(validAfter: 0, validBefore: payment.authorization.validBefore, now: BuyFixture.now.seconds) == nil)
    }

    @Test("A payment of version 1 goes into X-PAYMENT, echoes nothing and is valid from a minute ago")
    func versionOne() throws {
        let offer = try BuyOffer(header: nil, body: JSONValue.object(BuyFixture.offerV1()).encoded())
        let terms = try BuyJudge(asked: BuyFixture.asked, maximum: Money("1.00", .usd)).choose(offer)
        let payment = StoredPayment(
            signing: terms, of: offer, asked: BuyFixture.asked, target: BuyFixture.asked, with: BuyFixture.key, nonce: .zero, at: BuyFixture.now)
        let json = try PaymentHeader.decode(payment.header.value)
        #expect(payment.header.name == "X-PAYMENT")
        #expect(Set(json.keys) == ["x402Version", "scheme", "network", "payload"])
        #expect(json["network"] == "base-sepolia")
        #expect(payment.authorization.validAfter == BigUInt(BuyFixture.now.seconds - 60))
        #expect(try isSigned(payment))
        #expect(try #require(StoredPayment(payment.json)).price == payment.price)
    }

    @Test("What is stored is sent again to the letter")
    func roundTrip() throws {
        let payment = try BuyFixture.payment()
        let slot = try StoredPaymentSlot(payment.asked, payer: payment.payer, in: folder.state)
        #expect(try slot.read() == nil)
        try slot.write(payment)
        let again = try #require(try slot.read())
        #expect(again.header.value == payment.header.value)
        #expect(again.target == payment.target)
        #expect(again.price == "0.01 USDC (practice money) on Base Sepolia")
        #expect(again.title == payment.title)
        let name = "pushcart/payments/\(StoredPaymentSlot.name(payment.asked, payer: payment.payer)).json"
        #expect(try folder.mode(name) == 0o600)
        #expect(try folder.names("pushcart/payments").count == 2)
    }

    @Test("One payment at a time: whoever comes second is told to wait, and finds the place free afterwards")
    func lock() throws {
        let payment = try BuyFixture.payment()
        do {
            let slot = try StoredPaymentSlot(payment.asked, payer: payment.payer, in: folder.state)
            let failure = try #require(throws: CommandFailure.self) {
                try StoredPaymentSlot(payment.asked, payer: payment.payer, in: folder.state)
            }
            #expect(failure.exitCode == 75)
            // Another address or another wallet has its own place.
            _ = try StoredPaymentSlot(#require(BuyURL("http://other/")), payer: payment.payer, in: folder.state)
            _ = try StoredPaymentSlot(payment.asked, payer: .zero, in: folder.state)
            try slot.write(payment)
        }
        do {
            let slot = try StoredPaymentSlot(payment.asked, payer: payment.payer, in: folder.state)
            #expect(try slot.read()?.authorization == payment.authorization)
            try slot.remove()
        }
        #expect(try folder.names("pushcart/payments").isEmpty)
    }

    @Test("A stored payment that cannot be read, or is another's, is never overwritten")
    func unreadable() throws {
        let payment = try BuyFixture.payment()
        let slot = try StoredPaymentSlot(payment.asked, payer: payment.payer, in: folder.state)
        for text in ["", "{}", "rubbish", #"{"format":1,"url":"http://a/"}"#] {
            try PrivateFile.write(Array(text.utf8), to: slot.path)
            #expect(throws: CommandFailure.self) { try slot.read() }
        }
        try slot.write(try BuyFixture.payment(asked: #require(BuyURL("http://other/"))))
        #expect(throws: CommandFailure.self) { try slot.read() }
        try slot.write(payment)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: slot.path)
        #expect(throws: CommandFailure.self) { try slot.read() }
    }

    @Test("Nonces are 32 random bytes")
    func nonces() { #expect(Set((0..<100).map { _ in BuyWallet.randomBytes32() }).count == 100) }
}

struct PaymentAnswerTests {
    private func answer(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") -> PaymentAnswer {
        PaymentAnswer(status: status, header: { headers[$0] }, body: Array(body.utf8))
    }

    private let terms = (PaymentHeader.required, PaymentHeader.encode(BuyFixture.offer([])))

    @Test("Pending is pending, with or without terms: nobody signs twice")
    func pending() {
        let pending = BuyFakeShop.settlement(false, "settlement_pending")
        #expect(answer(402, [pending.0: pending.1, "Retry-After": "7"]) == .pending(seconds: 7))
        #expect(answer(402, [pending.0: pending.1, terms.0: terms.1]) == .pending(seconds: nil))
        #expect(answer(402, ["X-PAYMENT-RESPONSE": pending.1]) == .pending(seconds: nil))
    }

    @Test("Only a failure with new terms is final")
    func refused() {
        let failure = BuyFakeShop.settlement(false, "insufficient_funds")
        #expect(answer(402, [failure.0: failure.1, terms.0: terms.1]) == .refused("insufficient_funds", isFinal: true))
        #expect(answer(402, [failure.0: failure.1]) == .refused("insufficient_funds", isFinal: false))
        #expect(answer(402, [terms.0: terms.1]) == .refused("payment needed", isFinal: false))
        let v1 = JSONValue.object(BuyFixture.offerV1()).text
        #expect(answer(402, ["X-PAYMENT-RESPONSE": failure.1], v1) == .refused("insufficient_funds: payment needed", isFinal: true))
        #expect(answer(402, [PaymentHeader.response: "rubbish", terms.0: terms.1]) == .refused("payment needed", isFinal: false))
        #expect(answer(404, [:], #"{"detail":"Not here.\u001b[2J"}"#) == .refused("it answered 404: Not here. [2J", isFinal: false))
        #expect(answer(302) == .refused("it answered 302", isFinal: false))
    }

    @Test("Errors of the shop's machinery say nothing about the payment", arguments: [408, 425, 429, 500, 502, 503, 504])
    func unavailable(_ status: Int) { #expect(answer(status) == .unavailable("it answered \(status)")) }

    @Test("What a service answers that was not charged for is a refusal, with the shop's word", arguments: [400, 404, 429, 500, 502, 504])
    func notCharged(_ status: Int) {
        let failed = BuyFakeShop.settlement(false, "upstream_failed")
        #expect(answer(status, [failed.0: failed.1]) == .refused("it answered \(status): upstream_failed", isFinal: false))
        let open = BuyFakeShop.settlement(false, "settlement_pending")
        if status >= 500 { #expect(answer(status, [open.0: open.1]) == .unavailable("it answered \(status)")) }
    }

    @Test("Goods are goods, whatever their header says")
    func goods() {
        let success = BuyFakeShop.settlement(true)
        guard case .goods(let settlement?) = answer(200, [success.0: success.1]) else {
            Issue.record("no goods")
            return
        }
        #expect(settlement.transaction == "0xabc")
        #expect(answer(206) == .goods(nil))
        #expect(answer(200, [PaymentHeader.response: "rubbish"]) == .goods(nil))
    }
}
