import Domain
import EVM
import GRDB
import Payments
import Storage
import Testing

@testable import Facilitators

@Suite struct ChainCheckTests {
    /// A desk that sold in these blocks, on a chain whose final block is 190.
    private static func desk(selling blocks: [(nonce: UInt8, block: UInt64)] = [(1, 100), (2, 150)]) async throws -> ChainDesk {
        let desk = try await ChainDesk(finality: .blocks(10))
        for (nonce, block) in blocks { try await sell(desk, nonce: nonce, block: block) }
        desk.chain.set { $0.block = 200 }
        return desk
    }

    private static func sell(_ desk: ChainDesk, nonce: UInt8, block: UInt64) async throws {
        desk.chain.set { $0.block = block }
        let payment = try await desk.claim(desk.authorization(nonce: nonce))
        guard case .settled(let transaction, let settledIn) = await desk.facilitator.settle(payment, for: desk.option) else {
            throw ChainDesk.Missing()
        }
        _ = try await desk.writer.post(paymentID: payment.id, transaction: transaction, block: settledIn, at: desk.clock.now)
    }

    private static func check(_ desk: ChainDesk) -> ChainCheck {
        ChainCheck(reader: desk.reader, writer: desk.writer, facilitators: [desk.facilitator], now: { desk.clock.now })
    }

    /// Steps until the end or until it cannot go on.
    private static func run(_ desk: ChainDesk, from: UInt64? = nil) async throws -> (total: ChainCheckStep, ranges: [ClosedRange<UInt64>]) {
        var total = ChainCheckStep(network: nil)
        var ranges: [ClosedRange<UInt64>] = []
        var next = from
        while true {
            let step = try #require(try await check(desk).step(nil, from: next, actor: "test") { $0 })
            total.transfers += step.transfers
            total.sales += step.sales
            total.foreign += step.foreign
            total.findings += step.findings
            total.problem = step.problem
            total.problemPasses = step.problemPasses
            total.isDone = step.isDone
            if let blocks = step.blocks { ranges.append(blocks) }
            if step.isDone || step.problem != nil { return (total, ranges) }
            next = step.next
        }
    }

    private static func sql(_ desk: ChainDesk, _ sql: String) async throws { try await desk.writer.write { db in try db.execute(sql: sql) } }

    private static func stranger(_ desk: ChainDesk, block: UInt64, to: [UInt8]? = nil, amount: UInt64 = 700, tag: UInt8 = 0xD1) {
        desk.chain.set { state in
            state.block = block
            state.transfer(
                from: Bytes32(UInt64(0xABCD)), to: EVMAddress(to ?? desk.option.payTo)!.word, value: Bytes32(amount),
                in: Bytes32([UInt8](repeating: tag, count: 32))!)
            state.block = 200
        }
    }

    @Test func `honest sales agree, and a second comparison goes on where the first ended`() async throws {
        let desk = try await Self.desk()
        let (first, ranges) = try await Self.run(desk)
        #expect(first.isDone && first.problem == nil && first.findings == [] && first.sales == 2 && first.transfers == 2 && first.foreign == 0)
        #expect(ranges == [100...190])
        #expect(try await desk.reader.chainCheckpoint(desk.option.network)?.next == 191)
        let (second, none) = try await Self.run(desk)
        #expect(second.isDone && second.findings == [] && none == [])
        try await Self.sell(desk, nonce: 3, block: 210)
        desk.chain.set { $0.block = 230 }
        let (third, more) = try await Self.run(desk)
        #expect(third.sales == 1 && third.findings == [] && more == [191...220])
        #expect(try await desk.reader.checkLedger().findings == [])
    }

    @Test func `what strangers send is listed once, with its line in the ledger, and is no error`() async throws {
        let desk = try await Self.desk()
        Self.stranger(desk, block: 120)
        Self.stranger(desk, block: 120, tag: 0xD2)
        Self.stranger(desk, block: 121, to: [UInt8](repeating: 0x99, count: 20), tag: 0xD3)
        try desk.useElsewhere(desk.authorization(nonce: 9, amount: 5_000), block: 160)
        let (total, _) = try await Self.run(desk)
        #expect(total.findings == [] && total.foreign == 3 && total.sales == 2 && total.transfers == 5)
        let income = try await desk.reader.ledgerBalances().first { $0.account.kind == .foreignIncome }
        #expect(income?.amount == AtomicAmount(6_400))
        #expect(try await desk.reader.unmatchedIncomeCount() == 3)
        #expect(try await Self.run(desk, from: 100).total.foreign == 0)
        #expect(try await desk.reader.ledgerEntries(kind: .foreign).count == 3)
        #expect(try await desk.reader.checkLedger().findings == [])
    }

