import ArgumentParser
import BigInt
import EVM
import Hummingbird
import JSON
import NIOCore
import NIOFoundationCompat
import Synchronization
import X402EVM

/// A chain without a machine: every transfer succeeds at once. It answers as fast as it can, so that what is measured is the shop.
struct ChainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "chain", abstract: "Answer JSON-RPC as a chain that mines at once.")
    @Argument var port: Int

    func run() async throws {
        guard let preset = NetworkPreset.of(chainID: 84532) else { return }
        let chain = InstantChain(preset)
        let router = Router()
        router.post("/") { request, _ -> ByteBuffer in
            let body = try await request.body.collect(upTo: 1 << 20)
            return ByteBuffer(bytes: chain.answer(try JSONValue(parsing: body.readableBytesView)).encoded())
        }
        try await BenchServer.run(router, port: port)
    }
}

/// What the shop's settler asks of a chain, answered from memory.
final class InstantChain: Sendable {
    private let preset: NetworkPreset
    private let separator: Bytes32
    private let state = Mutex<(nonce: UInt64, receipts: [String: JSONValue])>((0, [:]))

    init(_ preset: NetworkPreset) {
        self.preset = preset
        separator =
            EIP712Domain(
                name: preset.token.domainName, version: preset.token.domainVersion, chainID: preset.chainID, verifyingContract: preset.token.address
            ).separator
    }

    func answer(_ request: JSONValue) -> JSONValue {
        if let batch = request.array { return .array(batch.map(answer)) }
        return ["jsonrpc": "2.0", "id": request["id"] ?? .null, "result": result(request["method"]?.string ?? "", request["params"]?.array ?? [])]
    }

    private func result(_ method: String, _ parameters: [JSONValue]) -> JSONValue {
        switch method {
        case "eth_chainId": return .string(preset.chainID.hexQuantity)
        case "eth_getCode": return "0x"
        case "eth_getBalance": return "0x56bc75e2d63100000"
        case "eth_maxPriorityFeePerGas": return "0x3e8"
        case "eth_blockNumber": return "0x64"
        case "eth_getBlockByNumber": return ["number": "0x64", "timestamp": "0x0", "baseFeePerGas": "0x3e8"]
        case "eth_getTransactionCount": return .string(state.withLock { $0.nonce }.hexQuantity)
        case "eth_call": return call(parameters.first?["data"]?.string ?? "")
        case "eth_sendRawTransaction": return send(parameters.first?.string ?? "")
        case "eth_getTransactionReceipt", "eth_getTransactionByHash":
            // Asked for once: a receipt is forgotten when it is given, so that memory stays flat.
            return state.withLock { $0.receipts.removeValue(forKey: parameters.first?.string ?? "") } ?? .null
        default: return .null
        }
    }

    private func call(_ data: String) -> JSONValue {
        switch data.prefix(10) {
        case "0x3644e515": .string(separator.hex)
        case "0x313ce567": .string(Bytes32(UInt64(preset.token.decimals)).hex)
        case "0x70a08231": .string(Bytes32(UInt64.max).hex)
        default: .string(Bytes32.zero.hex)
        }
    }

    private func send(_ raw: String) -> JSONValue {
        // Decoding recovers the sender, which costs more than all else; a chain of our own need not know who sends.
        guard let bytes = Hex.decode(raw), bytes.first == 2, case .list(let fields)? = try? RLP.decode(Array(bytes.dropFirst())), fields.count > 7,
            case .bytes(let data) = fields[7], data.count >= 4 + 6 * 32
        else { return .null }
        let hash = Keccak256.hash(bytes).hex
        func word(_ index: Int) -> JSONValue { .string(Hex.encode(Array(data[4 + 32 * index..<36 + 32 * index]))) }
        let token = JSONValue.string(preset.token.address.hex)
        let receipt: JSONValue = [
            "status": "0x1", "gasUsed": "0x10000", "effectiveGasPrice": "0x7d0", "transactionHash": .string(hash),
            "logs": [
                ["address": token, "topics": [.string(EventTopic.authorizationUsed.hex), word(0), word(5)], "data": "0x"],
                ["address": token, "topics": [.string(EventTopic.transfer.hex), word(0), word(1)], "data": word(2)],
            ],
        ]
        state.withLock {
            $0.nonce += 1
            $0.receipts[hash] = receipt
        }
        return .string(hash)
    }
}
