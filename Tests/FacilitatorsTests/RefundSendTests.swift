import BigInt
import Domain
import EVM
import JSON
import Payments
import Storage
import Synchronization
import Testing
import X402EVM

@testable import Facilitators

@Suite struct RefundSendTests {
    @Test func `a refund is a transfer of the asset to the payer, signed by the refund wallet, proved by its own log`() async throws {
        let bench = try await RefundBench()
        let payment = try await bench.sale()
        let refund = try await bench.approved(payment, 400_000)
        let attemptsBefore = try await bench.attempts(refund)
        try await bench.refunds.pass()
        let transaction = try #require(bench.sent.first)
        #expect(bench.sent.count == 1 && attemptsBefore.isEmpty)
        #expect(
            transaction.sender == RefundBench.wallet && transaction.unsigned.to == bench.refunder.asset.address && transaction.unsigned.value == 0)
        #expect(transaction.unsigned.data == ERC20.transferCallData(to: ChainDesk.payer.address, value: 400_000))
        let ended = try bench.refund(refund.id)
        #expect(ended.state == .settled && ended.transaction == transaction.hash.bytes)
        let lines = try await bench.desk.reader.ledgerEntries(paymentID: payment.id)
        #expect(lines.map(\.movement.kind) == [.refund, .gas, .sale])
        #expect(lines[0].movement.amount.units == 400_000 && lines[0].movement.credit.address == RefundBench.wallet.bytes)
        #expect(lines[1].movement.amount.units == 66_000_000_000 && lines[1].movement.credit.kind == .refundWallet)
        #expect(try await bench.desk.reader.checkLedger().isClean)
        try await bench.refunds.pass()
        #expect(bench.sent.count == 1)
    }

    @Test func `the bytes are stored before they are sent`() async throws {
        let bench = try await RefundBench()
        let refund = try await bench.approved(try await bench.sale())
        bench.desk.chain.set { $0.sends = [.cut, .cut, .cut, .cut] }
        let payment = try #require(try bench.desk.reader.payment(id: refund.paymentID))
        let isOver = Mutex(false)
        let work = Task {
            defer { isOver.withLock { $0 = true } }
            return await bench.refunder.send(refund, of: payment)
        }
        while bench.sent.isEmpty, !isOver.withLock({ $0 }) { await Task.yield() }
        try #require(!bench.sent.isEmpty)
        let attempts = try await bench.attempts(refund)
        #expect(attempts.map(\.raw) == [bench.sent[0].raw] && attempts[0].wallet == RefundBench.wallet.bytes)
        #expect(try bench.refund(refund.id).state == .sending)
        work.cancel()
        #expect(await work.value == .unknown)
    }

    /// What stands in the way before anything is signed, and what is said of it.
    enum Obstacle: CaseIterable, Sendable {
        case noMoney, noCoin, blocked, answersNo, dear, silent, ill
    }

    @Test(arguments: Obstacle.allCases) func `what stands in the way is said, nothing is signed, and it is paid once that is over`(
        _ obstacle: Obstacle
    ) async throws {
        let bench = try await RefundBench()
        let refund = try await bench.approved(try await bench.sale())
        let chain = bench.desk.chain
        let words: String
        switch obstacle {
        case .noMoney:
            chain.set { $0.balances[RefundBench.wallet] = 999_999 }
            words = "holds 0.999999 USDC and 1.00 USDC are needed"
        case .noCoin:
            chain.set { $0.settlerBalance = 1000 }
            words = "too little of the network's coin"
        case .blocked:
            chain.set { $0.simulation = .revert }
            words = "would refuse a transfer to this payer"
        case .answersNo:
            chain.set { $0.simulation = .no }
            words = "would refuse a transfer to this payer"
        case .dear:
            chain.set { $0.baseFee = 1_000_000_000_000 }
            words = "Network fees are above"
        case .silent:
            chain.set { $0.isCut = true }
            words = "cannot be reached"
        case .ill:
            chain.set { $0.troubled = ["eth_getTransactionCount"] }
            words = "cannot be reached"
        }
        try await bench.refunds.pass()
        let waiting = try bench.refund(refund.id)
        #expect(waiting.state == .approved && waiting.waiting?.contains(words) == true, "\(waiting.waiting ?? "nothing")")
        #expect(bench.sent.isEmpty)
        #expect(try await bench.attempts(refund).isEmpty)
        chain.set { state in
            state.balances[RefundBench.wallet] = 10_000_000
            state.settlerBalance = RefundBench.coin
            state.simulation = .yes
            state.baseFee = 1_000_000
            state.isCut = false
            state.troubled = []
        }
        bench.refunder.sender.forgetChainState()
        try await bench.refunds.pass()
        let ended = try bench.refund(refund.id)
        #expect(ended.state == .settled && ended.waiting == nil)
        #expect(bench.paid == 1)
    }

    @Test func `the day's limit holds a refund back until it has room, and one that is beyond it for good`() async throws {
        let bench = try await RefundBench(limit: RefundLimit(count: 2, amount: AtomicAmount(1_500_000)))
        let first = try await bench.approved(try await bench.sale(nonce: 1))
        let second = try await bench.approved(try await bench.sale(nonce: 2))
        try await bench.refunds.pass()
        #expect(try bench.refund(first.id).state == .settled)
        let held = try bench.refund(second.id)
        #expect(held.state == .approved && held.waiting?.contains("2 refunds, 1.50 USDC") == true && held.waiting?.contains("goes on at") == true)
        bench.desk.clock.advance(.seconds(86_400))
        try await bench.refunds.pass()
        #expect(try bench.refund(second.id).state == .settled)
        let tight = try await RefundBench(limit: RefundLimit(count: 2, amount: AtomicAmount(999_999)))
        let beyond = try await tight.approved(try await tight.sale())
        try await tight.refunds.pass()
        #expect(try tight.refund(beyond.id).waiting?.contains("This refund alone is above the limit") == true)
        #expect(tight.sent.isEmpty)
    }

    @Test func `a node that lags behind never makes two refunds share an account nonce`() async throws {
        let bench = try await RefundBench()
        let first = try await bench.approved(try await bench.sale(nonce: 1))
        let second = try await bench.approved(try await bench.sale(nonce: 2))
        bench.desk.chain.set { $0.odd["eth_getTransactionCount"] = "0x7" }
        try await bench.refunds.pass()
        #expect(bench.sent.map(\.unsigned.nonce) == [7, 8])
        #expect(try bench.refund(first.id).state == .settled)
        #expect(try bench.refund(second.id).state == .settled)
    }

    @Test func `while one refund is unclear the next of that chain waits behind it`() async throws {
        let bench = try await RefundBench()
        let first = try await bench.approved(try await bench.sale(nonce: 1))
        let second = try await bench.approved(try await bench.sale(nonce: 2))
        bench.desk.chain.set { $0.sends = [.refuse("try later"), .refuse("try later")] }
        try await bench.refunds.pass()
        #expect(try bench.refund(first.id).state == .uncertain)
        #expect(try bench.refund(second.id).state == .approved)
        try await bench.refunds.pass()
        #expect(try bench.refund(second.id).state == .approved)
        try await bench.refunds.pass()
        #expect(try [bench.refund(first.id).state, bench.refund(second.id).state] == [.settled, .settled])
        #expect(bench.paid == 2)
        #expect(bench.sent.map(\.unsigned.nonce) == [0, 0, 0, 1])
    }
}