    /// What is done to the books, and what is said of it.
    static let tampered: [(String, [String])] = [
        ("UPDATE payments SET amount = 999 WHERE id = 2", ["Payment 2 is of 999 in the books, and the chain moved 1000000."]),
        ("UPDATE payments SET transaction_hash = zeroblob(32) WHERE id = 2", ["Payment 2 settled in another transaction than the books name."]),
        (
            "UPDATE payments SET nonce = zeroblob(32) WHERE id = 2",
            [
                "Payment 2 was settled in block 150 and is missing from the books.",
                "The sale of payment 2 has no transfer on the chain.",
            ]
        ),
        (
            """
            INSERT INTO payments SELECT 77, chain_id, asset, payer, randomblob(32), pay_to, amount, valid_after, valid_before, signature, sandbox,
                product_id, content, protocol_version, seal_hash, token, state, reason, randomblob(32), claimed_at, settled_at, NULL, 130, randomblob(32)
                FROM payments WHERE id = 1
            """, ["The sale of payment 77 has no transfer on the chain."]
        ),
        (
            """
            INSERT INTO payments SELECT 77, chain_id, asset, payer, randomblob(32), pay_to, amount, valid_after, valid_before, signature, sandbox,
                product_id, content, protocol_version, seal_hash, token, state, reason, randomblob(32), claimed_at, settled_at, NULL, NULL, NULL
                FROM payments WHERE id = 1
            """, ["The sale of payment 77 has no transaction on the chain."]
        ),
    ]

    @Test func `what was settled for another shop is neither a sale nor foreign, also into the same wallet`() async throws {
        let desk = try await Self.desk()
        desk.chain.set { $0.block = 155 }
        let authorization = desk.authorization(nonce: 7)
        let claim = Claim(
            authorization: authorization, sandbox: false, productID: Payment.noProduct, repeatable: true, content: desk.product.content.digest,
            protocolVersion: 2, sealHash: nil, token: PaymentToken([UInt8](repeating: 4, count: 12))!, at: desk.clock.now)
        guard case .claimed(let payment) = try await desk.writer.claim(DeskClaim(claim, caller: "key:1", key: nil, money: nil)),
            case .settled(let transaction, let block) = await desk.facilitator.settle(payment, for: desk.option)
        else { throw ChainDesk.Missing() }
        _ = try await desk.writer.post(paymentID: payment.id, transaction: transaction, block: block, at: desk.clock.now)
        desk.chain.set { $0.block = 200 }
        for _ in 0..<2 {
            let total = try await Self.run(desk, from: 100).total
            #expect(total.isDone && total.findings == [] && total.problem == nil && total.sales == 2 && total.foreign == 0 && total.transfers == 3)
        }
        try await Self.sql(
            desk, "UPDATE payments SET block_number = NULL, block_hash = NULL, transaction_hash = zeroblob(32) WHERE id = \(payment.id)")
        #expect(try await Self.run(desk).total.findings == [])
        #expect(try await desk.reader.checkLedger().findings.isEmpty)
    }

    @Test(arguments: tampered) func `what does not agree with the chain is said, every time until it does`(_ sql: String, _ sentences: [String])
        async throws
    {
        let desk = try await Self.desk()
        try await Self.sql(desk, sql)
        for _ in 0..<2 {
            let total = try await Self.run(desk).total
            #expect(total.findings == sentences && total.problem == nil && total.isDone)
        }
    }

