import Domain
import JSON
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTPAPI

/// The guard's sense of time, on a clock that is moved by hand.
@Suite struct ConnectionGuardTests {
    /// The embedded channel knows no half-closed connections and would close.
    private final class HalfCloser: ChannelOutboundHandler {
        typealias OutboundIn = IOData

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    /// A connection as `LoopChannel` builds it, up to where the requests come out.
    private final class Line {
        let channel = EmbeddedChannel()
        let limits: ConnectionLimits

        init(_ limits: ConnectionLimits = ConnectionLimits(), _ deadlines: RequestDeadlines = .standard, connecting: Bool = true) throws {
            self.limits = limits
            let connection = ConnectionGuard(limits, deadlines)
            var sizes = NIOHTTPDecoderLimitConfiguration()
            sizes.maxHeaderListSize = 65_536
            sizes.maxHeaderFieldSize = 32_768
            try channel.pipeline.syncOperations.addHandlers([
                HalfCloser(), connection, HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: sizes)),
                RequestWatch(connection),
            ])
            if connecting { try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait() }
        }

        /// What a read brings; we go on listening unless it says otherwise.
        func receive(_ text: String, listening: Bool = true) {
            _ = try? channel.writeInbound(ByteBuffer(string: text))
            if listening { channel.read() }
        }

        func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

        func answer(_ status: HTTPResponseStatus = .ok) throws {
            try begin(status)
            try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        }

