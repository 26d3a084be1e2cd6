import HTTPTypes
import Hummingbird

extension RouterMethods where Context == ShopContext {
    static var knownMethods: [HTTPRequest.Method] { [.get, .head, .options, .post, .put, .patch, .delete, .trace, .connect] }

    /// Registers an address with the methods it takes; every other method is answered 405 with `Allow`.
    func resource(
        _ path: RouterPath, _ handlers: [HTTPRequest.Method: @Sendable (Request, ShopContext) async throws -> Response]
    ) {
        let known = Self.knownMethods
        let allowed = known.filter { handlers[$0] != nil || ($0 == .head && handlers[.get] != nil) }.map(\.rawValue).joined(separator: ", ")
        for method in known {
            if let handler = handlers[method] {
                on(path, method: method, use: handler)
            } else if method == .head, let handler = handlers[.get] {
                on(path, method: .head) { request, context in try await handler(request, context).withoutBody }
            } else {
                on(path, method: method) { _, _ -> Response in throw Problem.methodNotAllowed(allowed) }
            }
        }
    }
}

extension Response {
    /// What HEAD is answered: all but the body, with its length. A body would be taken for the connection's next answer.
    var withoutBody: Response {
        var response = self
        let length = body.contentLength
        response.body = ResponseBody()
        if let length { response.headers[.contentLength] = String(length) }
        return response
    }

    static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func text(_ text: String, type: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = type
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
