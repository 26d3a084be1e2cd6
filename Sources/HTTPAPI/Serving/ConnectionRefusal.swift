import HTTPTypes
import JSON
import NIOCore
import NIOHTTP1

/// What a connection is told before it is closed, where no request is there to be answered.
enum ConnectionRefusal {
    case tooManyConnections
    case tooSlow
    case headTooLarge
    case wrongVersion
    case noHTTP

    init(_ error: HTTPParserError) {
        switch error {
        case .headerOverflow: self = .headTooLarge
        case .invalidVersion: self = .wrongVersion
        default: self = .noHTTP
        }
    }

    /// The whole answer, as it goes over the wire.
    var bytes: ByteBuffer {
        let (status, sentence) = text
        let json: JSONObject = [
            "type": .string("urn:pushcart:problem:\(status.reasonPhrase.lowercased().split(separator: " ").joined(separator: "-"))"),
            "title": .string(status.reasonPhrase), "status": .integer(status.code), "detail": .string(sentence),
        ]
        let body = JSONValue.object(json).encoded()
        let head = [
            "HTTP/1.1 \(status.code) \(status.reasonPhrase)", "Content-Type: application/problem+json", "Content-Length: \(body.count)",
            "Cache-Control: no-store", "Connection: close", self == .tooManyConnections ? "Retry-After: 5" : nil,
        ].compactMap(\.self)
        return ByteBuffer(bytes: Array("\(head.joined(separator: "\r\n"))\r\n\r\n".utf8) + body)
    }

    private var text: (HTTPResponse.Status, String) {
        switch self {
        case .tooManyConnections: (.serviceUnavailable, "Too many connections are open. Close some, or try again in a moment.")
        case .tooSlow: (.requestTimeout, "The request did not arrive in time. Try again on a new connection.")
        case .headTooLarge: (.requestHeaderFieldsTooLarge, "The request's address or headers are too long. Send fewer or shorter ones.")
        case .wrongVersion: (.init(code: 505, reasonPhrase: "HTTP Version Not Supported"), "This port speaks HTTP/1.1.")
        case .noHTTP: (.badRequest, "This is not a request that HTTP/1.1 knows.")
        }
    }
}
