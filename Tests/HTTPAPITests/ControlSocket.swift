import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import HTTPAPI

/// The shop's control socket as the daemon opens it: the routes that ask the kernel who is there.
struct ControlSocket: Sendable {
    struct Answer: Sendable {
        let status: Int
        let type: String?
        let json: JSONValue

        var code: String { "\(status) \(json["detail"]?.string ?? "")" }
        /// Each wrong field's pointer, in order.
        var pointers: [String] { (json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string } }

        func expect(_ status: Int, _ sentence: String, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(self.status == status && json["detail"]?.string?.contains(sentence) == true, "\(code)", sourceLocation: sourceLocation)
            #expect(type == "application/problem+json", sourceLocation: sourceLocation)
        }
    }

    let path: String
    /// Who the kernel says this process is.
    static var actor: String { "local:\(getuid())" }

    /// Serves a shop on a socket in its directory while `body` runs.
    static func with(_ shop: TestShop, _ body: (ControlSocket) async throws -> Void) async throws {
        let path = "\(shop.directory)/control.sock"
        let (ready, signal) = AsyncStream<Void>.makeStream()
        var log = Logger(label: "control")
        log.logLevel = .critical
        let application = Application(
            router: shop.shop.controlRouter, configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in signal.finish() }, logger: log)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: log))
        let server = Task {
            defer { signal.finish() }
            try await group.run()
        }
        for await _ in ready {}
        let result: Result<Void, any Error>
        do { result = .success(try await body(ControlSocket(path: path))) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await server.value
        try result.get()
    }

    func send(_ method: HTTPMethod, _ uri: String, _ body: JSONValue? = nil) async throws -> Answer {
        try await send(method, uri, bytes: body.map { $0.encoded() })
    }

    func send(_ method: HTTPMethod, _ uri: String, bytes: [UInt8]?) async throws -> Answer {
        let host = try #require(path.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        var request = HTTPClientRequest(url: "http+unix://\(host)\(uri)")
        request.method = method
        request.body = bytes.map { .bytes(ByteBuffer(bytes: $0)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let buffer = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code), type: response.headers.first(name: "Content-Type"),
            json: try JSONValue(parsing: buffer.readableBytesView))
    }

    /// Sends bytes and returns what a product's `content` says of them.
    func content(_ text: String, name: String = "song.flac", type: String = "audio/flac") async throws -> JSONValue {
        let stored = try await send(.POST, "/api/v1/contents", bytes: Array(text.utf8))
        return ["sha256": try #require(stored.json["sha256"]), "mediaType": .string(type), "fileName": .string(name)]
    }
}
