import AsyncHTTPClient
import EVM
import JSON
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Facilitators

@Suite struct RPCClientTests {
    private static let three = [RPCCall("eth_chainId"), RPCCall("eth_getCode", "0x01", "latest"), RPCCall("eth_blockNumber")]

    private func client(_ urls: String..., timeout: TimeAmount = .seconds(30)) -> RPCClient { RPCClient(urls: urls, http: .shared, timeout: timeout) }

    /// What a client makes of one answer to three calls.
    private func ask(_ reply: NodeServer.Reply, _ calls: [RPCCall] = three) async throws -> [String] {
        let server = try await NodeServer { _ in reply }
        return try await client(server.url).batch(calls).map {
            switch $0 {
            case .success(let value): value.text
            case .failure(let refusal): refusal.description
            }
        }
    }

    @Test func `a batch is sent as JSON-RPC 2 has it`() async throws {
        let sent = Mutex<[UInt8]>([])
        let server = try await NodeServer { body in
            sent.withLock { $0 = body }
            return .body(#"[{"id":0,"result":"0x1"},{"id":1,"result":"0x"},{"id":2,"result":"0x2"}]"#)
        }
        _ = try await client(server.url).batch(Self.three)
        #expect(
            try JSONValue(parsing: sent.withLock { $0 }) == [
                ["jsonrpc": "2.0", "id": 0, "method": "eth_chainId", "params": []],
                ["jsonrpc": "2.0", "id": 1, "method": "eth_getCode", "params": ["0x01", "latest"]],
                ["jsonrpc": "2.0", "id": 2, "method": "eth_blockNumber", "params": []],
            ])
    }

