import BigInt
import Domain
import EVM
import Foundation
import JSON
import Synchronization
import X402EVM

@testable import Facilitators

/// A node of one chain with one token, as JSON-RPC shows it. What it holds and how it behaves is the test's to change.
final class FakeChain: Sendable {
    /// How a contract's code ends.
    enum Outcome: Sendable { case yes, no, revert, trouble }

    /// What becomes of the next transaction that is sent.
    enum Send: Sendable {
        case mine
        /// Mined in a block that is there when the receipt is asked for so many times more.
        case mineAfter(Int)
        case revert
        /// Mined with success, though nothing moved.
        case nothing
        case keep
        case refuse(String)
        /// Refused, and from then on the node tells no block.
        case refuseAndFallSilent
        /// Refused in words, though the node took it.
        case mineAndRefuse(String)
        case mineAndCut
        case cut
        /// A stranger submits the authorization first and ours reverts.
        case frontRun
    }

    struct State: Sendable {
        var chainID: UInt64 = 8453
        var separator: [UInt8]
        var decimals: UInt64 = 6
        var code: [EVMAddress: [UInt8]] = [:]
        var balances: [EVMAddress: UInt64] = [:]
        var used: Set<Bytes32> = []
        var baseFee: UInt64 = 1_000_000
        var settlerBalance: UInt64 = 1_000_000_000_000_000_000
        var transactionCount: UInt64 = 0
        var receipts: [Bytes32: JSONValue] = [:]
        var waiting: [Bytes32: (transaction: SignedTransaction, polls: Int)] = [:]
        var known: Set<Bytes32> = []
        var logs: [(topics: [Bytes32], transaction: Bytes32, block: UInt64)] = []
        var block: UInt64 = 100
        /// The newest block's time, and what lies between two.
        var newestTime: UInt64 = 1_800_000_000
        var secondsPerBlock: UInt64 = 2
        /// How many blocks one search of the logs may span, and which were asked for, `from` and `to`.
        var widestSearch: UInt64 = 1000
        var searches: [ClosedRange<UInt64>] = []
        var finalTime: UInt64 = 0
        var usedWhenFinal = false
        var simulation = Outcome.yes
        var wallet = Outcome.yes
        var sends: [Send] = []
        var sent: [SignedTransaction] = []
        var calls: [String] = []
        /// Methods that the node has trouble with, and those that it answers oddly.
        var troubled: Set<String> = []
        var odd: [String: JSONValue] = [:]
        var isCut = false
        /// All logs of the asset.
        var events: [Event] = []
        /// In which block each receipt's transaction is; a receipt that is not among them does not say.
        var mined: [Bytes32: UInt64] = [:]
        /// Blocks from a number on have another hash since the chain was reorganised there, so often.
        var forks: [UInt64] = []
        var finalNumber: UInt64 = 0x60

        /// Takes the blocks from a number on away, and what is mined in them; the chain then grows as far as it was.
        mutating func reorganise(from number: UInt64) {
            forks.append(number)
            events.removeAll { $0.block >= number }
            for (hash, block) in mined where block >= number {
                mined[hash] = nil
                receipts[hash] = nil
            }
        }

        /// A log of the asset in the newest block, behind those that are there.
        mutating func emit(_ topics: [Bytes32], _ data: [UInt8], in transaction: Bytes32) {
            events.append(
                Event(topics: topics, data: data, transaction: transaction, block: block, index: UInt64(events.count { $0.block == block })))
        }

        /// A transfer that nobody had announced.
        mutating func transfer(from: Bytes32, to: Bytes32, value: Bytes32, in transaction: Bytes32) {
            emit([EventTopic.transfer, from, to], value.bytes, in: transaction)
        }

        func hash(of number: UInt64) -> Bytes32 { Keccak256.hash(utf8: "block \(number), fork \(forks.count { $0 <= number })") }
        func chainBlock(_ number: UInt64) -> ChainBlock { ChainBlock(number: number, hash: hash(of: number).bytes) }
    }

    struct Event: Sendable {
        let topics: [Bytes32]
        let data: [UInt8]
        let transaction: Bytes32
        let block: UInt64
        let index: UInt64
    }

