public import Domain
public import Storage

/// Compares the ledger with chains, step by step: every transfer into the shop's wallets is a sale, or is income that nobody announced,
/// and every sale has its transfer. A step is one range of blocks; where the next begins is kept once a range agreed.
public struct ChainCheck: Sendable {
    private let reader: Reader
    private let writer: Writer
    private let facilitators: [any Facilitator]
    private let now: WallClock

    static let firstWidth: UInt64 = 2000
    static let widest: UInt64 = 16_000
    /// Nodes that stay silent may have choked on the answer; so often it is tried with fewer blocks.
    private static let patience = 3
    private static let page = 64

    public init(reader: Reader, writer: Writer, facilitators: [any Facilitator], now: @escaping WallClock) {
        self.reader = reader
        self.writer = writer
        self.facilitators = facilitators
        self.now = now
    }

    private var chains: [(facilitator: any Facilitator, option: PaymentOption)] {
        facilitators.flatMap { facilitator in facilitator.options.filter { !$0.sandbox }.map { (facilitator, $0) } }
    }

    /// Compares the next blocks of a chain.
    /// - Parameters:
    ///   - network: the first one that is set up when nil.
    ///   - from: the block to begin with; where the last comparison ended when nil. What begins elsewhere is not kept.
    ///   - actor: who asked for it.
    /// - Returns: nil when the shop takes no money on that chain.
    public func step<Answer: Sendable>(
        _ network: Network?, from: UInt64?, actor: String, noting note: WriteNote<ChainCheckStep>? = nil, answer: (ChainCheckStep) -> Answer
    ) async throws -> Answer? {
        let chains = chains
        guard let index = network.map({ wanted in chains.firstIndex { $0.option.network == wanted } }) ?? chains.indices.first else {
            guard network == nil else { return nil }
            // A shop that takes practice money only agrees with every chain.
            var step = ChainCheckStep(network: nil)
            step.isDone = true
            try await writer.remember(step, noting: note)
            return answer(step)
        }
        var step = ChainCheckStep(network: chains[index].option.network)
        step.following = index + 1 < chains.count ? chains[index + 1].option.network : nil
        return answer(try await compare(chains[index].facilitator, chains[index].option, from: from, step, actor: actor, noting: note))
    }

    private func compare(
        _ facilitator: any Facilitator, _ option: PaymentOption, from: UInt64?, _ blank: ChainCheckStep, actor: String,
        noting note: WriteNote<ChainCheckStep>?
    ) async throws -> ChainCheckStep {
        var step = blank
        let network = option.network
        let final: UInt64
        switch await facilitator.finalBlock(for: option) {
        case .known(let block): final = block
        case .unavailable(let words):
            step.stop("\(option.networkName) cannot be compared: \(words).", passes: false)
            return step
        case .silent(let words), .refused(let words):
            step.stop("The node of \(option.networkName) does not answer: \(words). Try again.", passes: true)
            return step
        }
        step.final = final
        let stored = try await reader.chainCheckpoint(network)
        var begin = stored?.first
        if begin == nil { begin = from }
        if begin == nil { begin = try await reader.firstSettlementBlock(network) }
        // Where nothing was ever sold, what comes from now on is compared.
        var checkpoint = stored ?? ChainCheckpoint(first: begin ?? final, next: begin ?? final, width: Self.firstWidth, sales: 0)
        let start = from ?? checkpoint.next
        step.next = start
        guard start <= final else { return try await finish(facilitator, option, checkpoint, step, noting: note) }

        let wallets = Array(
            Set(try await reader.walletAddresses(LedgerAsset(network: network, address: option.asset.address, sandbox: false)) + [option.payTo]))
        let found: ScanOutcome = await scan(facilitator, option, wallets, from: start, through: final, width: checkpoint.width)
        switch found {
        case .stopped(let words, let passes):
            step.stop(words, passes: passes)
            return step
        case .found(let blocks, let income, let width):
            var judgement = try await judge(income, in: blocks, facilitator, option)
            if let problem = judgement.problem {
                step.stop(problem.words, passes: problem.passes)
                return step
            }
            step.transfers = judgement.transfers
            step.sales = judgement.sales
            step.findings = judgement.findings
            if judgement.through >= start {
                step.blocks = start...judgement.through
                step.next = judgement.through + 1
            }
            if let waiting = judgement.waiting {
                step.stop("Payment \(waiting) has not ended; the daemon ends it. Run this again then.", passes: true)
            }
            if start == checkpoint.next, judgement.findings.isEmpty, let next = step.next, next > start {
                checkpoint.next = next
                checkpoint.sales += Int64(judgement.sales)
                checkpoint.width = width
                judgement.notes.checkpoint = checkpoint
            }
            return try await writer.noteChainCheck(judgement.notes, on: network, actor: actor, at: now(), noting: note) { [step] listed in
                var step = step
                step.foreign = listed
                return step
            }
        }
    }

