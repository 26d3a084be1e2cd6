import HTTPTypes
import Hummingbird
import JSON

/// An answer as a value, so that it can be remembered in the write that it tells of.
struct EndpointAnswer: Sendable {
    var status: HTTPResponse.Status = .ok
    var json: JSONValue?
    var headers: HTTPFields = [:]

    init(_ json: JSONObject, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) {
        self.status = status
        self.json = .object(json)
        self.headers = headers
    }

    /// 204: done, with nothing to show.
    static let empty = EndpointAnswer(status: .noContent)

    private init(status: HTTPResponse.Status) { self.status = status }

    var response: Response {
        var headers = headers
        headers[.cacheControl] = "no-store"
        guard let json else { return Response(status: status, headers: headers) }
        return .json(json.encoded(), status: status, headers: headers)
    }

    // MARK: Remembered

    /// All of it as bytes, to be sealed.
    var stored: [UInt8] {
        JSONValue.object([
            "status": .integer(status.code), "json": json ?? .null,
            "headers": .array(headers.map { [.string($0.name.canonicalName), .string($0.value)] }),
        ]).encoded()
    }

    init?(stored: [UInt8]) {
        guard let value = try? JSONValue(parsing: stored, limits: JSONLimits(maxBytes: 1 << 20)),  // nil is told as a corrupt answer
            let status = value["status"]?.int64
        else { return nil }
        self.status = HTTPResponse.Status(code: Int(status))
        // An answer is an object or nothing: a bare nil would be JSON's null here.
        if let object = value["json"]?.object { json = .object(object) }
        for header in value["headers"]?.array ?? [] {
            guard let name = header.array?.first?.string.flatMap({ HTTPField.Name($0) }), let text = header.array?.last?.string else { continue }
            headers[name] = text
        }
    }
}