    private struct Refusal: Error {
        var code = -32000
        var message: String
    }
    private struct Cut: Error {}

    let asset: EVMAddress
    private let state: Mutex<State>

    init(asset: EVMAddress, separator: Bytes32) {
        self.asset = asset
        state = Mutex(State(separator: separator.bytes))
    }

    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    func get<Value: Sendable>(_ path: @Sendable (State) -> Value) -> Value { state.withLock { path($0) } }

    /// The methods asked since the last time, in order.
    func calls() -> [String] {
        state.withLock { state in
            defer { state.calls = [] }
            return state.calls
        }
    }

    func answer(_ body: [UInt8]) -> NodeServer.Reply {
        guard let json = try? JSONValue(parsing: body) else { return .cut }
        do {
            if let batch = json.array { return .body(JSONValue.array(try batch.map(answer)).text) }
            return .body(try answer(json).text)
        } catch { return .cut }
    }

    private func answer(_ request: JSONValue) throws -> JSONValue {
        let id = request["id"] ?? .null
        do {
            let answer = try state.withLock { state throws -> JSONValue in
                try result(request["method"]?.string ?? "", request["params"]?.array ?? [], &state)
            }
            return ["jsonrpc": "2.0", "id": id, "result": answer]
        } catch let refusal as Refusal {
            return ["jsonrpc": "2.0", "id": id, "error": ["code": .integer(refusal.code), "message": .string(refusal.message)]]
        }
    }

    private func result(_ method: String, _ parameters: [JSONValue], _ state: inout State) throws -> JSONValue {
        state.calls.append(method)
        if state.isCut { throw Cut() }
        if state.troubled.contains(method) { throw Refusal(message: "the node is ill") }
        if let odd = state.odd[method] { return odd }
        let word = parameters.first?.string.flatMap { Bytes32(hex: $0) } ?? .zero
        switch method {
        case "eth_chainId": return .string(state.chainID.hexQuantity)
        case "eth_blockNumber": return .string(state.block.hexQuantity)
        case "eth_maxPriorityFeePerGas": return "0x186a0"
        case "eth_getBalance": return .string(state.settlerBalance.hexQuantity)
        case "eth_getTransactionCount": return .string(state.transactionCount.hexQuantity)
        case "eth_getCode":
            return .string(Hex.encode(parameters.first?.string.flatMap { EVMAddress(hex: $0) }.flatMap { state.code[$0] } ?? []))
        case "eth_getBlockByNumber":
            if parameters.first == "finalized" {
                return [
                    "number": .string(state.finalNumber.hexQuantity), "hash": .string(state.hash(of: state.finalNumber).hex),
                    "timestamp": .string(state.finalTime.hexQuantity),
                ]
            }
            let number = parameters.first?.quantity ?? state.block
            guard number <= state.block else { return nil }
            return [
                "number": .string(number.hexQuantity), "hash": .string(state.hash(of: number).hex),
                "baseFeePerGas": .string(state.baseFee.hexQuantity),
                "timestamp": .string((state.newestTime - (state.block - number) * state.secondsPerBlock).hexQuantity),
            ]
        case "eth_getTransactionReceipt": return receipt(word, &state)
        case "eth_getTransactionByHash": return state.known.contains(word) ? ["hash": .string(word.hex)] : nil
        case "eth_getLogs": return try logs(parameters.first ?? nil, &state)
        case "eth_call": return try call(parameters, state)
        case "eth_sendRawTransaction": return try send(parameters.first?.string ?? "", &state)
        default: throw Refusal(code: -32601, message: "no such method")
        }
    }

    // MARK: Contracts

