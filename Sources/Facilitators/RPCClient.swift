import AsyncHTTPClient
import Caching
import EVM
import JSON
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Telemetry

/// One call of Ethereum's JSON-RPC.
struct RPCCall: Sendable {
    let method: String
    let parameters: [JSONValue]

    init(_ method: String, _ parameters: JSONValue...) {
        self.method = method
        self.parameters = parameters
    }
}

/// The node understood the call and refused it.
struct RPCRefusal: Error, Sendable, CustomStringConvertible {
    let code: Int64
    let message: String
    let data: String?

    /// The call ran and the contract reverted; anything else is the node's own trouble.
    var isRevert: Bool { code == 3 || message.contains("revert") }
    var description: String { "\(message) (\(code))" }

    /// - Parameter url: of the node, which may quote it: what is in it beside the host is a secret, and is cut out of the words.
    init(code: Int64, message: String, data: String?, url: String) {
        self.code = code
        self.data = data
        var words = String(message.prefix(500))
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let authority = url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var secrets = url[authority.endIndex...].split { "/?#&=".contains($0) }
        if let name = authority.lastIndex(of: "@") { secrets += authority[..<name].split(separator: ":") }
        // Names that addresses share, such as v1 or rpc, tell nothing.
        for secret in secrets where secret.utf8.count > 4 { words = words.replacing(secret, with: "…") }
        self.message = words
    }
}

/// No answer that can be believed: the call may or may not have been carried out.
struct RPCSilence: Error, CustomStringConvertible {
    let description: String
    var failure = RPCFailure.malformed
}

/// Ethereum's JSON-RPC over HTTP, several nodes in turn, each call within bounds of time and size.
struct RPCClient: Sendable {
    let urls: [String]
    /// The chain that every node must be on; nil asks none of them.
    private let chainID: UInt64?
    /// Nodes that told their chain less than a minute ago.
    private let confirmed = Cache<String, Bool>("rpc-nodes", limit: 64, bytes: 64 << 10, lifetime: .seconds(60)) { url, _ in url.utf8.count }
    private let http: HTTPClient
    private let timeout: TimeAmount
    private let metrics: RPCMetrics
    private let steps: Steps
    private static let maximumAnswer = 2 * 1024 * 1024

    init(
        urls: [String], chainID: UInt64? = nil, http: HTTPClient, timeout: TimeAmount = .seconds(3), metrics: RPCMetrics = .none,
        steps: Steps = .untraced
    ) {
        self.urls = urls
        self.chainID = chainID
        self.http = http
        self.timeout = timeout
        self.metrics = metrics
        self.steps = steps
    }

    /// Which nodes are known to be on our chain, for whoever watches the process.
    var nodes: CacheMeter { confirmed.meter }

    /// Sends calls as one batch; the answers stand in the order of the calls. The next node is asked when one is silent.
    ///
    /// A node is believed only while it is known to be on our chain: what another chain says of a payment is worse than nothing.
    /// - Throws: `RPCSilence` when no node answers every call.
    func batch(_ calls: [RPCCall], anyChain: Bool = false) async throws(RPCSilence) -> [Result<JSONValue, RPCRefusal>] {
        var silence = RPCSilence(description: "no RPC URL is set")
        for url in urls {
            do {
                if !anyChain { try await checkChain(url) }
                return try await ask(url, calls)
            } catch {
                confirmed.remove(url)
                silence = error
            }
        }
        throw silence
    }

    /// Asked once a minute, whoever asks meanwhile waits for that answer.
    private func checkChain(_ url: String) async throws(RPCSilence) {
        guard let chainID else { return }
        do {
            _ = try await confirmed.value(url) {
                switch try await ask(url, [RPCCall("eth_chainId")])[0] {
                case .success(let chain) where chain.quantity == chainID: break
                case .success:
                    metrics.failed(.chain)
                    throw RPCSilence(description: "a node is on another chain than \(chainID)", failure: .chain)
                // A node that has enough of us is not on another chain.
                case .failure(let refusal): throw RPCSilence(description: "a node does not tell its chain: \(refusal)", failure: .refused)
                }
                return true
            }
        } catch let silence as RPCSilence { throw silence } catch {
            throw RPCSilence(description: "the node did not answer: \(error)")
        }
    }

    /// One call.
    /// - Throws: `RPCRefusal` or `RPCSilence`.
    func call(_ method: String, _ parameters: JSONValue...) async throws -> JSONValue {
        var call = [RPCCall(method)]
        call[0] = RPCCall(method: method, parameters: parameters)
        return try await batch(call)[0].get()
    }

    /// One request to one node, timed and counted.
    private func ask(_ url: String, _ calls: [RPCCall]) async throws(RPCSilence) -> [Result<JSONValue, RPCRefusal>] {
        try await steps.run("rpc", facts(calls), kind: .client) { step throws(RPCSilence) in try await ask(url, calls, step) }
    }

