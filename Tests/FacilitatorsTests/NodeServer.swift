import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A tiny HTTP server on a real socket: every request body goes to the test, which says what comes back.
final class NodeServer: Sendable {
    enum Reply: Sendable {
        case body(String, status: HTTPResponseStatus = .ok)
        /// The connection is cut without an answer.
        case cut
        /// A head that promises a body, and then nothing.
        case headOnly
        case redirect(to: String)
    }

    typealias Answer = @Sendable (_ body: [UInt8]) -> Reply

    private let channel: any Channel
    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    convenience init(_ answer: @escaping Answer) async throws { try await self.init { _, body in answer(body) } }

    /// For servers that tell by path and headers what they answer.
    init(_ answer: @escaping @Sendable (_ head: HTTPRequestHead, _ body: [UInt8]) -> Reply) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    /// An address at which nobody listens. Its socket is bound for as long as the tests run, so that no other test's server gets its port.
    static func deadURL() throws -> String {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0 }
        }
        guard done else { throw IOError(errnoCode: errno, reason: "bind") }
        return "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: @Sendable (HTTPRequestHead, [UInt8]) -> Reply
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ answer: @escaping @Sendable (HTTPRequestHead, [UInt8]) -> Reply) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = []
            case .body(let buffer): body += buffer.readableBytesView
            case .end: if let head { write(answer(head, body), context) }
            }
        }

        private func write(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply {
            case .cut: context.close(promise: nil)
            case .headOnly:
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "100"])
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            case .redirect(let url):
                let head = HTTPResponseHead(version: .http1_1, status: .temporaryRedirect, headers: ["Content-Length": "0", "Location": url])
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .body(let text, let status):
                let headers: HTTPHeaders = ["Content-Length": String(text.utf8.count), "Content-Type": "application/json"]
                context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
