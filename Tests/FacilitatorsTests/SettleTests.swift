import BigInt
import Domain
import EVM
import JSON
import Storage
import Testing
import X402EVM

@testable import Facilitators

/// Settling on a chain. Signed bytes are stored before they are sent.
@Suite struct SettleTests {
    private func attempts(_ desk: ChainDesk, _ payment: Payment) async throws -> [UInt64] {
        try await desk.reader.attempts(paymentID: payment.id).map(\.accountNonce)
    }

    @Test func `a payment is signed, stored, sent and proved by its receipt`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.transactionCount = 5 }
        let authorization = desk.authorization()
        let payment = try await desk.claim(authorization)
        let outcome = await desk.settle(payment)
        let sent = try #require(desk.chain.get { $0.sent }.first)
        #expect(outcome == ChainDesk.settled(by: sent.hash))
        #expect(desk.chain.get { $0.sent.count } == 1)
        #expect(sent.sender == ChainDesk.settler.address)
        let unsigned = sent.unsigned
        #expect(unsigned.chainID == 8453 && unsigned.nonce == 5 && unsigned.gasLimit == 150_000 && unsigned.value == 0)
        #expect(unsigned.to?.bytes == desk.option.asset.address)
        #expect(unsigned.maxFeePerGas == 2_100_000 && unsigned.maxPriorityFeePerGas == 100_000)
        #expect(FunctionSelector(callData: unsigned.data) == EIP3009.transferWithVRS)

        let attempt = try #require(try await desk.reader.attempts(paymentID: payment.id).first)
        #expect(attempt.raw == sent.raw && attempt.transaction == sent.hash.bytes && attempt.accountNonce == 5 && attempt.feeLimit == 315_000_000_000)
        #expect(try desk.reader.payment(id: payment.id)?.state == .settling)
        // The receipt's fee: 60,000 gas at 1,100,000 wei; what was held for it is given back.
        #expect(try await desk.feesBecome(66_000_000_000))
        #expect(desk.facilitator.fees.spent(at: desk.clock.now) == 66_000_000_000)
    }

    @Test func `a contract's payment goes by the call with bytes, with more gas`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.code[ChainDesk.payer.address] = [0x60] }
        for (nonce, signature) in [(1, [UInt8](repeating: 0xAB, count: 100)), (2, nil)] as [(UInt8, [UInt8]?)] {
            let payment = try await desk.claim(desk.authorization(nonce: nonce, signature: signature))
            #expect(await desk.settle(payment).hasPrefix("settled"))
            let sent = try #require(desk.chain.get { $0.sent }.last)
            #expect(FunctionSelector(callData: sent.unsigned.data) == EIP3009.transferWithBytes)
            #expect(sent.unsigned.gasLimit == 400_000)
        }
    }

    @Test func `a row that is no authorization, and a chain that is silent, send nothing`() async throws {
        let desk = try await ChainDesk()
        let good = desk.authorization()
        let payment = try await desk.claim(good)
        let odd = Payment(
            id: payment.id,
            authorization: Authorization(
                key: PaymentKey(network: desk.option.network, asset: desk.option.asset.address, payer: [1], nonce: [2]), payTo: [3],
                amount: good.amount,
                validAfter: 0, validBefore: 1, signature: []),
            sandbox: false, productID: 1, content: payment.content, protocolVersion: 2, sealHash: nil, token: payment.token, state: .claimed,
            reason: nil,
            transaction: nil, claimedAt: payment.claimedAt, settledAt: nil, orderID: nil)
        #expect(await desk.settle(odd) == "not sent: invalid_payload")
        desk.chain.set { $0.isCut = true }
        #expect(await desk.settle(payment) == "not sent: unexpected_settle_error")
        desk.chain.set {
            $0.isCut = false
            $0.troubled = ["eth_getTransactionCount"]
        }
        #expect(await desk.settle(payment) == "not sent: unexpected_settle_error")
        desk.chain.set { $0.troubled = [] }
        desk.chain.set { $0.odd = ["eth_getTransactionCount": "many"] }
        #expect(await desk.settle(payment) == "not sent: unexpected_settle_error")
        #expect(desk.chain.get { $0.sent.isEmpty })
        #expect(try await attempts(desk, payment) == [])
        #expect(try desk.reader.payment(id: payment.id)?.state == .claimed)
        desk.chain.set { $0.odd = [:] }
        #expect(await desk.settle(payment).hasPrefix("settled"))
    }

    @Test(arguments: ["0x4000000000000000", "0x7fffffffffffffff", "0x8000000000000000", "0xffffffffffffffff", "0x10000000000000000"])
    func `a count of transactions beyond all numbers sends nothing and ends nobody`(_ count: String) async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.odd = ["eth_getTransactionCount": .string(count)] }
        await #expect(throws: RPCSilence.self) { try await desk.facilitator.nonces.take() }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment) == "not sent: unexpected_settle_error")
        #expect(try await attempts(desk, payment) == [])
        // An attempt that was refused is not signed anew with such a nonce either.
        let (open, _) = try await desk.settling(desk.authorization(nonce: 2))
        desk.chain.set { $0.sends = [.refuse("nonce too low")] }
        #expect(await desk.resolve(open) == "unknown")
        #expect(try await attempts(desk, open) == [0])
        desk.chain.set { $0.odd = [:] }
        #expect(await desk.settle(payment).hasPrefix("settled"))
    }

    @Test func `fees that rose above the cap send nothing and leak no nonce`() async throws {
        let desk = try await ChainDesk()
        let payment = try await desk.claim(desk.authorization())
        desk.chain.set { $0.baseFee = 4_000_000_000 }
        #expect(await desk.settle(payment) == "not sent: unexpected_settle_error")
        #expect(try await attempts(desk, payment) == [])
        desk.chain.set { $0.baseFee = 1_000_000 }
        desk.facilitator.forgetChainState()
        #expect(await desk.settle(payment).hasPrefix("settled"))
        #expect(try await attempts(desk, payment) == [0])
    }

    @Test func `a payment that has ended meanwhile is not sent, and its nonce goes to the next`() async throws {
        let desk = try await ChainDesk()
        let ended = try await desk.claim(desk.authorization())
        _ = try await desk.writer.end(paymentID: ended.id, as: .released, reason: nil, at: desk.clock.now)
        #expect(await desk.settle(ended) == "unknown")
        #expect(desk.chain.get { $0.sent.isEmpty })
        let next = try await desk.claim(desk.authorization(nonce: 2))
        #expect(await desk.settle(next).hasPrefix("settled"))
        #expect(try await attempts(desk, next) == [0])
    }

    // MARK: Sending

    @Test func `an answer that is lost after the node took it is found by the receipt`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [.mineAndCut] }
        let payment = try await desk.claim(desk.authorization())
        let outcome = await desk.settle(payment)
        let sent = desk.chain.get { $0.sent }
        #expect(outcome == ChainDesk.settled(by: try #require(sent.first).hash))
        #expect(Set(sent.map(\.hash)).count == 1, "the same bytes and no others")
        #expect(try await attempts(desk, payment) == [0])
    }

    @Test func `two lost answers are followed all the same, and the next asks the chain for its nonce`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [.cut, .mineAndCut] }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment).hasPrefix("settled"))
        #expect(desk.chain.get { Set($0.sent.map(\.hash)).count } == 1)
        _ = desk.chain.calls()
        let next = try await desk.claim(desk.authorization(nonce: 2))
        #expect(await desk.settle(next).hasPrefix("settled"))
        #expect(desk.chain.calls().contains("eth_getTransactionCount"))
        #expect(try await attempts(desk, next) == [1])
    }

    @Test func `a transaction that waits is followed until it is mined`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [.mineAfter(2)] }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment).hasPrefix("settled"))
        #expect(desk.chain.get { $0.sent.count } == 1)
    }

    @Test func `a node that refuses in words though it took it is not believed`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [.mineAndRefuse("internal error")] }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment).hasPrefix("settled"))
        #expect(try await attempts(desk, payment) == [0])
    }

    @Test func `a refused transaction is signed anew under the same nonce with more fee`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [.refuse("replacement transaction underpriced")] }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment).hasPrefix("settled"))
        let sent = desk.chain.get { $0.sent }
        #expect(sent.map(\.unsigned.nonce) == [0, 0])
        #expect(sent.map(\.unsigned.maxFeePerGas) == [2_100_000, 2_625_000])
        #expect(sent.map(\.unsigned.maxPriorityFeePerGas) == [100_000, 125_000])
        #expect(try await attempts(desk, payment) == [0, 0])
        #expect(try await desk.feesBecome(66_000_000_000), "what was refused cost nothing")
        let next = try await desk.claim(desk.authorization(nonce: 2))
        #expect(await desk.settle(next).hasPrefix("settled"))
        #expect(try await attempts(desk, next) == [1])
    }

    @Test func `a nonce that somebody else used is passed over with an alarm`() async throws {
        let desk = try await ChainDesk()
        let first = try await desk.claim(desk.authorization())
        #expect(await desk.settle(first).hasPrefix("settled"))
        desk.chain.set {
            $0.transactionCount = 7
            $0.sends = [.refuse("nonce too low: next nonce 7, tx nonce 1")]
        }
        let second = try await desk.claim(desk.authorization(nonce: 2))
        #expect(await desk.settle(second).hasPrefix("settled"))
        #expect(try await attempts(desk, second) == [1, 7])
        let alarm = "critical: the node refused a settlement from \(ChainDesk.settler.address.checksummed): nonce too low: next nonce 7"
        #expect(desk.logBook.all.contains { $0.hasPrefix(alarm) })
        #expect(desk.chain.calls().filter { $0 == "eth_getTransactionCount" }.count == 2)
    }

    @Test func `a node that refuses every time leaves the payment unclear and never failed`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = Array(repeating: .refuse("insufficient funds for gas"), count: 4) }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment) == "unknown")
        #expect(try await attempts(desk, payment) == [0, 0, 0, 0])
        #expect(desk.chain.calls().filter { $0 == "eth_getTransactionCount" }.count == 4, "each refusal makes the next ask")
        #expect(desk.logBook.all.filter { $0.hasPrefix("critical: the node refused a settlement from") }.count == 4)
        #expect(try await desk.feesBecome(0))
    }

    @Test func `a node that falls silent after a refusal leaves the payment unclear`() async throws {
        let desk = try await ChainDesk()
        // Fees are known once; when they are asked for again the node has nothing to say.
        desk.chain.set { $0.sends = [.refuseAndFallSilent] }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment) == "unknown")
        #expect(try await attempts(desk, payment) == [0])
    }

    // MARK: What a receipt proves

    @Test func `a transaction that reverted because a stranger was first settled the payment all the same`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [.frontRun] }
        let payment = try await desk.claim(desk.authorization())
        let stranger = try #require(Bytes32([UInt8](repeating: 0xF0, count: 32)))
        #expect(await desk.settle(payment) == ChainDesk.settled(by: stranger))
        let reverted = try desk.reader.revertedSettlements(payer: ChainDesk.payer.address.bytes, since: Timestamp(seconds: 0))
        #expect(reverted == 0, "no fault of the payer's")
        #expect(try await desk.feesBecome(66_000_000_000), "though it cost its fee")
    }

    @Test(arguments: [FakeChain.Send.revert, .nothing]) func `a mined transaction that moved nothing proves nothing`(_ send: FakeChain.Send)
        async throws
    {
        let desk = try await ChainDesk()
        desk.chain.set { $0.sends = [send] }
        let payment = try await desk.claim(desk.authorization())
        #expect(await desk.settle(payment) == "unknown")
        #expect(desk.logBook.all.contains { $0.hasPrefix("warning: a settlement was mined and moved nothing") })
        #expect(desk.facilitator.fees.spent(at: desk.clock.now) == 66_000_000_000)
        let reverted = if case .revert = send { 1 } else { 0 }
        #expect(try desk.reader.revertedSettlements(payer: ChainDesk.payer.address.bytes, since: Timestamp(seconds: 0)) == reverted)
    }

    @Test func `settlements at once have nonces of their own without a gap`() async throws {
        let desk = try await ChainDesk()
        desk.chain.set { $0.transactionCount = 3 }
        var payments: [Payment] = []
        for nonce in 1...12 as ClosedRange<UInt8> { payments.append(try await desk.claim(desk.authorization(nonce: nonce))) }
        let outcomes = await withTaskGroup(of: String.self) { group in
            for payment in payments { group.addTask { await desk.settle(payment) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.allSatisfy { $0.hasPrefix("settled") })
        #expect(desk.chain.get { $0.sent.map(\.unsigned.nonce).sorted() } == Array(3...14))
    }
}