    @Test func `one call is sent alone, and its answer is taken whatever its id`() async throws {
        let sent = Mutex<[UInt8]>([])
        let server = try await NodeServer { body in
            sent.withLock { $0 = body }
            return .body(#"{"jsonrpc":"2.0","id":null,"result":"0x2a"}"#)
        }
        #expect(try await client(server.url).call("eth_chainId", "a", 1).quantity == 42)
        #expect(try JSONValue(parsing: sent.withLock { $0 }) == ["jsonrpc": "2.0", "id": 0, "method": "eth_chainId", "params": ["a", 1]])
    }

    @Test func `answers are put in the order of the calls`() async throws {
        let answers = try await ask(.body(#"[{"id":2,"result":"c"},{"id":0,"result":"a"},{"id":9,"result":"x"},{"id":1,"result":"b"}]"#))
        #expect(answers == [#""a""#, #""b""#, #""c""#])
    }

    @Test func `a refusal is told in its place beside the answers, null is an answer`() async throws {
        let answers = try await ask(
            .body(
                #"[{"id":0,"result":null,"error":null},{"id":1,"error":{"code":3,"message":"execution reverted","data":"0x08"}},{"id":2,"error":{}}]"#
            ))
        #expect(answers == ["null", "execution reverted (3)", "an error without words (0)"])
    }

    static let silent: [String] = [
        "", "rubbish", "[]", "{}", "null", "[1,2,3]", #"{"error":{"code":-32600,"message":"no batches here"},"id":null}"#,
        #"[{"id":0,"result":"a"},{"id":1,"result":"b"}]"#, #"[{"id":0,"result":"a"},{"id":1,"result":"b"},{"id":"2","result":"c"}]"#,
        #"[{"id":0,"result":"a"},{"id":1,"result":"b"},{"id":2}]"#, #"[{"id":0,"result":"a"},{"id":1,"result":"b"},{"id":-1,"result":"c"}]"#,
        #"[{"id":0,"result":"a"},{"id":1,"result":"b"},{"id":9223372036854775807,"result":"c"}]"#, #"[{"id":0,"result":"a"},{"id":0,"id":1}]"#,
        "[" + String(repeating: " ", count: 2 * 1024 * 1024) + "]", String(repeating: "[", count: 600) + String(repeating: "]", count: 600),
        "\"" + String(repeating: "x", count: 3 * 1024 * 1024) + "\"",
    ]

    @Test(arguments: silent.indices) func `an answer that is not one for every call counts as silence`(_ index: Int) async throws {
        await #expect(throws: RPCSilence.self) { try await ask(.body(Self.silent[index])) }
    }

    @Test func `a node that answers with an error status is believed only for what it says`() async throws {
        let body = #"{"id":0,"error":{"code":-32005,"message":"limit exceeded"}}"#
        #expect(try await ask(.body(body, status: .tooManyRequests), [RPCCall("eth_chainId")]) == ["limit exceeded (-32005)"])
        await #expect(throws: RPCSilence.self) { try await ask(.body("", status: .badGateway)) }
        await #expect(throws: RPCSilence.self) { try await ask(.body("<html>Bad Gateway</html>", status: .badGateway)) }
    }

    @Test func `a connection that is cut, or refused, is silence`() async throws {
        await #expect(throws: RPCSilence.self) { try await ask(.cut) }
        let dead = try NodeServer.deadURL()
        await #expect(throws: RPCSilence.self) { try await client(dead, timeout: .milliseconds(300)).batch(Self.three) }
        await #expect(throws: RPCSilence.self) { try await client("not a url").batch(Self.three) }
        await #expect(throws: RPCSilence.self) { try await RPCClient(urls: [], http: .shared).batch(Self.three) }
    }

    @Test func `a node that begins an answer and does not end it is given up in time`() async throws {
        let server = try await NodeServer { _ in .headOnly }
        await #expect(throws: RPCSilence.self) { try await client(server.url, timeout: .milliseconds(200)).batch(Self.three) }
    }

    @Test func `the next node is asked when one is silent, and not when it refuses`() async throws {
        let asked = Mutex<[String]>([])
        func node(_ name: String, _ reply: NodeServer.Reply) async throws -> NodeServer {
            try await NodeServer { _ in
                asked.withLock { $0.append(name) }
                return reply
            }
        }
        let (silent, rubbish) = (try await node("silent", .cut), try await node("rubbish", .body("?")))
        let (refusing, good) = (
            try await node("refusing", .body(#"{"error":{"code":1,"message":"no"}}"#)), try await node("good", .body(#"{"result":"0x1"}"#))
        )
        #expect(try await client(rubbish.url, good.url, refusing.url).call("eth_chainId") == "0x1")
        #expect(asked.withLock { $0 } == ["rubbish", "good"])
        asked.withLock { $0 = [] }
        await #expect(throws: RPCRefusal.self) { try await client(rubbish.url, refusing.url, good.url).call("eth_chainId") }
        #expect(asked.withLock { $0 } == ["rubbish", "refusing"])
        #expect(try await client(silent.url, good.url).call("eth_chainId") == "0x1")
    }

    // MARK: Chains

    /// A node of a chain that notes what it is asked; it tells its chain, or something else, and answers `0x1` to the rest.
    private final class ChainNode: Sendable {
        let asked = Mutex<[String]>([])
        let chain: Mutex<String>
        let isCut = Mutex(false)
        private let server = Mutex<NodeServer?>(nil)
        var url: String { server.withLock { $0?.url ?? "" } }

        /// - Parameter chain: the rest of the answer to `eth_chainId`.
        init(_ chain: String = #""result":"0x2105""#) async throws {
            self.chain = Mutex(chain)
            let server = try await NodeServer { [weak self] in self?.answer($0) ?? .cut }
            self.server.withLock { $0 = server }
        }

        private func answer(_ body: [UInt8]) -> NodeServer.Reply {
            let method = (try? JSONValue(parsing: body))?["method"]?.string ?? "batch"
            asked.withLock { $0.append(method) }
            if method == "eth_chainId" { return .body("{" + chain.withLock { $0 } + "}") }
            return isCut.withLock { $0 } ? .cut : .body(#"{"result":"0x1"}"#)
        }

        /// What was asked since the last time.
        var calls: [String] {
            asked.withLock { asked in
                defer { asked = [] }
                return asked
            }
        }
    }

    private func client(on chainID: UInt64, _ nodes: ChainNode...) -> RPCClient {
        RPCClient(urls: nodes.map(\.url), chainID: chainID, http: .shared, timeout: .seconds(30))
    }

    @Test func `a node tells its chain once before it is believed, and again after it was silent`() async throws {
        let node = try await ChainNode()
        let client = client(on: 8453, node)
        for _ in 0..<3 { #expect(try await client.call("eth_blockNumber") == "0x1") }
        #expect(node.calls == ["eth_chainId", "eth_blockNumber", "eth_blockNumber", "eth_blockNumber"])
        node.isCut.withLock { $0 = true }
        await #expect(throws: RPCSilence.self) { try await client.call("eth_blockNumber") }
        node.isCut.withLock { $0 = false }
        _ = node.calls
        #expect(try await client.call("eth_blockNumber") == "0x1")
        #expect(node.calls == ["eth_chainId", "eth_blockNumber"])
    }

    @Test func `who asks at once waits for one look at the node's chain`() async throws {
        let node = try await ChainNode()
        let client = client(on: 8453, node)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await client.call("eth_blockNumber") } }
            try await group.waitForAll()
        }
        let calls = node.calls
        #expect(calls.filter { $0 == "eth_chainId" }.count == 1)
        #expect(calls.count == 21)
    }

    @Test(arguments: [
        #""result":"0x1""#, #""result":"8453""#, #""result":8453"#, #""result":null"#, #""error":{"code":-32601,"message":"no such method"}"#,
    ])
    func `a second node on another chain is never believed`(_ chain: String) async throws {
        let (good, other) = (try await ChainNode(), try await ChainNode(chain))
        let client = client(on: 8453, good, other)
        #expect(try await client.call("eth_blockNumber") == "0x1")
        #expect(other.calls == [], "it is not needed yet")
        good.isCut.withLock { $0 = true }
        for _ in 0..<2 { await #expect(throws: RPCSilence.self) { try await client.call("eth_blockNumber") } }
        await #expect(throws: RPCSilence.self) { try await client.batch([RPCCall("eth_blockNumber")]) }
        #expect(other.calls == ["eth_chainId", "eth_chainId", "eth_chainId"], "it is asked for nothing else")
    }

    @Test func `a first node on another chain is passed over for the second, until it has come to ours`() async throws {
        let (other, good) = (try await ChainNode(#""result":"0x1""#), try await ChainNode())
        let client = client(on: 8453, other, good)
        for _ in 0..<2 { #expect(try await client.call("eth_blockNumber") == "0x1") }
        #expect(other.calls == ["eth_chainId", "eth_chainId"])
        #expect(good.calls == ["eth_chainId", "eth_blockNumber", "eth_blockNumber"])
        other.chain.withLock { $0 = #""result":"0x2105""# }
        #expect(try await client.call("eth_blockNumber") == "0x1")
        #expect(other.calls == ["eth_chainId", "eth_blockNumber"])
        #expect(good.calls == [])
    }

    @Test func `who asks any chain is answered, and nothing is taken to be known by that`() async throws {
        let other = try await ChainNode(#""result":"0x1""#)
        let client = client(on: 8453, other)
        #expect(try await client.batch([RPCCall("eth_blockNumber")], anyChain: true)[0].get() == "0x1")
        #expect(other.calls == ["eth_blockNumber"])
        await #expect(throws: RPCSilence.self) { try await client.call("eth_blockNumber") }
        #expect(other.calls == ["eth_chainId"])
    }

    @Test(
        arguments: [
            (3, "anything", true), (-32000, "execution reverted: too late", true), (-32015, "VM execution error: revert", true),
            (-32000, "header not found", false),
            (-32005, "limit exceeded", false), (0, "", false),
        ] as [(Int64, String, Bool)])
    func `a revert is told from a node's own trouble`(_ code: Int64, _ message: String, _ isRevert: Bool) {
        #expect(RPCRefusal(code: code, message: message, data: nil, url: "http://a").isRevert == isRevert)
    }

    @Test func `a read of a contract names only what is set`() throws {
        let to = try #require(EVMAddress([UInt8](repeating: 1, count: 20)))
        let plain = RPCCall.read(to, [0xAB])
        #expect(plain.method == "eth_call")
        #expect(plain.parameters == [["to": .string(to.hex), "data": "0xab"], "latest"])
        let full = RPCCall.read(to, [], from: to, gas: 150_000, block: "0x10")
        #expect(full.parameters == [["to": .string(to.hex), "data": "0x", "from": .string(to.hex), "gas": "0x249f0"], "0x10"])
    }

    @Test(arguments: [
        ("https://rpc.example/v3/1f2e3d4c5b", "no such project: /v3/1f2e3d4c5b", "no such project: /v3/…"),
        ("https://rpc.example/?apikey=1f2e3d4c5b", "bad key 1f2e3d4c5b", "bad key …"),
        ("https://user:pass-word@rpc.example", "user:pass-word may not", "user:… may not"),
        ("http://127.0.0.1:8545", "execution reverted", "execution reverted"),
    ])
    func `what is secret in a node's address is cut out of its words`(_ url: String, _ said: String, _ kept: String) {
        #expect(RPCRefusal(code: -1, message: said, data: nil, url: url).description == "\(kept) (-1)")
    }
}
