import Domain
import Testing

@Suite struct ReplayTests {
    static let settledAt = Timestamp(seconds: 1_000_000)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var stored: [UInt8]?
        var shown: [UInt8]?
        var productID: Int64 = 7
        var sandbox = false
        var settled = true
        var after: Duration = .seconds(1)
        var verdict: Replay
    }

    static let seal = [UInt8](repeating: 1, count: 32)
    static let otherSeal = [UInt8](repeating: 1, count: 31) + [2]

    static let cases: [Case] = [
        Case(testDescription: "the same seal", stored: seal, shown: seal, verdict: .honest),
        Case(testDescription: "the same seal a year later", stored: seal, shown: seal, after: .seconds(365 * 86_400), verdict: .honest),
        Case(testDescription: "another seal", stored: seal, shown: otherSeal, verdict: .foreign),
        Case(testDescription: "no seal for a sealed payment", stored: seal, shown: nil, verdict: .foreign),
        Case(testDescription: "a seal for an unsealed payment", stored: nil, shown: seal, verdict: .foreign),
        Case(testDescription: "no seals at once", stored: nil, shown: nil, after: .zero, verdict: .honest),
        Case(testDescription: "no seals at 15 minutes", stored: nil, shown: nil, after: .seconds(900), verdict: .honest),
        Case(testDescription: "no seals after 15 minutes", stored: nil, shown: nil, after: .milliseconds(900_001), verdict: .foreign),
        Case(testDescription: "no seals and not settled", stored: nil, shown: nil, settled: false, after: .seconds(86_400), verdict: .honest),
        Case(testDescription: "the same seal for another product", stored: seal, shown: seal, productID: 8, verdict: .foreign),
        Case(testDescription: "no seals for another product", stored: nil, shown: nil, productID: 8, verdict: .foreign),
        Case(testDescription: "the same seal as practice money", stored: seal, shown: seal, sandbox: true, verdict: .foreign),
        Case(testDescription: "the same seal, not settled", stored: seal, shown: seal, settled: false, verdict: .honest),
        Case(testDescription: "another seal, not settled", stored: seal, shown: otherSeal, settled: false, verdict: .foreign),
    ]

    @Test(arguments: cases) func `a payment seen before is judged by product, seal and time`(_ test: Case) throws {
        let key = PaymentKey(
            network: try #require(Network(chainID: 8453)), asset: [UInt8](repeating: 1, count: 20), payer: [UInt8](repeating: 2, count: 20),
            nonce: [UInt8](repeating: 3, count: 32))
        let claim = Claim(
            authorization: Authorization(
                key: key, payTo: [UInt8](repeating: 4, count: 20), amount: AtomicAmount(10_000), validAfter: 0, validBefore: 2_000_000, signature: [5]
            ),
            sandbox: false, productID: 7, repeatable: false, content: try #require(ContentDigest([UInt8](repeating: 6, count: 32))),
            protocolVersion: 2, sealHash: test.stored, token: try #require(PaymentToken([UInt8](repeating: 7, count: 12))), at: Self.settledAt)
        var payment = Payment(id: 1, claim: claim)
        #expect(payment.state == .claimed)
        #expect(payment.receiptID.description == "1-070707070707070707070707")
        if test.settled { payment.settledAt = Self.settledAt }
        let verdict = Replay.judge(
            payment, productID: test.productID, sealHash: test.shown, sandbox: test.sandbox, now: Self.settledAt + test.after)
        #expect(verdict == test.verdict)
    }
}
