import Domain
import EVM
import JSON
import Payments
import X402EVM

extension ChainWitness {
    /// More payers than this are not asked for in one search.
    private static let mostPayers = 400

    /// A log of the asset's with its place on the chain.
    private struct Placed {
        let log: ReceiptLog
        let block: ChainBlock
        let transaction: Bytes32
        let index: UInt64
    }

    /// All transfers of the asset to any of these addresses in these blocks, and by which authorization each came. The search is for
    /// transfers first, then for all that the payers found did with the asset in these blocks: an authorization names no receiver.
    /// - Throws: `RPCRefusal` also where the blocks hold more than is asked for at once.
    func income(to addresses: [[UInt8]], in blocks: ClosedRange<UInt64>) async throws -> [ChainIncome] {
        let receivers = Set(addresses.compactMap { EVMAddress($0)?.word })
        let found = try await search([.string(EventTopic.transfer.hex), .null, Self.any(receivers)], in: blocks).filter {
            $0.log.topics.count == 3 && $0.log.topics[0] == EventTopic.transfer && receivers.contains($0.log.topics[2])
        }
        guard !found.isEmpty else { return [] }
        let payers = Set(found.map(\.log.topics[1]))
        guard payers.count <= Self.mostPayers else { throw RPCRefusal(code: 0, message: "too many payers for one search", data: nil, url: "") }
        let acts = try await search([Self.any([EventTopic.transfer, EventTopic.authorizationUsed]), Self.any(payers)], in: blocks)
        let nonces = Self.nonces(acts)
        return found.compactMap { placed in
            guard let from = EVMAddress(word: placed.log.topics[1]), let to = EVMAddress(word: placed.log.topics[2]),
                let value = try? ABIDecoder.uint256(placed.log.data)  // an amount that is no number moved nothing
            else { return nil }
            return ChainIncome(
                block: placed.block, transaction: placed.transaction.bytes, logIndex: placed.index, asset: asset.address.bytes, payer: from.bytes,
                payTo: to.bytes, amount: AtomicAmount(UInt128(exactly: value) ?? .max), nonce: nonces[Place(placed)]?.bytes)
        }
    }

    private struct Place: Hashable {
        let transaction: Bytes32
        let index: UInt64

        init(_ placed: Placed) { (transaction, index) = (placed.transaction, placed.index) }
    }

    /// Which transfer each use of an authorization made: the payer's first one that follows it in its transaction, each counted once.
    private static func nonces(_ acts: [Placed]) -> [Place: Bytes32] {
        struct Payer: Hashable {
            let transaction: Bytes32
            let address: Bytes32
        }
        var waiting: [Payer: [Bytes32]] = [:]
        var nonces: [Place: Bytes32] = [:]
        for act in acts.sorted(by: { ($0.block.number, $0.index) < ($1.block.number, $1.index) }) where act.log.topics.count == 3 {
            let payer = Payer(transaction: act.transaction, address: act.log.topics[1])
            if act.log.topics[0] == EventTopic.authorizationUsed {
                waiting[payer, default: []].append(act.log.topics[2])
            } else if act.log.topics[0] == EventTopic.transfer, let nonce = waiting[payer]?.first {
                waiting[payer]?.removeFirst()
                nonces[Place(act)] = nonce
            }
        }
        return nonces
    }

    private static func any(_ topics: some Collection<Bytes32>) -> JSONValue { .array(topics.map { .string($0.hex) }) }

    /// The asset's logs with these topics; asked beside the last of the blocks, for a node that does not have it has not looked into it.
    private func search(_ topics: [JSONValue], in blocks: ClosedRange<UInt64>) async throws -> [Placed] {
        let filter: JSONObject = [
            "address": .string(asset.address.hex), "topics": .array(topics), "fromBlock": .string(blocks.lowerBound.hexQuantity),
            "toBlock": .string(blocks.upperBound.hexQuantity),
        ]
        let answers = try await rpc.batch([
            RPCCall("eth_getLogs", .object(filter)), RPCCall("eth_getBlockByNumber", .string(blocks.upperBound.hexQuantity), false),
        ])
        guard let logs = try answers[0].get().array else { throw RPCSilence(description: "the node's logs are no list") }
        guard try !answers[1].get().isNull else { throw RPCSilence(description: "the node does not have block \(blocks.upperBound)") }
        return try logs.map { json in
            guard let log = ReceiptLog(json: json), log.address == asset.address, json["removed"]?.bool != true,
                let block = ChainBlock(number: json["blockNumber"], hash: json["blockHash"]), blocks.contains(block.number),
                let transaction = json["transactionHash"]?.string.flatMap(Bytes32.init(hex:)), let index = json["logIndex"]?.quantity, index < 1 << 32
            else { throw RPCSilence(description: "the node's log is not one that was asked for") }
            return Placed(log: log, block: block, transaction: transaction, index: index)
        }
    }

    /// The same as an outcome for whoever compares.
    func answer<Value: Sendable>(_ body: () async throws -> Value) async -> ChainAnswer<Value> {
        do { return .known(try await body()) } catch let refusal as RPCRefusal { return .refused(refusal.description) } catch let silence
            as RPCSilence
        {
            return silence.failure == .chain ? .unavailable(silence.description) : .silent(silence.description)
        } catch { return .silent("\(error)") }
    }
}
