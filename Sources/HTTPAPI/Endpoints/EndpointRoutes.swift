import Access
import Crypto
import Domain
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Storage

/// Makes routes of operations: who calls, whether they may, what they sent, whether they sent it before; then the operation itself.
struct EndpointRoutes: Sendable {
    let shop: Shop
    let endpoints: [Endpoint]
    private let underWay = CallsUnderWay()
    /// Longer bodies of JSON are nobody's honest request.
    static let bodyLimit = 65_536

    init(shop: Shop, endpoints: [Endpoint]) {
        self.shop = shop
        self.endpoints = endpoints
    }

    func add(to router: Router<ShopContext>) {
        var paths: [String] = []
        for endpoint in endpoints where !paths.contains(endpoint.path) { paths.append(endpoint.path) }
        for path in paths {
            let here = endpoints.filter { $0.path == path }
            precondition(Set(here.map(\.method)).count == here.count, "each method of \(path) is declared once")
            guard let route = here.first?.route else { continue }
            var handlers: [HTTPRequest.Method: @Sendable (Request, ShopContext) async throws -> Response] = [:]
            for endpoint in here { handlers[endpoint.method] = { request, context in try await serve(endpoint, request, context) } }
            router.resource(route, handlers)
        }
    }

    private func serve(_ endpoint: Endpoint, _ request: Request, _ context: ShopContext) async throws -> Response {
        // Whoever shows something has it checked; guessing keys and passwords has a budget of its own.
        let caller: Principal?
        do { caller = endpoint.access == .everyone ? nil : try await shop.caller(request, context) } catch let problem as Problem {
            try shop.take(.signIn, request, context)
            throw problem
        }
        let limits = try shop.take(endpoint.budget, request, context, caller: caller)
        do {
            let origin = shop.auditOrigin(request, context, caller)
            var response = try await WriteOrigin.with(origin) { try await answer(endpoint, request, context, caller) }
            response.headers.append(contentsOf: limits)
            return response
        } catch var problem as Problem {
            for field in limits { problem.headers[field.name] = field.value }
            throw problem
        }
    }

    private func answer(_ endpoint: Endpoint, _ request: Request, _ context: ShopContext, _ caller: Principal?) async throws -> Response {
        try Self.check(endpoint, caller)
        if endpoint.isConditional { try Self.checkCondition(request) }
        let query = try Self.query(endpoint, request)
        let bytes = if case .json = endpoint.body { try await Self.body(request) } else { [UInt8]() }
        let memory = try memory(endpoint, request, caller, bytes)
        let call = EndpointCall(
            endpoint: endpoint, request: request, context: context, caller: caller, query: query, bytes: bytes, memory: memory)
        guard let memory else { return try await endpoint.handle(call) }
        guard underWay.begin(memory) else {
            throw Problem(
                .conflict, "The same Idempotency-Key is being worked on; send the same request again in a moment.", headers: [.retryAfter: "1"])
        }
        defer { underWay.end(memory) }
        if let known = try shop.reader.callNote(principal: memory.principal, key: memory.key, now: shop.now()) {
            guard known.request == memory.request else {
                throw Problem(
                    .unprocessableContent, "This Idempotency-Key was used for another request; take a new one for a new request.",
                    kind: "idempotency-key-reused")
            }
            guard var answer = EndpointAnswer(stored: try shop.answerSeal.open(known.answer)) else { throw StorageError.corrupt("a call's answer") }
            answer.headers[.idempotentReplayed] = "true"
            return answer.response
        }
        return try await endpoint.handle(call)
    }

    static func check(_ endpoint: Endpoint, _ caller: Principal?) throws(Problem) {
        guard endpoint.access != .everyone else { return }
        guard let caller else {
            throw Problem(
                .unauthorized, "Sign in, or send an API key: Authorization: Bearer pc_….", headers: [.wwwAuthenticate: "Bearer"])
        }
        if endpoint.access == .person {
            guard case .person = caller.identity else {
                throw Problem(.forbidden, "This is for people who have signed in, not for keys.", kind: "person-needed")
            }
        }
        guard case .permission(let permission) = endpoint.access, !caller.may(permission) else { return }
        throw Problem(
            .forbidden, "This needs the permission “\(permission.rawValue)”, which your role or key does not have.", kind: "permission-missing")
    }