    /// Never the node's address, which may hold the key that it is paid by.
    private func facts(_ calls: [RPCCall]) -> [(String, String)] {
        [("network", chainID.map { "eip155:\($0)" } ?? "any"), ("calls", calls.map(\.method).joined(separator: ","))]
    }

    private func ask(_ url: String, _ calls: [RPCCall], _ step: Step) async throws(RPCSilence) -> [Result<JSONValue, RPCRefusal>] {
        let start = ContinuousClock.now
        do {
            let answers = try await post(url, calls)
            metrics.answered(.now - start)
            step.note("outcome", "answered")
            if answers.contains(where: { if case .failure(let refusal) = $0 { !refusal.isRevert } else { false } }) { metrics.failed(.refused) }
            return answers
        } catch {
            metrics.answered(.now - start)
            metrics.failed(error.failure)
            step.note("outcome", error.failure.rawValue)
            throw error
        }
    }

    private func post(_ url: String, _ calls: [RPCCall]) async throws(RPCSilence) -> [Result<JSONValue, RPCRefusal>] {
        let body: ByteBuffer
        do {
            let request = try HTTPClient.Request(
                url: url, method: .POST, headers: ["Content-Type": "application/json"], body: .bytes(Self.encode(calls)))
            // Not the library's async call: its time limit ends with the head. This one's is for the whole answer, without a task of ours.
            let answer = try await http.execute(
                request: request, delegate: ResponseAccumulator(request: request, maxBodySize: Self.maximumAnswer), deadline: .now() + timeout
            ).get()
            body = answer.body ?? ByteBuffer()
            // Some nodes answer a refused call with 4xx or 5xx and a JSON-RPC error in the body; others with neither.
            if answer.status != .ok, body.readableBytes == 0 {
                throw RPCSilence(description: "the node answered \(answer.status.code)", failure: .status)
            }
        } catch let silence as RPCSilence { throw silence } catch {
            throw RPCSilence(description: "the node did not answer: \(error)", failure: RPCFailure(error))
        }
        return try Self.decode(body, count: calls.count, url: url)
    }

    private static func encode(_ calls: [RPCCall]) -> [UInt8] {
        let requests = calls.enumerated().map { index, call -> JSONValue in
            ["jsonrpc": "2.0", "id": .integer(index), "method": .string(call.method), "params": .array(call.parameters)]
        }
        return (requests.count == 1 ? requests[0] : .array(requests)).encoded()
    }

    private static func decode(_ body: ByteBuffer, count: Int, url: String) throws(RPCSilence) -> [Result<JSONValue, RPCRefusal>] {
        let json: JSONValue
        do { json = try JSONValue(parsing: body.readableBytesView, limits: JSONLimits(maxBytes: maximumAnswer)) } catch {
            throw RPCSilence(description: "the node's answer is not JSON")
        }
        var answers: [Result<JSONValue, RPCRefusal>?] = Array(repeating: nil, count: count)
        for answer in json.array ?? [json] {
            guard let id = count == 1 ? 0 : answer["id"]?.int64, answers.indices.contains(Int(id)) else { continue }
            if let error = answer["error"], !error.isNull {
                answers[Int(id)] = .failure(
                    RPCRefusal(
                        code: error["code"]?.int64 ?? 0, message: error["message"]?.string ?? "an error without words",
                        data: error["data"]?.string, url: url))
            } else if let result = answer["result"] {
                answers[Int(id)] = .success(result)
            }
        }
        let complete = answers.compactMap { $0 }
        guard complete.count == count else { throw RPCSilence(description: "the node left calls of a batch unanswered", failure: .incomplete) }
        return complete
    }
}

extension RPCCall {
    init(method: String, parameters: [JSONValue]) {
        self.method = method
        self.parameters = parameters
    }

    /// `eth_call` on the newest block, or the block named.
    static func read(_ to: EVMAddress, _ data: [UInt8], from: EVMAddress? = nil, gas: UInt64? = nil, block: String = "latest") -> RPCCall {
        var transaction: JSONObject = ["to": .string(to.hex), "data": .string(Hex.encode(data))]
        if let from { transaction["from"] = .string(from.hex) }
        if let gas { transaction["gas"] = .string(gas.hexQuantity) }
        return RPCCall("eth_call", .object(transaction), .string(block))
    }
}

extension JSONValue {
    /// A quantity such as `0x1f`.
    var quantity: UInt64? { string.flatMap(UInt64.init(hexQuantity:)) }
    /// Bytes such as `0x00ff`.
    var data: [UInt8]? { string.flatMap { Hex.decode($0) } }
}
