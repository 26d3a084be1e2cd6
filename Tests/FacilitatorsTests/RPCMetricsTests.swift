import AsyncHTTPClient
import InMemoryTracing
import NIOCore
import NIOHTTP1
import Synchronization
import Telemetry
import Testing
import Tracing

@testable import Facilitators

/// What is counted of the nodes of a network.
@Suite struct RPCMetricsTests {
    private final class Tally: Sendable {
        private let answers = Mutex(0)
        private let told = Mutex<[RPCFailure]>([])
        var answered: Int { answers.withLock { $0 } }
        var failures: [RPCFailure] { told.withLock { $0 } }

        var metrics: RPCMetrics {
            RPCMetrics(
                answered: { [self] took in
                    if took > .zero { answers.withLock { $0 += 1 } }
                },
                failed: { [self] failure in told.withLock { $0.append(failure) } })
        }
    }

    private let tally = Tally()

    private func ask(_ urls: [String], _ calls: [RPCCall], chain: UInt64? = nil, timeout: TimeAmount = .seconds(30)) async throws {
        _ = try await RPCClient(urls: urls, chainID: chain, http: .shared, timeout: timeout, metrics: tally.metrics).batch(calls)
    }

    private static let one = [RPCCall("eth_blockNumber")]

    @Test func `an answer is one request without a failure, and so is a revert`() async throws {
        let replies = [#"{"id":0,"result":"0x1"}"#, #"{"id":0,"error":{"code":3,"message":"execution reverted"}}"#]
        for reply in replies {
            let server = try await NodeServer { _ in .body(reply) }
            try await ask([server.url], Self.one)
        }
        #expect(tally.answered == 2 && tally.failures == [])
    }

    static let failures: [(reply: NodeServer.Reply, kind: RPCFailure)] = [
        (.cut, .unreachable), (.body("", status: .badGateway), .status), (.body("rubbish"), .malformed), (.body("[]"), .incomplete),
    ]

    @Test(arguments: failures.indices) func `a node that fails is counted by how, and so is the next one`(_ index: Int) async throws {
        let (reply, kind) = Self.failures[index]
        let bad = try await NodeServer { _ in reply }
        let good = try await NodeServer { _ in .body(#"{"id":0,"result":"0x1"}"#) }
        try await ask([bad.url, good.url], Self.one)
        #expect(tally.answered == 2 && tally.failures == [kind])
    }

    @Test func `silence within the time limit is a timeout, and nobody there is unreachable`() async throws {
        let mute = try await NodeServer { _ in .headOnly }
        await #expect(throws: RPCSilence.self) { try await ask([mute.url], Self.one, timeout: .milliseconds(50)) }
        await #expect(throws: RPCSilence.self) { try await ask([NodeServer.deadURL()], Self.one, timeout: .milliseconds(500)) }
        #expect(tally.answered == 2 && tally.failures == [.timeout, .unreachable])
    }

    @Test func `a call that the node will not take and a chain that is another one are failures too`() async throws {
        let limited = try await NodeServer { _ in .body(#"{"id":0,"error":{"code":-32005,"message":"limit exceeded"}}"#) }
        try await ask([limited.url], Self.one)
        let other = try await NodeServer { _ in .body(#"{"id":0,"result":"0x1"}"#) }
        await #expect(throws: RPCSilence.self) { try await ask([other.url], Self.one, chain: 8453) }
        #expect(tally.answered == 2 && tally.failures == [.refused, .chain])
    }

    @Test func `each request to a node is a step with its calls and its outcome, and without the node's address`() async throws {
        let tracer = InMemoryTracer()
        let bad = try await NodeServer { _ in .body("rubbish") }
        let good = try await NodeServer { _ in .body(#"{"id":0,"result":"0x2105"}"#) }
        let client = RPCClient(urls: ["\(bad.url)/key", good.url], chainID: 8453, http: .shared, steps: Steps(tracer))
        _ = try await client.batch(Self.one)
        let told = tracer.finishedSpans.map { span in
            ["network", "calls", "outcome"].map { name in
                if case .string(let text)? = span.attributes[name]?.toSpanAttribute() { text } else { "-" }
            }
        }
        #expect(
            told == [
                ["eip155:8453", "eth_chainId", "malformed"], ["eip155:8453", "eth_chainId", "answered"],
                ["eip155:8453", "eth_blockNumber", "answered"],
            ])
        #expect(tracer.finishedSpans.allSatisfy { $0.operationName == "rpc" && $0.kind == .client && $0.attributes.count == 3 })
    }
}