    // MARK: Asking

    private enum ScanOutcome {
        case found(blocks: ClosedRange<UInt64>, [ChainIncome], width: UInt64)
        case stopped(String, passes: Bool)
    }

    /// Half as many blocks after each refusal, twice as many after a good answer.
    private func scan(
        _ facilitator: any Facilitator, _ option: PaymentOption, _ wallets: [[UInt8]], from start: UInt64, through final: UInt64, width first: UInt64
    ) async -> ScanOutcome {
        var width = first
        var silences = 0
        while true {
            let blocks = start...min(final, start + (width - 1))
            let count = blocks.upperBound - blocks.lowerBound + 1
            switch await facilitator.income(to: wallets, in: blocks, for: option) {
            case .known(let income): return .found(blocks: blocks, income, width: count < width ? width : min(Self.widest, width * 2))
            case .unavailable(let words): return .stopped("\(option.networkName) cannot be compared: \(words).", passes: false)
            case .refused(let words):
                guard count > 1 else {
                    return .stopped(
                        "The node of \(option.networkName) does not tell the transfers of block \(start): \(words). Name a node with the whole history.",
                        passes: false)
                }
            case .silent(let words):
                silences += 1
                guard silences <= Self.patience, count > 1 else {
                    return .stopped("The node of \(option.networkName) does not answer: \(words). Try again.", passes: true)
                }
            }
            width = max(1, count / 2)
        }
    }

    // MARK: Judging

    private struct Judgement {
        var through: UInt64
        var transfers = 0
        var sales = 0
        var findings: [String] = []
        var notes = ChainCheckNotes()
        /// A payment on its way, before whose block the comparison stops.
        var waiting: Int64?
        var problem: (words: String, passes: Bool)?
    }

    private func judge(
        _ income: [ChainIncome], in blocks: ClosedRange<UInt64>, _ facilitator: any Facilitator, _ option: PaymentOption
    ) async throws -> Judgement {
        var judgement = Judgement(through: blocks.upperBound)
        var sold: Set<Int64> = []
        for one in income.sorted(by: { ($0.block.number, $0.logIndex) < ($1.block.number, $1.logIndex) }) where one.block.number <= judgement.through
        {
            judgement.transfers += 1
            // Transfers out of a refund wallet go to payers and are not among these; they are compared beside this.
            guard let nonce = one.nonce else {
                judgement.notes.foreign.append(one)
                continue
            }
            let key = PaymentKey(network: option.network, asset: one.asset, payer: one.payer, nonce: nonce)
            guard let payment = try reader.payment(key: key), !payment.sandbox else {
                if let missing = try await reader.paymentSettled(by: one.transaction) {
                    judgement.findings.append("Payment \(missing) was settled in block \(one.block.number) and is missing from the books.")
                } else {
                    judgement.notes.foreign.append(one)
                }
                continue
            }
            // Settled for another shop that is paid into the same wallet: in its books, not in ours.
            if payment.isForOthers { continue }
            switch payment.state {
            case .settled, .delivered:
                sold.insert(payment.id)
                judgement.sales += 1
                if payment.authorization.amount != one.amount {
                    judgement.findings.append(
                        "Payment \(payment.id) is of \(payment.authorization.amount) in the books, and the chain moved \(one.amount).")
                }
                if payment.transaction != one.transaction {
                    judgement.findings.append("Payment \(payment.id) settled in another transaction than the books name.")
                } else if payment.block != one.block {
                    judgement.notes.moved.append((payment, one.block))
                }
            case .claimed, .settling, .uncertain:
                judgement.waiting = payment.id
                // Compared once it has ended; blocks before it agreed.
                judgement.through = one.block.number - min(one.block.number, 1)
                judgement.transfers -= 1
            case .failed, .released: judgement.notes.foreign.append(one)
            }
            if judgement.waiting != nil { break }
        }
        if judgement.waiting != nil, judgement.through < blocks.lowerBound {
            // Nothing of this range is compared.
            let waiting = judgement.waiting
            judgement = Judgement(through: blocks.lowerBound - min(blocks.lowerBound, 1))
            judgement.waiting = waiting
            return judgement
        }
        if judgement.waiting != nil { drop(after: judgement.through, &judgement) }
        try await lookForUnseen(blocks.lowerBound...judgement.through, sold, facilitator, option, &judgement)
        return judgement
    }

