import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import X402

@testable import pushcart

/// A shop on a real socket that does everything right, but for what a test spoils.
final class ProbeFakeShop: Sendable {
    struct Answer: Sendable {
        var status = 404
        var headers: [(String, String)] = []
        var body = ""
        /// The connection is closed instead.
        var isCut = false

        /// Replaces a header; nil removes it.
        mutating func set(_ name: String, _ value: String?) {
            headers.removeAll { $0.0 == name }
            if let value { headers.append((name, value)) }
        }

        /// Changes the offer in `PAYMENT-REQUIRED`.
        mutating func offer(_ change: (inout JSONObject) -> Void) {
            guard let header = headers.first(where: { $0.0 == PaymentHeader.required })?.1, var json = try? PaymentHeader.decode(header) else {
                return
            }
            change(&json)
            set(PaymentHeader.required, PaymentHeader.encode(json))
        }

        /// Changes its only way to pay.
        mutating func way(_ change: (inout JSONObject) -> Void) {
            offer { json in
                guard var way = json["accepts"]?.array?.first?.object else { return }
                change(&way)
                json["accepts"] = [.object(way)]
            }
        }

        /// Changes the only way to pay of the body.
        mutating func wayV1(_ change: (inout JSONObject) -> Void) {
            guard var json = (try? JSONValue(parsing: body))?.object, var way = json["accepts"]?.array?.first?.object else { return }
            change(&way)
            json["accepts"] = [.object(way)]
            body = String(decoding: JSONValue.object(json).encoded(), as: UTF8.self)
        }
    }

    struct Asked: Sendable {
        let method: String
        let target: String
        let headers: HTTPHeaders
        var isUnpaid: Bool { !headers.contains(name: PaymentHeader.signature) && !headers.contains(name: PaymentHeader.signatureV1) }
        /// A look at the terms.
        var isLook: Bool { method == "GET" && target == "/p/song" && isUnpaid }
    }

    typealias Spoiling = @Sendable (_ asked: Asked, _ answer: inout Answer) -> Void

    private let channel: any Channel
    private var origin: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var url: BuyURL { BuyURL("\(origin)/p/song")! }

    init(_ spoil: @escaping Spoiling = { _, _ in }) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(spoil))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    /// What an honest shop answers.
    static func honest(_ asked: Asked, _ origin: String) -> Answer {
        let url = "\(origin)/p/song"
        switch (asked.method, asked.target) {
        case ("OPTIONS", "/p/song"):
            return Answer(
                status: 204,
                headers: [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "PAYMENT-SIGNATURE, X-PAYMENT")])
        case ("GET", "/p/song") where !asked.isUnpaid: return Answer(status: 400)
        case ("GET", "/p/song"), ("HEAD", "/p/song"):
            return Answer(
                status: 402,
                headers: [
                    (PaymentHeader.required, PaymentHeader.encode(offer(url))), ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
                    ("Vary", "Accept, User-Agent"), ("Access-Control-Allow-Origin", "*"),
                    ("Access-Control-Expose-Headers", "PAYMENT-REQUIRED, PAYMENT-RESPONSE"),
                ], body: String(decoding: JSONValue.object(offerV1(url)).encoded(), as: UTF8.self))
        case (_, "/p/song"): return Answer(status: 405)
        case ("GET", "/.well-known/x402"): return Answer(status: 200, body: #"{"version":1,"resources":["\#(url)"]}"#)
        case ("GET", let target) where target.hasPrefix("/discovery/resources"):
            return Answer(status: 200, body: #"{"x402Version":2,"items":[{"resource":"\#(url)"}]}"#)
        default: return Answer()
        }
    }

    private static func offer(_ url: String) -> JSONObject {
        var offer = BuyFixture.offer([BuyFixture.way(extra: ["sandbox": nil])], url: url)
        offer["resource"] = ["url": .string(url), "description": "A song", "mimeType": "audio/flac"]
        offer["extensions"] = ["bazaar": ["info": ["input": ["type": "http", "method": "GET"]]]]
        return offer
    }

    private static func offerV1(_ url: String) -> JSONObject { BuyFixture.offerV1(["resource": .string(url)]) }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let spoil: Spoiling
        private var head: HTTPRequestHead?

        init(_ spoil: @escaping Spoiling) { self.spoil = spoil }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body: break
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            guard let head else { return }
            let asked = Asked(method: head.method.rawValue, target: head.uri, headers: head.headers)
            var answer = ProbeFakeShop.honest(asked, "http://127.0.0.1:\(context.channel.localAddress?.port ?? 0)")
            spoil(asked, &answer)
            guard !answer.isCut else { return context.close(promise: nil) }
            var headers = HTTPHeaders(answer.headers)
            if answer.status != 204 { headers.add(name: "Content-Length", value: String(answer.body.utf8.count)) }
            let response = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            if asked.method != "HEAD", !answer.body.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
