import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// An error as HTTP tells it: `application/problem+json` (RFC 9457) for machines. The public sentence says what to do; the cause stays in the log.
struct Problem: Error {
    var status: HTTPResponse.Status
    var sentence: String
    /// Every wrong field of a body, by its JSON pointer.
    var fields: [JSONProblem] = []
    var headers: HTTPFields = [:]
    /// What kind of problem it is, for programs; the status says it when nil.
    var kind: String?
    /// What the request is called in the log; nil where there is none.
    var request: String?

    init(
        _ status: HTTPResponse.Status, _ sentence: String, fields: [JSONProblem] = [], headers: HTTPFields = [:], kind: String? = nil
    ) {
        self.status = status
        self.sentence = sentence
        self.fields = fields
        self.headers = headers
        self.kind = kind
    }

    static let notFound = Problem(.notFound, "There is nothing at this address.")

    static func methodNotAllowed(_ allowed: String) -> Problem {
        Problem(.methodNotAllowed, "This address does not take that method; it takes \(allowed).", headers: [.allow: allowed])
    }

    static func invalid(_ fields: [JSONProblem]) -> Problem {
        let first = fields.first.map { "\($0.pointer.description.isEmpty ? "The body" : "“\($0.pointer)”"): \($0.reason)" } ?? ""
        return Problem(
            .unprocessableContent, fields.count > 1 ? "\(fields.count) fields are wrong. \(first)" : first, fields: fields, kind: "validation")
    }

    /// The same, as the answer to one request.
    func of(_ context: ShopContext) -> Problem {
        var problem = self
        problem.request = context.requestID.isEmpty ? nil : context.requestID
        return problem
    }

    /// The kind that a status alone tells.
    private static func kind(_ status: HTTPResponse.Status) -> String { status.reasonPhrase.lowercased().replacing(" ", with: "-") }

    var response: Response {
        var json: JSONObject = [
            "type": .string("urn:pushcart:problem:\(kind ?? Self.kind(status))"), "title": .string(status.reasonPhrase),
            "status": .integer(status.code), "detail": .string(sentence),
        ]
        if !fields.isEmpty {
            json["errors"] = .array(fields.map { ["pointer": .string($0.pointer.description), "reason": .string($0.reason)] })
        }
        if let request { json["request"] = .string(request) }
        var headers = headers
        headers[.xContentTypeOptions] = "nosniff"
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONValue.object(json).encoded())))
    }
}
