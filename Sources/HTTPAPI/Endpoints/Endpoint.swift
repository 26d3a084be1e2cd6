import Access
import Domain
import HTTPTypes
import Hummingbird
import JSON

/// One operation of the API. From this come its routing, who may call it, what it takes, and its part of the OpenAPI document.
struct Endpoint: Sendable {
    /// Who may call it. There is no other way to say nothing: an operation without one does not compile.
    enum Access: Hashable, Sendable {
        case everyone
        /// Anybody who has signed in, for what is their own.
        case signedIn
        /// People who have signed in: what is theirs no key has.
        case person
        case permission(Permission)
    }

    /// What a body may be.
    enum Body: Sendable {
        case json(JSONObject, example: JSONValue)
        /// Bytes of any kind, streamed.
        case bytes(String)
    }

    /// An answer that the operation gives when it succeeds.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let summary: String
        var schema: JSONObject?
        var mediaType = "application/json"
        /// Header fields beside the usual ones, with what they say.
        var headers: [(name: String, summary: String)] = []
    }

    let method: HTTPRequest.Method
    /// Below `/api/v1`, with parameters in braces: `/products/{slug}`.
    let path: String
    /// The operation's name: `products.create`.
    let id: String
    /// A few words.
    let summary: String
    /// What a caller must know besides.
    var details = ""
    let access: Access
    var parameters: [EndpointParameter] = []
    var body: Body?
    let answers: [Answer]
    /// Refusals of its own, beside those that follow from the rest of the declaration.
    var refusals: [(status: HTTPResponse.Status, summary: String)] = []
    /// Whether `If-Match` may make it conditional.
    var isConditional = false
    let handle: @Sendable (EndpointCall) async throws -> Response

    /// What calling it is counted as.
    var budget: RateLimitBudget { isSigningIn ? .signIn : isMutating ? .writing : .reading }
    /// Whether it takes passwords, codes or links, which somebody may guess.
    var isSigningIn: Bool {
        access == .everyone && isMutating || ["sessions.password", "sessions.two-step-confirm", "sessions.two-step-disable"].contains(id)
    }

    var group: String { String(id.prefix { $0 != "." }) }
    var isMutating: Bool { method != .get }
    /// Bytes name themselves by their digest; sending them again changes nothing, so that they need no key.
    var takesIdempotencyKey: Bool { if case .bytes = body { false } else { isMutating && access != .everyone } }

    /// The path as Hummingbird writes it.
    var route: RouterPath {
        RouterPath("/api/v1" + path.split(separator: "/").map { $0.hasPrefix("{") ? "/:\($0.dropFirst().dropLast())" : "/\($0)" }.joined())
    }

    /// Everything that the operation may answer when it does not succeed, by status.
    var failures: [(status: HTTPResponse.Status, summary: String)] {
        var failures: [(HTTPResponse.Status, String)] = []
        failures.append((.badRequest, "The request cannot be read: a parameter, a header field or the body is malformed."))
        if access != .everyone { failures.append((.unauthorized, "Nobody is signed in, or what was shown is not valid any more.")) }
        if access == .person { failures.append((.forbidden, "A key asks; this is for people who have signed in.")) }
        if case .permission(let permission) = access {
            failures.append((.forbidden, "The role or key lacks the permission `\(permission.rawValue)`."))
        }
        if path.contains("{") { failures.append((.notFound, "There is no such thing.")) }
        if takesIdempotencyKey {
            failures.append((.conflict, "The same `Idempotency-Key` is being worked on; try again in a moment."))
            failures.append((.unprocessableContent, "The `Idempotency-Key` was used for another request."))
        }
        if isConditional { failures.append((.preconditionFailed, "It has changed since: `If-Match` names another edition.")) }
        if case .json = body {
            failures.append((.contentTooLarge, "The body is too long."))
            failures.append((.unsupportedMediaType, "The body is not `application/json`."))
            failures.append((.unprocessableContent, "Fields are wrong; `errors` names each by its JSON pointer."))
        }
        failures += refusals
        failures.append((.tooManyRequests, "Too many requests; `Retry-After` says when to go on."))
        failures.append((.serviceUnavailable, "The shop cannot do this just now; nothing was changed."))
        // One entry a status: the first says the general case, the others what else it means.
        var merged: [(status: HTTPResponse.Status, summary: String)] = []
        for (status, summary) in failures {
            if let index = merged.firstIndex(where: { $0.status.code == status.code }) {
                merged[index].summary += " " + summary
            } else {
                merged.append((status, summary))
            }
        }
        return merged.sorted { $0.status.code < $1.status.code }
    }
}
