import Domain
import Payments
import Storage
import Testing
import X402

/// Whoever owns the goods gets them, whatever stands in the way of a new payment.
@Suite struct PaygateOwnerTests {
    @Test(arguments: [
        Verdict.proven(but: WireError(.insufficientFunds, "The wallet is empty.")), .provenUnavailable("Fees are high."),
    ])
    func `a proved wallet that owns the product gets it though its payment could not be settled`(_ verdict: Verdict) async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product).told == "admitted")
        desk.facilitator.set { $0.verdict = verdict }
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: 2), for: product).told == "owned")
    }

    @Test func `a proved wallet that owns nothing, or wants what sells every time, is told why not`() async throws {
        let desk = try PayDesk()
        let once = try await desk.product("once")
        let often = try await desk.product("often", repeatable: true)
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(often)), for: often).told == "admitted")
        desk.facilitator.set { $0.verdict = .proven(but: WireError(.insufficientFunds, "The wallet is empty.")) }
        for (product, nonce) in [(once, 2), (often, 3)] as [(Product, Int64)] {
            #expect(
                try await desk.gate().admit(PayDesk.pay(desk.offer(product), nonce: nonce), for: product).told == "refused: insufficient_funds")
        }
        desk.facilitator.set { $0.verdict = .provenUnavailable("Fees are high.") }
        #expect(try await desk.gate().admit(PayDesk.pay(desk.offer(often), nonce: 4), for: often).told == "unavailable")
    }

    @Test func `the receipt of a settled payment is found without taking anything, for its buyer alone`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PayDesk.pay(try desk.offer(product))
        #expect(try desk.gate().receipt(for: payload, product: product) == nil)
        #expect(try await desk.gate().admit(payload, for: product).told == "admitted")
        #expect(try desk.gate().receipt(for: payload, product: product)?.payment.id == 1)
        // The same authorization under another sealed offer is what anybody could read on the chain.
        #expect(try desk.gate().receipt(for: PayDesk.pay(desk.offer(product)), product: product) == nil)
        let other = try await desk.product("other")
        #expect(try desk.gate().receipt(for: payload, product: other) == nil)
    }

    @Test func `money that arrives for a payment that had failed is told and listed`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = .failed(WireError(.validBefore, "It ran out.")) }
        let answer = try await desk.gate().admit(PayDesk.pay(desk.offer(product)), for: product)
        #expect(answer.told.hasPrefix("refused"))
        let payment = try #require(try desk.reader.payment(id: 1))
        #expect(try await desk.writer.post(paymentID: payment.id, transaction: [UInt8](repeating: 1, count: 32), at: desk.clock.now).stood)
        #expect(try desk.state(1) == .failed)
    }
}

extension PostOutcome {
    fileprivate var stood: Bool { if case .stands = self { true } else { false } }
}
