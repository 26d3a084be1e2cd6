public import Domain
import EVM
import JSON
import Logging
public import Payments
import X402EVM

extension ChainWitness {
    /// The newest block that can no longer be taken back.
    func finalBlock() async throws -> UInt64 {
        let block = try await rpc.call("eth_getBlockByNumber", finality == .finalized ? "finalized" : "latest", false)
        guard let number = block["number"]?.quantity else { throw RPCSilence(description: "the node does not tell its newest block") }
        switch finality {
        case .finalized: return number
        case .blocks(let depth): return number - min(number, depth)
        }
    }

    /// How settled payments stand: asked by their receipts in one batch, and once more, beside the block in which each was, for those that
    /// look gone, since a node that lags does not have them either.
    /// - Parameter payments: at most 64.
    func standings(_ payments: [Payment]) async throws -> [Int64: SettlementStanding] {
        let final = try await finalBlock()
        let first = Self.due(payments, final: final)
        var standings = try await standings(of: first, final: final)
        // A block that stands carries all that it carried; of one that does not, each payment is asked for.
        let standing = Set(standings.values.compactMap { if case .revocable(let block) = $0 { block } else { nil } })
        let asked = Set(first.map(\.id))
        var rest: [Payment] = []
        for payment in payments where !asked.contains(payment.id) {
            if let block = payment.block, standing.contains(block) { standings[payment.id] = .revocable(block) } else { rest.append(payment) }
        }
        return standings.merging(try await self.standings(of: rest, final: final)) { first, _ in first }
    }

    private func standings(of payments: [Payment], final: UInt64) async throws -> [Int64: SettlementStanding] {
        guard !payments.isEmpty else { return [:] }
        let receipts = try await rpc.batch(payments.map { Self.receipt(of: $0) })
        var standings: [Int64: SettlementStanding] = [:]
        var doubtful: [Payment] = []
        for (payment, answer) in zip(payments, receipts) {
            let json = try answer.get()
            guard let receipt = TransactionReceipt(json) else {
                if json.isNull { doubtful.append(payment) }
                continue
            }
            guard let transfer = asset.payload(payment.authorization)?.authorization, let block = receipt.block else { continue }
            if isProof(receipt, of: transfer) {
                standings[payment.id] = block.number <= final ? .final(block) : .revocable(block)
            } else {
                doubtful.append(payment)
            }
        }
        for payment in try await gone(doubtful) { standings[payment.id] = .gone }
        return standings
    }

    /// Those that may be final, those of which no block is known, and one of each other block.
    static func due(_ payments: [Payment], final: UInt64) -> [Payment] {
        var seen: Set<ChainBlock> = []
        return payments.filter { payment in
            guard let block = payment.block, block.number > final else { return true }
            return seen.insert(block).inserted
        }
    }

    /// Those whose block is another one now, and whose transaction is in none or did not move the money where it is.
    private func gone(_ payments: [Payment]) async throws -> [Payment] {
        guard !payments.isEmpty else { return [] }
        let answers = try await rpc.batch(
            payments.flatMap { payment in
                [
                    RPCCall("eth_getBlockByNumber", payment.block.map { JSONValue.string($0.number.hexQuantity) } ?? "latest", false),
                    Self.receipt(of: payment),
                ]
            })
        var gone: [Payment] = []
        for (index, payment) in payments.enumerated() {
            // Without a block to compare with, a transaction that is nowhere may be one that the node does not have yet.
            guard let known = payment.block, let transfer = asset.payload(payment.authorization)?.authorization else { continue }
            let block = try answers[2 * index].get()
            let (json, receipt) = (try answers[2 * index + 1].get(), TransactionReceipt(try answers[2 * index + 1].get()))
            guard let now = ChainBlock(number: block["number"], hash: block["hash"]), now.number == known.number, now != known else { continue }
            // A receipt that cannot be read is no sign of anything.
            guard json.isNull || receipt != nil, receipt.map({ !isProof($0, of: transfer) }) ?? true else { continue }
            gone.append(payment)
        }
        return gone
    }

    private static func receipt(of payment: Payment) -> RPCCall {
        RPCCall("eth_getTransactionReceipt", .string(Hex.encode(payment.transaction ?? [])))
    }
}

extension LocalFacilitator {
    public func standings(_ payments: [Payment], for option: PaymentOption) async -> [Int64: SettlementStanding]? {
        do { return try await witness.standings(payments) } catch {
            log.warning("whether payments are final could not be asked: \(error)")
            return nil
        }
    }

    public func finalBlock(for option: PaymentOption) async -> ChainAnswer<UInt64> { await witness.answer { try await witness.finalBlock() } }

    public func income(to addresses: [[UInt8]], in blocks: ClosedRange<UInt64>, for option: PaymentOption) async -> ChainAnswer<[ChainIncome]> {
        await witness.answer { try await witness.income(to: addresses, in: blocks) }
    }
}

extension RemoteFacilitator {
    public func standings(_ payments: [Payment], for option: PaymentOption) async -> [Int64: SettlementStanding]? {
        guard let witness else { return nil }
        do { return try await witness.standings(payments) } catch {
            log.warning("whether payments are final could not be asked: \(error)")
            return nil
        }
    }

    private static let noNode = "no node of it is known"

    public func finalBlock(for option: PaymentOption) async -> ChainAnswer<UInt64> {
        guard let witness else { return .unavailable(Self.noNode) }
        return await witness.answer { try await witness.finalBlock() }
    }

    public func income(to addresses: [[UInt8]], in blocks: ClosedRange<UInt64>, for option: PaymentOption) async -> ChainAnswer<[ChainIncome]> {
        guard let witness else { return .unavailable(Self.noNode) }
        return await witness.answer { try await witness.income(to: addresses, in: blocks) }
    }
}
