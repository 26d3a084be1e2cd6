import BigInt
import Domain
import EVM
import JSON
import Storage
import Testing
import X402EVM

@testable import Facilitators

/// What became of a payment that another process, or an earlier call, left open.
@Suite struct ResolveTests {
    // MARK: Mined

    @Test func `an attempt that was mined settled the payment`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization())
        desk.chain.set { state in state.waiting[attempt.hash] = (attempt, 0) }
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: attempt.hash))
        #expect(desk.chain.get { $0.sent.isEmpty })
        #expect(try await desk.feesBecome(66_000_000_000))
    }

    @Test func `an attempt that reverted is passed over for one that settled`() async throws {
        let desk = try await ChainDesk()
        let (payment, first) = try await desk.settling(desk.authorization())
        let unsigned = first.unsigned
        let second = try #require(
            EIP1559Transaction(
                chainID: 8453, nonce: 1, maxPriorityFeePerGas: 1, maxFeePerGas: 3, gasLimit: 150_000, to: unsigned.to, value: 0, data: unsigned.data)
        ).signed(by: ChainDesk.settler)
        _ = try await desk.writer.addAttempt(
            paymentID: payment.id, transaction: second.hash.bytes, raw: second.raw, settler: ChainDesk.settler.address.bytes, accountNonce: 1,
            feeLimit: 9,
            at: desk.clock.now)
        desk.chain.set { state in
            state.receipts[first.hash] = FakeChain.receipt(status: 0, logs: [])
            state.waiting[second.hash] = (second, 0)
        }
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: second.hash))
    }

    // MARK: Used by somebody

    @Test func `an authorization that a stranger submitted settled the payment`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        try desk.useElsewhere(payment.authorization)
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: ChainDesk.elsewhere))
    }

    @Test(arguments: [100, 7_000, 100_000] as [UInt64])
    func `a use is looked for back to the claim, in steps that nodes allow`(_ age: UInt64) async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        desk.chain.set {
            $0.block = 200_000
            $0.newestTime += 2 * age
        }
        try desk.useElsewhere(payment.authorization, block: 200_001 - age)
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: ChainDesk.elsewhere))
        let searches = desk.chain.get { $0.searches }
        #expect(searches.count == Int((age + 999) / 1000))
        #expect(searches.first == 199_001...200_000)
        #expect(zip(searches, searches.dropFirst()).allSatisfy { $0.lowerBound == $1.upperBound + 1 })
    }

    @Test func `the search ends some minutes before the claim`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        // Claimed 5,000 blocks ago; clocks may differ by another 300.
        desk.chain.set {
            $0.block = 20_000
            $0.newestTime += 10_000
        }
        try desk.useElsewhere(payment.authorization, block: 11_000)
        #expect(await desk.resolve(payment) == "unknown")
        let searches = desk.chain.get { $0.searches }
        #expect(searches.count == 12, "six for the use and six for a cancellation")
        #expect(searches.map(\.lowerBound).min() == 14_001)
    }

    @Test func `the search ends at the first block, and is not endless where blocks have no time`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        let nonce = try #require(Bytes32(payment.authorization.key.nonce))
        desk.chain.set {
            $0.used.insert(nonce)
            $0.odd = ["eth_getBlockByNumber": nil]
            $0.block = 2_500
        }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.chain.get { $0.searches } == [1_501...2_500, 501...1_500, 0...500, 1_501...2_500, 501...1_500, 0...500])
        desk.chain.set {
            $0.searches = []
            $0.block = 600_000
        }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.chain.get { $0.searches.count } == 2 * 512)
    }

    @Test func `a node that refuses wide ranges is asked for narrower ones`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        desk.chain.set {
            $0.block = 20_000
            $0.widestSearch = 100
        }
        try desk.useElsewhere(payment.authorization, block: 19_750)
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: ChainDesk.elsewhere))
        #expect(desk.chain.get { $0.searches } == [19_001...20_000, 19_901...20_000, 19_801...19_900, 19_701...19_800])

        desk.chain.set {
            $0.widestSearch = 10
            $0.searches = []
            $0.logs[0].block = 19_985
        }
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: ChainDesk.elsewhere))
        #expect(desk.chain.get { $0.searches } == [19_001...20_000, 19_901...20_000, 19_991...20_000, 19_981...19_990])

        desk.chain.set {
            $0.widestSearch = 9
            $0.searches = []
        }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.chain.get { $0.searches.count } == 3, "a node that refuses ten blocks refuses them all")
        #expect(desk.logBook.all.contains { $0.hasPrefix("warning: an open payment could not be looked into: query exceeds") })
    }

    @Test func `an authorization that its payer cancelled failed`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization())
        let nonce = try #require(Bytes32(payment.authorization.key.nonce))
        desk.chain.set { state in
            state.used.insert(nonce)
            state.logs.append(([EventTopic.authorizationCanceled, ChainDesk.payer.address.word, nonce], ChainDesk.elsewhere, 90))
            state.receipts[attempt.hash] = FakeChain.receipt(status: 0, logs: [])
        }
        #expect(await desk.resolve(payment) == "failed: invalid_exact_evm_nonce_already_used")
    }

    @Test func `a use without any trace, or to another, is unclear and never failed`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        let nonce = try #require(Bytes32(payment.authorization.key.nonce))
        desk.chain.set { state in state.used.insert(nonce) }
        #expect(await desk.resolve(payment) == "unknown")
        try desk.useElsewhere(payment.authorization, to: EVMAddress([UInt8](repeating: 0x99, count: 20)))
        #expect(await desk.resolve(payment) == "unknown")
        desk.chain.set { $0.receipts = [:] }
        #expect(await desk.resolve(payment) == "unknown")
    }

    // MARK: Not used yet

    @Test func `the same bytes are sent again while they can be mined`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization())
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: attempt.hash))
        #expect(desk.chain.get { $0.sent.map(\.hash) } == [attempt.hash])
        #expect(try await desk.reader.attempts(paymentID: payment.id).count == 1)
    }

    @Test(arguments: [[FakeChain.Send.keep], [.cut, .cut], [.revert]]) func `what is sent again and not mined yet is unclear`(
        _ sends: [FakeChain.Send]
    ) async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = sends }
        let (payment, _) = try await desk.settling(desk.authorization())
        #expect(await desk.resolve(payment) == "unknown")
        #expect(try await desk.reader.attempts(paymentID: payment.id).count == 1)
    }

    // MARK: Fees that rose

    static let rises: [(baseFee: UInt64, isRaised: Bool)] = [
        // What it offers, 2,100,000, is enough for the base fee and the tip of 100,000.
        (1_000_000, false), (2_000_000, false),
        (2_000_001, true), (30_000_000, true), (3_300_000_000, true),
        // 150,000 gas for twice the base fee and the tip would cost more than a thousandth of a coin.
        (3_400_000_000, false),
    ]

    @Test(arguments: rises) func `a waiting transaction is raised under its own nonce when fees rose, and not above the cap`(
        _ rise: (baseFee: UInt64, isRaised: Bool)
    ) async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization(), accountNonce: 4)
        desk.chain.set {
            $0.transactionCount = 4
            $0.baseFee = rise.baseFee
            $0.sends = [.keep, .keep]
        }
        #expect(await desk.resolve(payment) == "unknown")
        let sent = desk.chain.get { $0.sent }
        #expect(sent.first?.hash == attempt.hash)
        #expect(sent.count == (rise.isRaised ? 2 : 1))
        let attempts = try await desk.reader.attempts(paymentID: payment.id)
        #expect(attempts.map(\.raw) == sent.map(\.raw), "what is sent was stored")
        #expect(attempts.allSatisfy { $0.accountNonce == 4 })
        #expect(desk.logBook.all.contains { $0.hasPrefix("warning: fees rose") } == rise.isRaised)
        guard rise.isRaised else { return }

        let (old, new) = (attempt.unsigned, sent[1].unsigned)
        #expect(new.nonce == 4 && new.data == old.data && new.to == old.to && new.gasLimit == old.gasLimit && new.chainID == old.chainID)
        #expect(sent[1].sender == ChainDesk.settler.address)
        #expect(new.maxFeePerGas == BigUInt(2 * rise.baseFee + 100_000))
        #expect(new.maxPriorityFeePerGas == 112_501)
        #expect(new.maxFeePerGas * 8 >= old.maxFeePerGas * 9 && new.maxPriorityFeePerGas * 8 >= old.maxPriorityFeePerGas * 9)
        #expect(desk.facilitator.fees.spent(at: desk.clock.now) == UInt128(2 * rise.baseFee + 100_000) * 150_000)

        // Fees did not rise again: the raised bytes go out once more, and no others; then they are mined.
        desk.chain.set { $0.sends = [.keep] }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.chain.get { $0.sent.map(\.hash) } == [attempt.hash, sent[1].hash, sent[1].hash])
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: sent[1].hash))
        #expect(try await desk.reader.attempts(paymentID: payment.id).count == 2)
    }

    @Test func `a raise is an eighth at least, or nodes would not have it`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization(), maximumFee: 109_999)
        desk.chain.set {
            $0.baseFee = 10_000
            $0.sends = [.keep, .keep]
        }
        #expect(await desk.resolve(payment) == "unknown")
        let sent = desk.chain.get { $0.sent }
        #expect(sent.map(\.unsigned.maxFeePerGas) == [109_999, 123_749])
        #expect(sent.map(\.unsigned.maxPriorityFeePerGas) == [100_000, 112_501])
        #expect(sent.map(\.unsigned.nonce) == [attempt.unsigned.nonce, attempt.unsigned.nonce])
    }

    @Test func `the first of two under one nonce settles the payment too`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization())
        desk.chain.set {
            $0.baseFee = 5_000_000
            $0.sends = [.keep, .refuse("replacement transaction underpriced")]
        }
        #expect(await desk.resolve(payment) == "unknown")
        desk.chain.set { $0.waiting[attempt.hash] = (attempt, 0) }
        #expect(await desk.resolve(payment) == ChainDesk.settled(by: attempt.hash))
    }

    @Test func `what was refused is signed anew once its nonce has gone to another, and not before`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization(), accountNonce: 4)
        desk.chain.set {
            $0.transactionCount = 4
            $0.sends = [.refuse("replacement transaction underpriced")]
        }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.chain.get { $0.sent.count } == 1)
        desk.chain.set {
            $0.transactionCount = 5
            $0.sends = [.refuse("nonce too low")]
        }
        let outcome = await desk.resolve(payment)
        let renewed = try #require(desk.chain.get { $0.sent }.last)
        #expect(outcome == ChainDesk.settled(by: renewed.hash))
        #expect(renewed.hash != attempt.hash && renewed.unsigned.nonce == 5)
        #expect(try await desk.reader.attempts(paymentID: payment.id).map(\.accountNonce) == [4, 5])
    }

    @Test func `a payment is not signed anew without end`() async throws {
        let desk = try await ChainDesk()
        let (payment, attempt) = try await desk.settling(desk.authorization())
        for number in 1...15 as ClosedRange<UInt8> {
            _ = try await desk.writer.addAttempt(
                paymentID: payment.id, transaction: [UInt8](repeating: number, count: 32), raw: attempt.raw, settler: ChainDesk.settler.address.bytes,
                accountNonce: 0, feeLimit: 1, at: desk.clock.now)
        }
        desk.chain.set {
            $0.transactionCount = 50
            $0.sends = [.refuse("nonce too low")]
        }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.chain.get { $0.sent.count } == 1)
    }

    @Test func `an open payment without an attempt is signed and sent`() async throws {
        let desk = try await ChainDesk()
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.resolve(payment).hasPrefix("settled"))
        #expect(desk.chain.get { $0.sent.count } == 1)
    }

    // MARK: Over

    @Test func `a payment failed only when it is unused at a final block after its window`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        let end = payment.authorization.validBefore
        desk.clock.advance(.seconds(294))
        desk.chain.set { $0.finalTime = end - 1 }
        #expect(await desk.resolve(payment) == "unknown")
        desk.chain.set {
            $0.finalTime = end
            $0.usedWhenFinal = true
        }
        #expect(await desk.resolve(payment) == "unknown")
        desk.chain.set { $0.usedWhenFinal = false }
        #expect(await desk.resolve(payment) == "failed: invalid_exact_evm_payload_authorization_valid_before")
        #expect(desk.chain.get { $0.sent.isEmpty }, "nothing is sent that cannot be mined in time")
    }

    @Test(arguments: [true, false]) func `an attempt that is given up makes the next settlement ask for its nonce`(_ hasAttempt: Bool) async throws {
        let desk = try await ChainDesk()
        let first = try await desk.claim(desk.authorization())
        #expect(await desk.settle(first).hasPrefix("settled"))
        let authorization = desk.authorization(nonce: 2)
        let given = hasAttempt ? try await desk.settling(authorization, accountNonce: 1).payment : try await desk.claim(authorization)
        desk.clock.advance(.seconds(294))
        #expect(await desk.resolve(given) == "unknown")
        _ = desk.chain.calls()
        let next = try await desk.claim(desk.authorization(nonce: 3))
        #expect(await desk.settle(next).hasPrefix("settled"))
        #expect(desk.chain.calls().contains("eth_getTransactionCount") == hasAttempt)
        #expect(try await desk.reader.attempts(paymentID: next.id).map(\.accountNonce) == [1])
    }

    static let troubles: [@Sendable (inout FakeChain.State) -> Void] = [
        { $0.isCut = true }, { $0.troubled = ["eth_getTransactionReceipt"] }, { $0.troubled = ["eth_call"] }, { $0.odd = ["eth_call": nil] },
        { $0.odd = ["eth_call": "0x"] }, { $0.odd = ["eth_getBlockByNumber": nil] }, { $0.odd = ["eth_getBlockByNumber": ["number": "0x1"]] },
        { $0.troubled = ["eth_getBlockByNumber"] },
    ]

    @Test(arguments: troubles.indices) func `a node that cannot be believed ends nothing`(_ index: Int) async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        desk.clock.advance(.seconds(3600))
        desk.chain.set { $0.finalTime = payment.authorization.validBefore + 100 }
        desk.chain.set(Self.troubles[index])
        #expect(await desk.resolve(payment) == "unknown")
    }

    @Test func `a node without block numbers cannot say who used it`() async throws {
        let desk = try await ChainDesk()
        let (payment, _) = try await desk.settling(desk.authorization())
        try desk.useElsewhere(payment.authorization)
        desk.chain.set { $0.odd = ["eth_blockNumber": "soon"] }
        #expect(await desk.resolve(payment) == "unknown")
        #expect(desk.logBook.all.contains { $0.hasPrefix("warning: an open payment could not be looked into") })
    }
}