    /// Takes back what was noted of the block in which a payment waits.
    private func drop(after through: UInt64, _ judgement: inout Judgement) {
        judgement.notes.foreign.removeAll { $0.block.number > through }
        judgement.notes.moved.removeAll { $0.block.number > through }
    }

    /// Sales that the books have in these blocks and the chain did not show.
    private func lookForUnseen(
        _ blocks: ClosedRange<UInt64>, _ sold: Set<Int64>, _ facilitator: any Facilitator, _ option: PaymentOption, _ judgement: inout Judgement
    ) async throws {
        let booked = try await reader.settlements(option.network, asset: option.asset.address, in: blocks, limit: 10_000)
        let unseen = booked.filter { !sold.contains($0) }
        for id in unseen.prefix(Self.page) {
            guard let payment = try reader.payment(id: id), let standings = await facilitator.standings([payment], for: option) else {
                judgement.problem = ("The node of \(option.networkName) does not answer. Try again.", true)
                return
            }
            switch standings[id] {
            case .final(let block), .revocable(let block):
                if blocks.contains(block.number) {
                    judgement.problem = (
                        "The node of \(option.networkName) has payment \(id) and does not tell its transfer; name a node with the whole history.",
                        false
                    )
                    return
                }
                judgement.findings.append("Payment \(id) settled in block \(block.number), and the books name block \(payment.block?.number ?? 0).")
            case .gone, nil: judgement.findings.append("The sale of payment \(id) has no transfer on the chain.")
            }
        }
        if unseen.count > Self.page { judgement.findings.append("And \(unseen.count - Self.page) more sales have no transfer on the chain.") }
    }

    // MARK: The end of a chain

    /// Sales of which no block was known are looked for by their transactions; then the numbers are compared once more.
    private func finish(
        _ facilitator: any Facilitator, _ option: PaymentOption, _ checkpoint: ChainCheckpoint, _ unfinished: ChainCheckStep,
        noting note: WriteNote<ChainCheckStep>?
    ) async throws -> ChainCheckStep {
        var step = unfinished
        var last: Int64 = 0
        while true {
            let page = try await reader.settlementsWithoutBlock(option.network, asset: option.asset.address, after: last, limit: Self.page)
            guard let end = page.last else { break }
            last = end.id
            guard let standings = await facilitator.standings(page, for: option) else {
                step.stop("The node of \(option.networkName) does not answer. Try again.", passes: true)
                return step
            }
            var moved: [(payment: Payment, block: ChainBlock)] = []
            for payment in page {
                switch standings[payment.id] {
                case .final(let block), .revocable(let block): moved.append((payment, block))
                case .gone, nil: step.findings.append("The sale of payment \(payment.id) has no transaction on the chain.")
                }
            }
            try await writer.moveSettlements(moved)
            guard step.findings.count < LedgerReport.limit else { break }
        }
        if checkpoint.next > checkpoint.first {
            let booked = try await reader.countSettlements(
                option.network, asset: option.asset.address, in: checkpoint.first...checkpoint.next - 1)
            if booked != checkpoint.sales {
                step.findings.append(
                    "Up to block \(checkpoint.next - 1) the chain showed \(checkpoint.sales) sales, and the books have \(booked); compare again with --from-block \(checkpoint.first)."
                )
            }
        }
        step.isDone = true
        try await writer.remember(step, noting: note)
        return step
    }
}

extension Paygate {
    /// Compares the ledger with the chains on which this gate is paid.
    public var chainCheck: ChainCheck { ChainCheck(reader: reader, writer: writer, facilitators: facilitators, now: now) }
}
