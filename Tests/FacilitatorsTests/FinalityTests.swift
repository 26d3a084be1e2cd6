import BigInt
import Domain
import EVM
import JSON
import Payments
import Storage
import Testing

@testable import Facilitators

@Suite struct FinalityTests {
    /// A desk on which these nonces were settled in blocks of these numbers, and the payments as they are stored.
    private static func desk(_ blocks: [(nonce: UInt8, block: UInt64)], finality: FinalityDepth = .blocks(10)) async throws -> (ChainDesk, [Payment])
    {
        let desk = try await ChainDesk(finality: finality)
        var payments: [Payment] = []
        for (nonce, block) in blocks {
            desk.chain.set { $0.block = block }
            let payment = try await desk.claim(desk.authorization(nonce: nonce))
            guard case .settled(let transaction, let settledIn) = await desk.facilitator.settle(payment, for: desk.option) else {
                throw ChainDesk.Missing()
            }
            #expect(settledIn == desk.chain.get { $0.chainBlock(block) })
            let outcome = try await desk.writer.post(paymentID: payment.id, transaction: transaction, block: settledIn, at: desk.clock.now)
            payments.append(outcome.payment)
        }
        _ = desk.chain.calls()
        return (desk, payments)
    }

    /// What happens to the chain after a settlement in block 100, and how it stands then.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var finality = FinalityDepth.blocks(10)
        let change: @Sendable (inout FakeChain.State, Bytes32) -> Void
        let standing: @Sendable (FakeChain.State) -> SettlementStanding?
    }

    static let cases = [
        Case(testDescription: "a young block") { state, _ in
            state.block = 109
        } standing: {
            .revocable($0.chainBlock(100))
        },
        Case(testDescription: "a block that is deep enough") { state, _ in
            state.block = 110
        } standing: {
            .final($0.chainBlock(100))
        },
        Case(testDescription: "a block below the final one", finality: .finalized) { state, _ in
            state.finalNumber = 100
        } standing: {
            .final($0.chainBlock(100))
        },
        Case(testDescription: "a block above the final one", finality: .finalized) { state, _ in
            state.block = 10_000
            state.finalNumber = 99
        } standing: {
            .revocable($0.chainBlock(100))
        },
        Case(testDescription: "the block went and the transaction with it") { state, _ in
            state.block = 103
            state.reorganise(from: 99)
        } standing: { _ in
            .gone
        },
        Case(testDescription: "the transaction went to another block") { state, hash in
            let receipt = state.receipts[hash]
            state.block = 105
            state.reorganise(from: 100)
            state.receipts[hash] = receipt
            state.mined[hash] = 104
        } standing: {
            .revocable($0.chainBlock(104))
        },
        Case(testDescription: "the transaction moved nothing in its new block") { state, hash in
            state.block = 105
            state.reorganise(from: 100)
            state.receipts[hash] = FakeChain.receipt(status: 0, logs: [])
            state.mined[hash] = 104
        } standing: { _ in
            .gone
        },
        Case(testDescription: "a node that has the block and not the receipt") { state, hash in
            state.block = 109
            state.receipts[hash] = nil
        } standing: { _ in
            nil
        },
        Case(testDescription: "a node that does not have the block yet") { state, hash in
            state.block = 98
            state.receipts[hash] = nil
        } standing: { _ in
            nil
        },
        Case(testDescription: "a deep block and a node without receipts so old") { state, hash in
            state.block = 1_000
            state.receipts[hash] = nil
        } standing: { _ in
            nil
        },
    ]

    @Test(arguments: cases) func `a settlement stands as its receipt and its block say`(_ one: Case) async throws {
        let (desk, payments) = try await Self.desk([(1, 100)], finality: one.finality)
        let hash = try #require(payments[0].transaction.flatMap { Bytes32($0) })
        desk.chain.set { one.change(&$0, hash) }
        let standings = try #require(await desk.facilitator.standings(payments, for: desk.option))
        #expect(standings[payments[0].id] == desk.chain.get { one.standing($0) })
        #expect(standings.count <= 1)
    }

    @Test func `one receipt answers for all of a young block, and each is asked for when the block has gone`() async throws {
        let (desk, payments) = try await Self.desk([(1, 100), (2, 100), (3, 100), (4, 101)])
        let standings = try #require(await desk.facilitator.standings(payments, for: desk.option))
        #expect(standings.count == 4)
        #expect(desk.chain.calls() == ["eth_getBlockByNumber", "eth_getTransactionReceipt", "eth_getTransactionReceipt"])
        desk.chain.set { $0.reorganise(from: 100) }
        let after = try #require(await desk.facilitator.standings(payments, for: desk.option))
        #expect(payments.allSatisfy { after[$0.id] == .gone })
    }

    @Test func `what is due to be final is asked for one by one`() async throws {
        let (desk, payments) = try await Self.desk([(1, 100), (2, 100)])
        desk.chain.set { $0.block = 110 }
        let standings = try #require(await desk.facilitator.standings(payments, for: desk.option))
        #expect(standings.values.allSatisfy { if case .final = $0 { true } else { false } } && standings.count == 2)
        #expect(desk.chain.calls() == ["eth_getBlockByNumber", "eth_getTransactionReceipt", "eth_getTransactionReceipt"])
    }

    @Test func `a silent node tells nothing`() async throws {
        let (desk, payments) = try await Self.desk([(1, 100)])
        desk.chain.set { $0.isCut = true }
        #expect(await desk.facilitator.standings(payments, for: desk.option) == nil)
        desk.chain.set {
            $0.isCut = false
            $0.troubled = ["eth_getTransactionReceipt"]
        }
        #expect(await desk.facilitator.standings(payments, for: desk.option) == nil)
    }

    @Test func `depths are numbers of blocks or the word`() {
        #expect(FinalityDepth("finalized") == .finalized && FinalityDepth("64") == .blocks(64))
        for wrong in ["", "0", "064", "-1", "+5", "100001", "Finalized", "1e2"] { #expect(FinalityDepth(wrong) == nil, "\(wrong)") }
        #expect(FinalityDepth.standard(chainID: 1) == .finalized && FinalityDepth.standard(chainID: 7777) == .blocks(64))
    }
}
