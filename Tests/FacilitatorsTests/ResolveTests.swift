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

    @Test(arguments: [(100, true), (7_000, true), (9_000, false)] as [(UInt64, Bool)])
    func `a use is looked for far back, in steps that nodes allow, and not without end`(_ age: UInt64, _ isFound: Bool) async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.block = 20_000 }
        let (payment, _) = try await desk.settling(desk.authorization())
        try desk.useElsewhere(payment.authorization, block: 20_000 - age)
        _ = desk.chain.calls()
        #expect(await desk.resolve(payment) == (isFound ? ChainDesk.settled(by: ChainDesk.elsewhere) : "unknown"))
        let looks = desk.chain.calls().filter { $0 == "eth_getLogs" }.count
        #expect(looks == (age == 100 ? 1 : age == 7_000 ? 8 : 16))
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