        func begin(_ status: HTTPResponseStatus = .ok) throws {
            try channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: status, headers: ["Content-Length": "0"])))
        }

        /// What has been written since the last call.
        var sent: String {
            var text = ""
            while let data = try? channel.readOutbound(as: IOData.self) {
                if case .byteBuffer(let buffer) = data { text += String(buffer: buffer) }
            }
            return text
        }

        /// What was told, and that the connection is closed a second later.
        func expectEnd(_ start: String, sourceLocation: SourceLocation = #_sourceLocation) {
            let sent = sent
            #expect(start.isEmpty ? sent.isEmpty : sent.hasPrefix("HTTP/1.1 \(start)\r\n"), "\(sent)", sourceLocation: sourceLocation)
            if !start.isEmpty { pass(1) }
            #expect(!channel.isActive, sourceLocation: sourceLocation)
            #expect(limits.open == 0 && limits.addresses == 0, sourceLocation: sourceLocation)
        }

        deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"

    // MARK: Heads

    @Test func `whoever says nothing is left after ten seconds without a word`() throws {
        let line = try Line()
        line.pass(9)
        #expect(line.channel.isActive)
        line.pass(1)
        line.expectEnd("")
    }

    @Test func `a head that comes byte by byte is refused when its time is over`() throws {
        let line = try Line()
        for byte in "GET / HTTP" {
            line.receive(String(byte))
            line.pass(1)
        }
        line.expectEnd("408 Request Timeout")
    }

    @Test func `nothing but empty lines is no head either`() throws {
        let line = try Line()
        for _ in 0..<10 {
            line.receive("\r\n")
            line.pass(1)
        }
        line.expectEnd("408 Request Timeout")
    }

    @Test func `between requests a connection may rest`() throws {
        let line = try Line()
        for _ in 0..<5 {
            line.receive(Self.get)
            try line.answer()
            line.pass(70)
        }
        #expect(line.channel.isActive)
        #expect(line.sent.components == 5)
    }

    @Test func `a later head has ten seconds from its own first byte`() throws {
        let line = try Line()
        line.receive(Self.get)
        try line.answer()
        line.pass(60)
        line.receive("GET ")
        line.pass(9)
        #expect(line.channel.isActive)
        _ = line.sent
        line.pass(1)
        line.expectEnd("408 Request Timeout")
    }

    @Test func `a head that comes in pieces and in time is served`() throws {
        let line = try Line()
        for piece in ["GET / HT", "TP/1.1\r\n", "Host: x\r\n\r", "\n"] {
            line.pass(2)
            line.receive(piece)
        }
        line.pass(600)
        try line.answer()
        #expect(line.channel.isActive && line.sent.components == 1)
    }

    @Test func `while we owe an answer nobody is late`() throws {
        let line = try Line()
        line.receive(Self.get)
        line.receive("GET ")
        line.pass(300)
        #expect(line.channel.isActive && line.sent.isEmpty)
        try line.answer()
        #expect(line.sent.hasPrefix("HTTP/1.1 200"))
        line.pass(10)
        line.expectEnd("408 Request Timeout")
    }

    @Test func `requests that come together are each answered`() throws {
        let line = try Line()
        line.receive(Self.get + Self.get + Self.get)
        line.pass(100)
        for _ in 0..<3 { try line.answer() }
        line.pass(100)
        #expect(line.channel.isActive && line.sent.components == 3)
    }

    // MARK: Bodies

    @Test func `a body that stops is refused after its grace and one window`() throws {
        let line = try Line()
        line.receive(Self.post)
        line.pass(19)
        #expect(line.channel.isActive && line.sent.isEmpty)
        line.pass(1)
        line.expectEnd("408 Request Timeout")
    }

    @Test func `a body that drips is refused, one that keeps its rate may take an hour`() throws {
        for (bytes, isKept) in [(1023, false), (1024, true)] {
            let line = try Line()
            line.receive(Self.post)
            for _ in 0..<3600 where line.channel.isActive && line.limits.open == 1 {
                line.receive(String(repeating: "x", count: bytes))
                line.pass(1)
            }
            #expect(line.channel.isActive == isKept)
            if !isKept { line.expectEnd("408 Request Timeout") }
        }
    }

    @Test func `what we do not read is not missed`() throws {
        let line = try Line()
        line.receive(Self.post)
        line.receive("x", listening: false)
        line.pass(100)
        #expect(line.channel.isActive && line.sent.isEmpty)
        // Listening again for most of a window with nothing to hear.
        line.channel.read()
        line.pass(9)
        #expect(line.sent.isEmpty)
        line.pass(11)
        line.expectEnd("408 Request Timeout")
    }

    @Test func `a slow body whose answer has begun, or was given, ends without a second one`() throws {
        for isWhole in [true, false] {
            let line = try Line()
            line.receive(Self.post)
            if isWhole { try line.answer() } else { try line.begin() }
            _ = line.sent
            line.pass(20)
            line.expectEnd("")
        }
    }

    @Test func `a slow body behind an unanswered request waits for that answer`() throws {
        let line = try Line()
        line.receive(Self.get + Self.post)
        line.pass(100)
        #expect(line.channel.isActive)
        try line.answer()
        _ = line.sent
        line.pass(20)
        line.expectEnd("408 Request Timeout")
    }

    @Test func `after a body the next request begins anew`() throws {
        let line = try Line()
        line.receive("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        line.pass(15)
        line.receive("abc")
        try line.answer()
        line.pass(60)
        line.receive(Self.get)
        try line.answer()
        #expect(line.channel.isActive && line.sent.components == 2)
    }

    // MARK: Readers

    @Test func `who takes nothing of an answer is left after a minute`() throws {
        let line = try Line()
        line.receive(Self.get)
        line.channel.isWritable = false
        line.channel.pipeline.fireChannelWritabilityChanged()
        line.channel.pipeline.fireChannelWritabilityChanged()
        line.pass(59)
        #expect(line.channel.isActive)
        line.pass(1)
        line.expectEnd("")
    }

    @Test func `who takes something now and then is waited for`() throws {
        let line = try Line()
        line.receive(Self.get)
        for _ in 0..<20 {
            for isWritable in [false, true] {
                line.channel.isWritable = isWritable
                line.channel.pipeline.fireChannelWritabilityChanged()
                line.pass(isWritable ? 1 : 55)
            }
        }
        #expect(line.channel.isActive)
    }

    // MARK: What is no request

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", "431 Request Header Fields Too Large"),
            ("GET /\(String(repeating: "a", count: 70_000)) HTTP/1.1\r\n\r\n", "431 Request Header Fields Too Large"),
            ("GET / HTTP/1.1\r\n\((0..<300).map { "X-\($0): 1\r\n" }.joined())\r\n", "431 Request Header Fields Too Large"),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400 Bad Request"),
            ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported"), ("\u{16}\u{3}\u{1}hello", "400 Bad Request"),
            ("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400 Bad Request"),
        ])
    func `what cannot be read is told so`(_ bytes: String, _ status: String) throws {
        let line = try Line()
        line.receive(bytes)
        let sent = line.sent
        let parts = sent.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
        try #require(parts.count == 2, "\(sent)")
        #expect(parts[0].hasPrefix("HTTP/1.1 \(status)\r\n"))
        #expect(parts[0].contains("\r\nContent-Length: \(parts[1].utf8.count)\r\n"))
        #expect(parts[0].hasSuffix("\r\nConnection: close"))
        let json = try JSONValue(parsing: Array(parts[1].utf8))
        let code = try #require(Int(status.prefix(3)))
        #expect(json["status"] == .integer(code))
        #expect(json["detail"]?.string?.hasSuffix(".") == true)
        line.receive("more of it")
        #expect(line.sent.isEmpty && line.channel.isActive)
        line.pass(1)
        line.expectEnd("")
    }

    @Test func `the refusal of an unreadable request follows the answers before it`() throws {
        let line = try Line()
        line.receive(Self.get + Self.get + "nonsense\r\n\r\n")
        line.receive("more\r\n")
        line.pass(60)
        #expect(line.channel.isActive && line.sent.isEmpty)
        try line.answer()
        #expect(line.sent.components == 1)
        try line.answer()
        let sent = line.sent
        #expect(sent.hasPrefix("HTTP/1.1 200") && sent.contains("HTTP/1.1 400 Bad Request\r\n"))
        line.pass(1)
        line.expectEnd("")
    }

    @Test func `an unreadable body is left to whoever reads it`() throws {
        let line = try Line()
        #expect(throws: HTTPParserError.self) {
            try line.channel.writeInbound(ByteBuffer(string: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))
            try line.channel.throwIfErrorCaught()
        }
        #expect(line.sent.isEmpty)
        #expect(line.channel.isActive)
    }

    @Test func `nobody writes after a refusal`() throws {
        let line = try Line()
        line.receive("nonsense\r\n\r\n")
        #expect(throws: ChannelError.outputClosed) { try line.begin() }
        #expect(line.sent.components == 1)
        line.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        line.expectEnd("")
    }

    @Test func `an upgraded connection speaks at its own pace`() throws {
        let line = try Line()
        line.receive("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        try line.channel.writeOutbound(HTTPServerResponsePart.head(.init(version: .http1_1, status: .switchingProtocols)))
        line.receive("frame")
        line.pass(600)
        #expect(line.channel.isActive)
    }

    // MARK: Numbers

    @Test func `over the limit connections are told so, and over that dropped`() throws {
        let limits = ConnectionLimits(total: 3, perAddress: 2, refusals: 1)
        let lines = try (0..<4).map { _ in try Line(limits) }
        #expect(limits.open == 2 && limits.turnedAway == 2)
        let sent = lines[2].sent
        #expect(sent.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n") && sent.contains("\r\nRetry-After: 5\r\n"))
        #expect(lines[3].sent.isEmpty && !lines[3].channel.isActive)
        lines[2].receive(Self.get)
        #expect(lines[2].sent.isEmpty)
        lines[2].pass(1)
        #expect(!lines[2].channel.isActive)
        try lines[0].channel.close().wait()
        let again = try Line(limits)
        #expect(limits.open == 2 && again.sent.isEmpty && again.channel.isActive)
    }

    @Test func `addresses are counted apart, exempt ones only in all`() throws {
        let limits = ConnectionLimits(total: 6, perAddress: 2, refusals: 10, exempt: [try #require(AddressBlock("10.0.0.0/8"))])
        let places = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "10.0.0.1"].map { limits.place(InternetAddress($0)) }
        #expect(places[3] == nil && limits.place(nil) == nil)
        #expect([0, 1, 0].map { limits.enter(places[$0]) } == [.open, .open, .refused])
        #expect(limits.enter(places[2]) == .open)
        #expect((0..<4).map { _ in limits.enter(places[3]) } == [.open, .open, .open, .refused])
        #expect(limits.open == 6 && limits.addresses == 2 && limits.turnedAway == 2)
        for place in [places[0], places[1], places[2], nil, nil, nil] { limits.leave(place, .open) }
        for place in [places[0], nil] { limits.leave(place, .refused) }
        #expect(limits.open == 0 && limits.addresses == 0)
    }
}

extension String {
    /// How many answers it holds.
    fileprivate var components: Int { matches(of: /HTTP\/1\.1 [0-9]/).count }
}