    private func call(_ parameters: [JSONValue], _ state: State) throws -> JSONValue {
        guard let to = parameters.first?["to"]?.string.flatMap({ EVMAddress(hex: $0) }), let data = parameters.first?["data"]?.data,
            let selector = FunctionSelector(callData: data)
        else { throw Refusal(message: "no call") }
        func word(_ value: Bytes32) -> JSONValue { .string(value.hex) }
        if to != asset {
            switch state.wallet {
            case .yes: return .string("0x1626ba7e" + String(repeating: "0", count: 56))
            case .no: return .string("0xffffffff" + String(repeating: "0", count: 56))
            case .revert: throw Refusal(code: 3, message: "execution reverted")
            case .trouble: throw Refusal(message: "header not found")
            }
        }
        switch selector {
        case FunctionSelector(signature: "DOMAIN_SEPARATOR()"): return .string(Hex.encode(state.separator))
        case FunctionSelector(signature: "decimals()"): return word(Bytes32(state.decimals))
        case FunctionSelector(signature: "balanceOf(address)"):
            return word(Bytes32(EVMAddress(word: Self.word(data, 0)).flatMap { state.balances[$0] } ?? 0))
        case EIP3009.authorizationState:
            let isUsed = parameters.last == "latest" ? state.used.contains(Self.word(data, 1)) : state.usedWhenFinal
            return word(Bytes32(isUsed ? 1 : 0))
        case FunctionSelector(signature: "transfer(address,uint256)"):
            switch state.simulation {
            case .yes: return word(Bytes32(1))
            case .no: return word(Bytes32(0))
            case .revert: throw Refusal(code: 3, message: "execution reverted: Blacklistable: account is blacklisted")
            case .trouble: throw Refusal(message: "header not found")
            }
        case EIP3009.transferWithVRS, EIP3009.transferWithBytes:
            switch state.simulation {
            case .yes: return "0x"
            case .no, .revert: throw Refusal(code: 3, message: "execution reverted: FiatTokenV2: invalid")
            case .trouble: throw Refusal(message: "header not found")
            }
        default: throw Refusal(code: 3, message: "execution reverted")
        }
    }

    private static func word(_ data: [UInt8], _ index: Int) -> Bytes32 {
        let start = 4 + 32 * index
        return data.count >= start + 32 ? Bytes32([UInt8](data[start..<start + 32])) ?? .zero : .zero
    }

    // MARK: Transactions

    private func receipt(_ hash: Bytes32, _ state: inout State) -> JSONValue {
        if let (transaction, polls) = state.waiting[hash] {
            state.waiting[hash] = polls > 0 ? (transaction, polls - 1) : nil
            if polls == 0 { mine(transaction, &state) }
        }
        guard let receipt = state.receipts[hash], let block = state.mined[hash] else { return state.receipts[hash] ?? nil }
        var whole = receipt.object ?? [:]
        whole["blockNumber"] = .string(block.hexQuantity)
        whole["blockHash"] = .string(state.hash(of: block).hex)
        return .object(whole)
    }

    private func logs(_ filter: JSONValue, _ state: inout State) throws -> JSONValue {
        let topics = (filter["topics"]?.array ?? []).compactMap { $0.string.flatMap { Bytes32(hex: $0) } }
        guard let from = filter["fromBlock"]?.quantity, let to = filter["toBlock"]?.quantity, from <= to else { throw Refusal(message: "no range") }
        state.searches.append(from...to)
        guard to - from < state.widestSearch else { throw Refusal(message: "query exceeds the block range") }
        let wanted = filter["topics"]?.array ?? []
        if wanted.contains(where: { $0.string == nil }) {
            return .array(state.events.filter { (from...to).contains($0.block) && Self.fits($0, wanted) }.map { show($0, state) })
        }
        return .array(
            state.logs.filter { $0.topics == topics && (from...to).contains($0.block) }.map { ["transactionHash": .string($0.transaction.hex)] })
    }

    private static func fits(_ event: Event, _ wanted: [JSONValue]) -> Bool {
        event.topics.count >= wanted.count
            && zip(event.topics, wanted).allSatisfy { topic, wanted in
                wanted.isNull || wanted.string == topic.hex || wanted.array?.contains { $0.string == topic.hex } == true
            }
    }

    private func show(_ event: Event, _ state: State) -> JSONValue {
        [
            "address": .string(asset.hex), "topics": .array(event.topics.map { .string($0.hex) }), "data": .string(Hex.encode(event.data)),
            "blockNumber": .string(event.block.hexQuantity), "blockHash": .string(state.hash(of: event.block).hex),
            "transactionHash": .string(event.transaction.hex), "logIndex": .string(event.index.hexQuantity), "removed": false,
        ]
    }

