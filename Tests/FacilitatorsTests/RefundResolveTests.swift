import AsyncHTTPClient
import BigInt
import Domain
import EVM
import JSON
import Logging
import Payments
import Storage
import Testing
import X402EVM

@testable import Facilitators

/// What becomes of a refund that another process, or a lost answer, left open. Money leaves once.
@Suite struct RefundResolveTests {
    /// A refund whose bytes were stored, by a process that died before or after it sent them.
    private func stored(_ bench: RefundBench, nonce: UInt64 = 0, maximumFee: UInt64 = 2_100_000) async throws -> (Refund, SignedTransaction) {
        let refund = try await bench.approved(try await bench.sale())
        let signed = try #require(
            EIP1559Transaction(
                chainID: 8453, nonce: nonce, maxPriorityFeePerGas: 100_000, maxFeePerGas: BigUInt(maximumFee), gasLimit: 120_000,
                to: bench.refunder.asset.address, value: 0, data: ERC20.transferCallData(to: ChainDesk.payer.address, value: 1_000_000))
        ).signed(by: RefundBench.key)
        try #require(try await bench.refunder.store(signed, refund, nil) == .stored)
        return (try bench.refund(refund.id), signed)
    }

    @Test func `stored and never sent: the same bytes are sent`() async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench)
        try await bench.refunds.pass()
        #expect(bench.sent.map(\.raw) == [signed.raw])
        #expect(try bench.refund(refund.id).state == .settled)
        #expect(try await bench.attempts(refund).count == 1)
    }

    @Test func `sent and mined before anybody knew: it is found and nothing is sent again`() async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench)
        bench.desk.chain.set { $0.waiting[signed.hash] = (signed, 0) }
        try await bench.refunds.pass()
        #expect(bench.sent.isEmpty)
        let ended = try bench.refund(refund.id)
        #expect(ended.state == .settled && ended.transaction == signed.hash.bytes)
    }

    @Test func `lost answers, refusals and silence leave it uncertain, whatever comes of the bytes`() async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench)
        for send in [FakeChain.Send.cut, .refuse("nonce too low"), .keep] {
            bench.desk.chain.set { state in
                state.known = []
                state.sends = [send, send]
            }
            try await bench.refunds.pass()
            #expect(try bench.refund(refund.id).state == .uncertain, "\(send)")
        }
        #expect(Set(bench.sent.map(\.raw)) == [signed.raw])
        bench.desk.chain.set { $0.sends = [.mineAndCut] }
        try await bench.refunds.pass()
        #expect(try bench.refund(refund.id).state == .settled)
        #expect(bench.paid == 1)
    }

    @Test func `fees that rose raise the bid under the same account nonce, stored beside the first`() async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench, nonce: 3)
        bench.desk.chain.set { state in
            state.transactionCount = 3
            state.baseFee = 8_000_000
            state.sends = [.keep, .mine]
        }
        try await bench.refunds.pass()
        let attempts = try await bench.attempts(refund)
        #expect(attempts.count == 2 && attempts.allSatisfy { $0.accountNonce == 3 } && attempts[0].raw == signed.raw)
        let raised = try SignedTransaction(decoding: attempts[1].raw).unsigned
        #expect(raised.data == signed.unsigned.data && raised.maxFeePerGas > signed.unsigned.maxFeePerGas)
        try await bench.refunds.pass()
        #expect(try bench.refund(refund.id).transaction == attempts[1].transaction)
        #expect(bench.paid == 1)
    }

    @Test func `a transfer that was mined and moved nothing is a failure only once its block is final`() async throws {
        for send in [FakeChain.Send.revert, .nothing] {
            let bench = try await RefundBench()
            let payment = try await bench.sale()
            let refund = try await bench.approved(payment)
            bench.desk.chain.set { $0.sends = [send] }
            try await bench.refunds.pass()
            #expect(try bench.refund(refund.id).state == .uncertain)
            bench.desk.chain.set { $0.finalNumber = 100 }
            try await bench.refunds.pass()
            let failed = try bench.refund(refund.id)
            #expect(failed.state == .failed && failed.failure?.contains("carried out no transfer") == true)
            #expect(try await bench.desk.reader.ledgerEntries(paymentID: payment.id).map(\.movement.kind) == [.gas, .sale])
            // The money may be given back by a refund of its own, with a nonce of its own.
            let next = try await bench.approved(payment)
            try await bench.refunds.pass()
            #expect(try bench.refund(next.id).state == .settled)
            #expect(bench.sent.map(\.unsigned.nonce) == [0, 1])
            #expect(try await bench.desk.reader.checkLedger().isClean)
        }
    }

    @Test func `a nonce that went to something else fails it only by a final block, and never while one of ours is known`() async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench, nonce: 3)
        bench.desk.chain.set { state in
            state.transactionCount = 4
            state.troubled = ["eth_getBlockByNumber"]
        }
        try await bench.refunds.pass()
        #expect(try bench.refund(refund.id).state == .uncertain)
        bench.desk.chain.set { state in
            state.troubled = []
            state.known = [signed.hash]
        }
        try await bench.refunds.pass()
        #expect(try bench.refund(refund.id).state == .uncertain)
        bench.desk.chain.set { $0.known = [] }
        try await bench.refunds.pass()
        let failed = try bench.refund(refund.id)
        #expect(failed.state == .failed && failed.failure?.contains("transaction number 3 was used by something else") == true)
        #expect(bench.sent.isEmpty)
    }

    @Test(arguments: ["another payer", "another amount", "another wallet", "another asset"])
    func `a log that tells of something else is no proof`(_ what: String) async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench)
        let other = EVMAddress([UInt8](repeating: 0x99, count: 20))!
        let log: JSONValue = [
            "address": .string((what == "another asset" ? other : bench.refunder.asset.address).hex),
            "topics": .array(
                [
                    EventTopic.transfer, (what == "another wallet" ? other : RefundBench.wallet).word,
                    (what == "another payer" ? other : ChainDesk.payer.address).word,
                ].map { .string($0.hex) }), "data": .string(Bytes32(what == "another amount" ? 999_999 : 1_000_000 as UInt64).hex),
        ]
        bench.desk.chain.set { $0.receipts[signed.hash] = FakeChain.receipt(status: 1, logs: [log]) }
        try await bench.refunds.pass()
        #expect(try bench.refund(refund.id).state == .uncertain)
    }

    @Test func `a key that was replaced follows what the former wallet signed and signs nothing for it`() async throws {
        let bench = try await RefundBench()
        let (refund, signed) = try await stored(bench)
        let key = PrivateKey(Bytes32([UInt8](repeating: 0x44, count: 32))!)!
        let other = ChainRefunder(
            option: bench.desk.option, urls: [bench.desk.nodeURL], key: key, policy: .standard(chainID: 8453), limit: bench.refunder.limit,
            http: .shared,
            reader: bench.desk.reader, writer: bench.desk.writer, now: { [clock = bench.desk.clock] in clock.now },
            log: .init(label: "test") { [logBook = bench.desk.logBook] _ in logBook })
        bench.desk.chain.set { state in
            state.baseFee = 8_000_000
            state.sends = [.keep]
        }
        let payment = try #require(try bench.desk.reader.payment(id: refund.paymentID))
        #expect(await other.resolve(refund, of: payment) == .unknown)
        #expect(bench.sent.map(\.raw) == [signed.raw])
        bench.desk.chain.set { $0.waiting[signed.hash] = (signed, 0) }
        #expect(await other.resolve(refund, of: payment) == .settled(transaction: signed.hash.bytes))
    }
}
