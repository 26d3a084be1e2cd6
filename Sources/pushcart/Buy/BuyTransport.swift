import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// How a buyer asks a shop; the fake of the tests is the other one. Redirects are answers like others.
protocol BuyTransport: Sendable {
    /// The answer's head; its body comes as it is read.
    /// - Throws: `BuyTransportError` when there is no answer.
    func get(_ url: BuyURL, _ headers: [(name: String, value: String)]) async throws(BuyTransportError) -> HTTPClientResponse

    /// The same with another method and a body.
    func send(
        _ request: BuyRequest, _ url: BuyURL, _ headers: [(name: String, value: String)]
    ) async throws(BuyTransportError) -> HTTPClientResponse
}

extension BuyTransport {
    func get(_ url: BuyURL, _ headers: [(name: String, value: String)]) async throws(BuyTransportError) -> HTTPClientResponse {
        try await send(.get, url, headers)
    }
}

/// What a buyer asks for beside the address.
struct BuyRequest: Hashable, Sendable {
    var method = "GET"
    /// Empty for none.
    var body: [UInt8] = []
    /// As `Name: value`.
    var fields: [String] = []

    static let get = BuyRequest()
    static let maximumBody = 16 * 1024 * 1024

    /// Whether it says nothing that a payment could be bound to.
    var isPlain: Bool { self == .get }

    var headers: [(name: String, value: String)] {
        fields.compactMap { field in
            field.firstIndex(of: ":").map { (String(field[..<$0]), field[field.index(after: $0)...].trimmingCharacters(in: .whitespaces)) }
        }
    }
}

/// Asks for one thing, whatever is asked of it.
struct BuyRequestTransport: BuyTransport {
    let base: any BuyTransport
    let request: BuyRequest

    func send(
        _ plain: BuyRequest, _ url: BuyURL, _ headers: [(name: String, value: String)]
    ) async throws(BuyTransportError) -> HTTPClientResponse { try await base.send(request, url, headers) }
}

/// Why there was no answer: what follows a colon.
struct BuyTransportError: Error {
    let clause: String
}

/// The real network.
struct BuyNetwork: BuyTransport {
    private let client: HTTPClient

    static let connectTime: TimeAmount = .seconds(5)
    static let answerTime: TimeAmount = .seconds(30)

    /// Runs `body` with a client that is shut down afterwards.
    static func with<Result>(_ body: (BuyNetwork) async throws -> Result) async throws -> Result {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: connectTime, read: answerTime), decompression: .disabled)
        // Whether and how often to ask again is decided by who knows what is asked.
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { try await body(BuyNetwork(client: $0)) }
    }

    func send(
        _ request: BuyRequest, _ url: BuyURL, _ headers: [(name: String, value: String)]
    ) async throws(BuyTransportError) -> HTTPClientResponse {
        try await send(request.method, body: request.body, url, request.headers + headers, within: Self.answerTime)
    }

    /// The answer's head; its body comes as it is read.
    /// - Throws: `BuyTransportError` when there is no answer.
    func send(
        _ method: String, body: [UInt8] = [], _ url: BuyURL, _ headers: [(name: String, value: String)], within limit: TimeAmount
    ) async throws(BuyTransportError) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url.description)
        request.method = HTTPMethod(rawValue: method)
        request.headers = ["Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "pushcart-buy"]
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            return try await client.execute(request, timeout: limit)
        } catch {
            throw BuyTransportError(clause: Self.clause(error))
        }
    }

    /// How the causes that people meet can be told in the libraries' descriptions, which have no types for them.
    private static let signs: [(sign: String, clause: String)] = [
        ("Connection refused", "the connection was refused"), ("Connection reset", "the connection was cut"),
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"), ("unknown(host:", "the name of the host is not known"),
        ("UnknownHost", "the name of the host is not known"),
        ("handshakeFailed", "it does not speak https"),
        ("stream ended", "the connection was closed before the answer was complete"),
    ]

    /// What went wrong, in few words.
    static func clause(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .connectTimeout?: return "no connection within 5 seconds"
        case .deadlineExceeded?, .readTimeout?: return "no answer within 30 seconds"
        case .remoteConnectionClosed?: return "the connection was closed before the answer was complete"
        default: break
        }
        let text = String(describing: error)
        return signs.first { text.contains($0.sign) }?.clause ?? BuyText.plain(text, limit: 160)
    }
}

extension HTTPClientResponse {
    var code: Int { Int(status.code) }

    /// The value of a header; of several with one name the first.
    func header(_ name: String) -> String? { headers.first(name: name) }

    /// All values of a header that may come more than once.
    func headers(_ name: String) -> [String] { headers[name] }

    /// The body, at most so many bytes of it and for as long as an answer may take; empty when it is longer, slower or breaks,
    /// because then it says nothing that could be used.
    func shortBody(_ limit: Int) async -> [UInt8] {
        let deadline = NIODeadline.now() + BuyNetwork.answerTime
        var bytes: [UInt8] = []
        do {
            for try await chunk in body {
                bytes += chunk.readableBytesView
                guard bytes.count <= limit, NIODeadline.now() < deadline else { return [] }
            }
        } catch {
            return []
        }
        return bytes
    }
}