    private func send(_ raw: String, _ state: inout State) throws -> JSONValue {
        guard let bytes = Hex.decode(raw), let transaction = try? SignedTransaction(decoding: bytes) else { throw Refusal(message: "no transaction") }
        state.sent.append(transaction)
        let hash = JSONValue.string(transaction.hash.hex)
        if state.receipts[transaction.hash] != nil { throw Refusal(message: "already known") }
        switch state.sends.isEmpty ? .mine : state.sends.removeFirst() {
        case .mine: mine(transaction, &state)
        case .mineAfter(let polls): state.waiting[transaction.hash] = (transaction, polls)
        case .revert: mine(transaction, &state, status: 0, moves: false)
        case .nothing: mine(transaction, &state, moves: false)
        case .keep: state.known.insert(transaction.hash)
        case .refuse(let words): throw Refusal(message: words)
        case .refuseAndFallSilent:
            state.odd["eth_getBlockByNumber"] = .null
            throw Refusal(message: "try later")
        case .mineAndRefuse(let words):
            mine(transaction, &state)
            throw Refusal(message: words)
        case .mineAndCut:
            mine(transaction, &state)
            throw Cut()
        case .cut: throw Cut()
        case .frontRun:
            use(transaction.unsigned.data, by: Bytes32([UInt8](repeating: 0xF0, count: 32)) ?? .zero, &state)
            mine(transaction, &state, status: 0, moves: false)
        }
        return hash
    }

    private func mine(_ transaction: SignedTransaction, _ state: inout State, status: UInt64 = 1, moves: Bool = true) {
        state.known.insert(transaction.hash)
        state.transactionCount = transaction.unsigned.nonce + 1
        state.mined[transaction.hash] = state.block
        if moves, FunctionSelector(callData: transaction.unsigned.data) == FunctionSelector(signature: "transfer(address,uint256)") {
            let (to, value) = (Self.word(transaction.unsigned.data, 0), Self.word(transaction.unsigned.data, 1))
            let log: JSONValue = [
                "address": .string(asset.hex),
                "topics": .array([EventTopic.transfer, transaction.sender.word, to].map { .string($0.hex) }), "data": .string(value.hex),
            ]
            state.receipts[transaction.hash] = Self.receipt(status: 1, logs: [log])
            return
        }
        if moves { return use(transaction.unsigned.data, by: transaction.hash, &state) }
        state.receipts[transaction.hash] = Self.receipt(status: status, logs: [])
    }

    /// The authorization in some call data is used in that transaction.
    private func use(_ data: [UInt8], by hash: Bytes32, _ state: inout State) {
        use(from: Self.word(data, 0), to: Self.word(data, 1), value: Self.word(data, 2), nonce: Self.word(data, 5), by: hash, &state)
    }

    func use(from: Bytes32, to: Bytes32, value: Bytes32, nonce: Bytes32, by hash: Bytes32, _ state: inout State) {
        state.used.insert(nonce)
        state.mined[hash] = state.block
        state.emit([EventTopic.authorizationUsed, from, nonce], [], in: hash)
        state.emit([EventTopic.transfer, from, to], value.bytes, in: hash)
        state.logs.append(([EventTopic.authorizationUsed, from, nonce], hash, state.block))
        state.receipts[hash] = Self.receipt(
            status: 1,
            logs: [
                [
                    "address": .string(asset.hex), "topics": .array([EventTopic.authorizationUsed, from, nonce].map { .string($0.hex) }),
                    "data": "0x",
                ],
                [
                    "address": .string(asset.hex), "topics": .array([EventTopic.transfer, from, to].map { .string($0.hex) }),
                    "data": .string(value.hex),
                ],
            ])
    }

    static func receipt(status: UInt64, logs: [JSONValue]) -> JSONValue {
        ["status": .string(status.hexQuantity), "logs": .array(logs), "gasUsed": "0xea60", "effectiveGasPrice": "0x10c8e0"]
    }
}