    @Test func `a sale that goes from the books, or comes into them, after its blocks were compared is noticed`() async throws {
        let desk = try await Self.desk()
        _ = try await Self.run(desk)
        try await Self.sql(desk, "UPDATE payments SET block_number = NULL, block_hash = NULL, state = 'failed', settled_at = NULL WHERE id = 2")
        let total = try await Self.run(desk).total
        #expect(
            total.findings == ["Up to block 190 the chain showed 2 sales, and the books have 1; compare again with --from-block 100."])
        // A comparison from there lists what came without a claim that stands.
        #expect(try await Self.run(desk, from: 100).total.foreign == 1)
    }

    @Test func `a sale of which no block was known is found by its transaction`() async throws {
        let desk = try await Self.desk()
        try await Self.sql(desk, "UPDATE payments SET block_number = NULL, block_hash = NULL")
        let total = try await Self.run(desk, from: 195).total
        #expect(total.findings == [] && total.isDone)
        #expect(try desk.reader.payment(id: 2)?.block?.number == 150)
    }

    @Test func `a node of narrow ranges is asked for fewer blocks at a time, and more again when it answers`() async throws {
        let desk = try await Self.desk()
        desk.chain.set { $0.widestSearch = 7 }
        let (total, ranges) = try await Self.run(desk)
        #expect(total.isDone && total.findings == [] && total.sales == 2)
        #expect(ranges.allSatisfy { $0.count <= 7 } && ranges.first?.lowerBound == 100 && ranges.last?.upperBound == 190)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound + 1 == $1.lowerBound })
    }

    @Test func `a node that refuses every range, is silent, or is of another chain stops it with a sentence and keeps the checkpoint`() async throws {
        let desk = try await Self.desk()
        desk.chain.set { $0.widestSearch = 0 }
        var total = try await Self.run(desk).total
        #expect(total.problem?.contains("does not tell the transfers of block 100") == true && !total.problemPasses)
        desk.chain.set { $0.isCut = true }
        total = try await Self.run(desk).total
        #expect(total.problem?.contains("does not answer") == true && total.problemPasses)
        #expect(try await desk.reader.chainCheckpoint(desk.option.network) == nil)
        let other = try await ChainDesk(finality: .blocks(10))
        other.chain.set { $0.chainID = 1 }
        total = try await Self.run(other).total
        #expect(total.problem?.contains("a node is on another chain than 8453") == true && !total.problemPasses)
    }

    @Test func `a node that cut its old logs and has the receipts is told apart from a sale that never was`() async throws {
        let desk = try await Self.desk()
        desk.chain.set { $0.events.removeAll { $0.block == 100 } }
        let total = try await Self.run(desk).total
        #expect(total.problem?.contains("has payment 1 and does not tell its transfer") == true && !total.problemPasses && total.findings == [])
    }

    @Test func `a payment that has not ended stops the comparison before its block, and is compared when it has`() async throws {
        let desk = try await Self.desk()
        desk.chain.set { $0.block = 170 }
        let payment = try await desk.claim(desk.authorization(nonce: 5))
        guard case .settled(let transaction, let block) = await desk.facilitator.settle(payment, for: desk.option) else { throw ChainDesk.Missing() }
        desk.chain.set { $0.block = 200 }
        let (waiting, ranges) = try await Self.run(desk)
        #expect(waiting.problemPasses && waiting.problem?.contains("Payment \(payment.id) has not ended") == true)
        #expect(ranges == [100...169] && waiting.sales == 2 && waiting.foreign == 0)
        let (still, none) = try await Self.run(desk)
        #expect(none.isEmpty && still.problemPasses)
        _ = try await desk.writer.post(paymentID: payment.id, transaction: transaction, block: block, at: desk.clock.now)
        let (total, rest) = try await Self.run(desk)
        #expect(total.isDone && total.sales == 1 && total.findings == [] && rest == [170...190])
    }

    @Test func `two authorizations and a plain transfer in one transaction are told apart`() async throws {
        let desk = try await Self.desk(selling: [])
        let hash = Bytes32([UInt8](repeating: 0xE7, count: 32))!
        let (payer, payTo) = (Bytes32(UInt64(0xAA)), EVMAddress(desk.option.payTo)!.word)
        desk.chain.set { state in
            state.block = 180
            for nonce in [1, 2] as [UInt64] { state.emit([EventTopic.authorizationUsed, payer, Bytes32(nonce)], [], in: hash) }
            state.transfer(from: payer, to: payTo, value: Bytes32(UInt64(10)), in: hash)
            state.transfer(from: payer, to: Bytes32(UInt64(0xBB)), value: Bytes32(UInt64(20)), in: hash)
            state.transfer(from: payer, to: payTo, value: Bytes32(UInt64(30)), in: hash)
            state.block = 200
        }
        guard case .known(let income) = await desk.facilitator.income(to: [desk.option.payTo], in: 100...190, for: desk.option) else {
            throw ChainDesk.Missing()
        }
        #expect(income.map(\.amount) == [AtomicAmount(10), AtomicAmount(30)])
        // The second authorization's transfer went elsewhere.
        #expect(income.map(\.nonce) == [Bytes32(UInt64(1)).bytes, nil])
    }
}
