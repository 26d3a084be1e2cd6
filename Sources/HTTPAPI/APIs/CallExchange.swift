import AsyncHTTPClient
import Domain
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import Payments
import Synchronization

/// One call of a service: asked once a payment is claimed.
final class CallExchange: Sendable {
    enum Outcome: Sendable {
        /// An answer worth paying.
        case good(CallAnswer)
        /// An answer that is passed on and not paid.
        case bad(HTTPClientResponse)
        /// No answer.
        case silent(Problem)
    }

    private let shop: Shop
    private let api: PaidAPI
    private let request: HTTPClientRequest
    private let fields: @Sendable (_ idempotencyKey: String) -> HTTPHeaders
    private let stored = Mutex<Outcome?>(nil)

    /// - Parameter fields: the request's header fields, once it is known under which name the call may be repeated.
    init(_ shop: Shop, _ api: PaidAPI, _ request: HTTPClientRequest, fields: @escaping @Sendable (_ idempotencyKey: String) -> HTTPHeaders) {
        self.shop = shop
        self.api = api
        self.request = request
        self.fields = fields
    }

    /// Nil until the service was asked.
    var outcome: Outcome? { stored.withLock { $0 } }

    /// Whether the service answered well.
    func ask(_ payment: Payment) async -> Bool {
        var request = request
        request.headers = fields(Self.key(payment))
        let outcome: Outcome
        do {
            let end = ContinuousClock.now + .seconds(api.limits.whole)
            let response = try await shop.upstreams.ask(request, of: api)
            outcome = response.status.code < 400 ? .good(CallAnswer(response, for: payment, until: end, shop)) : .bad(response)
        } catch { outcome = .silent(problem(error, payment)) }
        stored.withLock { $0 = outcome }
        if case .good = outcome { return true }
        return false
    }

    /// What the service may know the call by: never the same for two payments, also not of two shops, and of no other use.
    static func key(_ payment: Payment) -> String { "pushcart-\(payment.id)-\(lowercaseHex(Array(payment.token.bytes.prefix(4))))" }

    private func problem(_ error: any Error, _ payment: Payment) -> Problem {
        shop.log.warning("a service did not answer: \(error)", metadata: ["payment": "\(payment.id)", "service": "\(api.upstream.host)"])
        switch error as? HTTPClientError {
        case .deadlineExceeded, .readTimeout, .connectTimeout:
            return Problem(.gatewayTimeout, "The service did not answer in time; nothing was charged. Try again later.", kind: "upstream-timeout")
        default: return Problem(.badGateway, "The service cannot be reached just now; nothing was charged. Try again later.", kind: "upstream-failed")
        }
    }
}
