import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import HTTPAPI

/// Real connections to the server as the daemon builds it, with short deadlines.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    /// Serves on a free port while `body` runs.
    private func serve(
        _ limits: ConnectionLimits = ConnectionLimits(), _ deadlines: RequestDeadlines = .standard, _ body: (Int) async throws -> Void
    ) async throws {
        let router = Router(context: ShopContext.self)
        router.get("hello") { _, _ in "hello" }
        router.post("length") { request, _ in
            var count = 0
            for try await buffer in request.body { count += buffer.readableBytes }
            return "\(count)"
        }
        let piece = ByteBuffer(repeating: 0x78, count: 1 << 16)
        router.get("endless") { _, _ in Response(status: .ok, body: ResponseBody { writer in while true { try await writer.write(piece) } }) }
        var log = Logger(label: "test")
        log.logLevel = .critical
        let (ports, port) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router,
            server: .http1(
                .init(httpDecoderConfiguration: .init(maxHeaderFieldSize: 32_768, maxHeaderListSize: 65_536, maxHeaderFieldCount: 200)),
                on: MultiThreadedEventLoopGroup.singleton, limits: limits, deadlines: deadlines),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) }, logger: log)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: log))
        let server = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let number = try #require(await iterator.next())
        let result: Result<Void, any Error>
        do { result = .success(try await body(number)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await server.value
        try result.get()
        #expect(limits.open == 0 && limits.addresses == 0)
    }

    /// The other end: collects what comes.
    private final class Client: Sendable {
        private final class Collector: ChannelInboundHandler, Sendable {
            typealias InboundIn = ByteBuffer
            let text = Mutex("")
            let waiting = Mutex<[(String, EventLoopPromise<Void>)]>([])

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                text.withLock { $0 += String(buffer: unwrapInboundIn(data)) }
                look()
            }

            func look() {
                let text = text.withLock { $0 }
                let met = waiting.withLock { waiting in
                    let met = waiting.filter { text.contains($0.0) }
                    waiting.removeAll { text.contains($0.0) }
                    return met
                }
                for (_, promise) in met { promise.succeed() }
            }

            func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        }

        let channel: any Channel
        private let collector: Collector

        init(_ port: Int, reading: Bool = true) async throws {
            let collector = Collector()
            self.collector = collector
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: reading)
                .channelInitializer { $0.pipeline.addHandler(collector) }
                .connect(host: "127.0.0.1", port: port).get()
        }

        var text: String { collector.text.withLock { $0 } }

        /// Nothing is said when the other side has gone.
        func send(_ text: String) async { try? await channel.writeAndFlush(ByteBuffer(string: text)) }

        func until(_ text: String) async throws {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            collector.waiting.withLock { $0.append((text, promise)) }
            channel.closeFuture.whenComplete { _ in promise.fail(ChannelError.eof) }
            collector.look()
            try await promise.futureResult.get()
        }

        /// All that came until the other side closed.
        func end() async throws -> String {
            try await channel.closeFuture.get()
            return text
        }
    }

    private static let hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `a head that comes byte by byte is refused in time`() async throws {
        try await serve(ConnectionLimits(), RequestDeadlines(head: .milliseconds(200), linger: .milliseconds(100))) { port in
            let client = try await Client(port)
            let start = ContinuousClock.now
            let drip = Task {
                for byte in "GET /hello HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 1000))" where client.channel.isActive {
                    await client.send(String(byte))
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
            let answer = try await client.end()
            drip.cancel()
            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n") && answer.hasSuffix("}"), "\(answer)")
            #expect(start.duration(to: .now) < .seconds(2))
        }
    }

    @Test func `who connects and says nothing is closed without a word`() async throws {
        try await serve(ConnectionLimits(), RequestDeadlines(head: .milliseconds(50))) { port in
            let said = try await Client(port).end()
            #expect(said.isEmpty)
        }
    }

    @Test func `a body that drips is refused, one that keeps its rate is taken`() async throws {
        let deadlines = RequestDeadlines(bodyRate: 1000, bodyWindow: .milliseconds(100), linger: .milliseconds(50))
        try await serve(ConnectionLimits(), deadlines) { port in
            async let slow = {
                let client = try await Client(port)
                await client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
                return try await client.end()
            }()
            async let steady = {
                let client = try await Client(port)
                await client.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
                for _ in 0..<20 {
                    await client.send(String(repeating: "x", count: 5000))
                    try await Task.sleep(for: .milliseconds(20))
                }
                try await client.until("\r\n\r\n100000")
                return client.text
            }()
            let (refused, taken) = try await (slow, steady)
            #expect(refused.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(taken.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test func `three hundred connections from one address leave room for the others'`() async throws {
        let limits = ConnectionLimits(total: 1000, perAddress: 100, refusals: 50)
        try await serve(limits, RequestDeadlines(linger: .milliseconds(100))) { port in
            var clients: [Client] = []
            for _ in 0..<300 { clients.append(try await Client(port)) }
            // Which of them were first is up to two event loops.
            while clients.filter({ $0.channel.isActive }).count > 100 { try await Task.sleep(for: .milliseconds(5)) }
            let ends = clients.filter { !$0.channel.isActive }.map(\.text)
            let told = ends.filter { $0.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n") && $0.contains("\r\nRetry-After: 5\r\n") }
            #expect(told.count >= 50 && ends.count == 200)
            #expect(ends.allSatisfy { $0.isEmpty || $0.hasPrefix("HTTP/1.1 503 ") })
            #expect(limits.open == 100 && limits.turnedAway == 200)
            for client in clients.filter(\.channel.isActive) {
                await client.send(Self.hello)
                try await client.until("hello")
                try await client.channel.close()
            }
            // The server hears of it a moment later.
            while limits.open > 0 { try await Task.sleep(for: .milliseconds(5)) }
            let client = try await Client(port)
            await client.send(Self.hello)
            try await client.until("hello")
            try await client.channel.close()
        }
    }

    @Test func `keep-alive and pipelining are untouched`() async throws {
        try await serve(ConnectionLimits(), RequestDeadlines(head: .milliseconds(100))) { port in
            let client = try await Client(port)
            await client.send(String(repeating: Self.hello, count: 50))
            while client.text.split(separator: "HTTP/1.1 200 OK").count < 50 { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(250))
            await client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            try await client.until("HTTP/1.1 404 ")
            #expect(client.channel.isActive)
            try await client.channel.close()
        }
    }

    @Test func `who takes nothing of an answer is closed`() async throws {
        let limits = ConnectionLimits()
        try await serve(limits, RequestDeadlines(reader: .milliseconds(200))) { port in
            let client = try await Client(port, reading: false)
            await client.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            while limits.open == 0 { try await Task.sleep(for: .milliseconds(1)) }
            let start = ContinuousClock.now
            while limits.open > 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(start.duration(to: .now) > .milliseconds(150))
            try await client.channel.close()
        }
    }

    @Test func `who takes an answer slowly but steadily is waited for`() async throws {
        let limits = ConnectionLimits()
        try await serve(limits, RequestDeadlines(reader: .milliseconds(400))) { port in
            let client = try await Client(port, reading: false)
            try await client.channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16_384)).get()
            try await client.channel.setOption(.maxMessagesPerRead, value: 1).get()
            await client.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            // Our kernel has megabytes to send and wants no more for longer than the deadline; what counts is that they go.
            for _ in 0..<60 {
                client.channel.read()
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(limits.open == 1)
            try await client.channel.close()
        }
    }

    @Test func `too long a head is told so`() async throws {
        try await serve(ConnectionLimits(), RequestDeadlines(linger: .milliseconds(100))) { port in
            let client = try await Client(port)
            await client.send(
                "GET /hello HTTP/1.1\r\nHost: x\r\n\((0..<100).map { "X-\($0): \(String(repeating: "a", count: 1000))\r\n" }.joined())\r\n")
            let answer = try await client.end()
            #expect(answer.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "\(answer)")
            #expect(answer.contains("application/problem+json") && answer.hasSuffix("}"))
        }
    }
}