    /// `If-Match` is `*` or quoted names (RFC 9110, section 13.1.1).
    private static func checkCondition(_ request: Request) throws(Problem) {
        guard let wanted = request.headers[.ifMatch], wanted != "*" else { return }
        // A comma may stand inside the quotes.
        guard wanted.wholeMatch(of: /\s*"[^"]+"\s*(,\s*"[^"]+"\s*)*/) != nil else {
            throw Problem(.badRequest, "If-Match holds an ETag in quotes, as it was given, or *.")
        }
    }

    /// The parameters of the query: each declared, each once.
    private static func query(_ endpoint: Endpoint, _ request: Request) throws(Problem) -> [String: String] {
        guard request.uri.query?.isEmpty == false else { return [:] }
        let known = endpoint.parameters.filter { $0.place == .query }.map(\.name)
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard known.contains(String(name)) else {
                let nearest = JSONFields.nearest(to: String(name), among: known).map { " Did you mean “\($0)”?" } ?? ""
                throw Problem(.badRequest, "There is no parameter “\(name.prefix(64))” here.\(nearest)")
            }
            guard query.updateValue(String(value), forKey: String(name)) == nil else {
                throw Problem(.badRequest, "The parameter “\(name)” is given twice.")
            }
        }
        return query
    }

    private static func body(_ request: Request) async throws -> [UInt8] {
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard type == nil || type == "application/json" else {
            throw Problem(.unsupportedMediaType, "Send the body as application/json, not as \(type?.prefix(64) ?? "").")
        }
        do { return Array(buffer: try await request.body.collect(upTo: bodyLimit)) } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, "The body is longer than \(bodyLimit) bytes.")
        }
    }

    private func memory(_ endpoint: Endpoint, _ request: Request, _ caller: Principal?, _ body: [UInt8]) throws(Problem) -> CallMemory? {
        guard endpoint.takesIdempotencyKey, let caller, let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) else {
            throw Problem(.badRequest, "An Idempotency-Key has 1 to 200 printable ASCII characters.")
        }
        var hash = SHA256()
        for part in [request.method.rawValue, "\n", request.uri.string, "\n"] { hash.update(data: Array(part.utf8)) }
        hash.update(data: body)
        let principal: String = if case .person(let id, _) = caller.identity { "person:\(id)" } else { caller.actor }
        return CallMemory(principal: principal, key: key, request: Array(hash.finalize()), at: shop.now(), seal: shop.answerSeal.seal)
    }
}

/// How remembered answers are kept: some hold a secret that is shown once.
public struct AnswerSeal: Sendable {
    let seal: @Sendable ([UInt8]) throws -> [UInt8]
    let open: @Sendable ([UInt8]) throws -> [UInt8]

    public init(seal: @escaping @Sendable ([UInt8]) throws -> [UInt8], open: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        self.seal = seal
        self.open = open
    }
}

extension Shop {
    /// Who calls: the owner on the control socket, or whoever the credential shows.
    /// - Throws: 401 for a credential that is not valid; nil without one.
    func caller(_ request: Request, _ context: ShopContext) async throws -> Principal? {
        if let uid = await context.localUser() { return Principal(.local(uid: uid), role: .owner) }
        guard let header = request.headers[.authorization] else { return nil }
        guard request.headers[values: .authorization].count == 1, header.prefix(7).lowercased() == "bearer ",
            let principal = try await access.admission.principal(
                bearer: header.dropFirst(7).trimmingPrefix { $0 == " " }.description, address: address(request, context))
        else {
            throw Problem(
                .unauthorized, "What was shown is not valid, or not any more; sign in again, or use another key.",
                headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
        }
        return principal
    }
}
