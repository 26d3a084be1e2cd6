import AsyncHTTPClient
import Domain
import JSON
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Telemetry

/// The x402 facilitator interface as its caller (x402 v2 specification, section 7): `/supported`, `/verify`, `/settle`.
struct FacilitatorClient: Sendable {
    let service: PaymentService
    /// A client that follows no redirects: a payment goes to nobody whom the owner did not name.
    private let http: HTTPClient
    private let steps: Steps
    private let now: WallClock
    static let maximumAnswer = 65_536

    /// The host, which is the service's name everywhere.
    var name: String { service.address.host }

    init(_ service: PaymentService, http: HTTPClient, steps: Steps, now: @escaping WallClock) {
        self.service = service
        self.http = http
        self.steps = steps
        self.now = now
    }

    func supported() async -> FacilitatorReply { await send(.GET, "/supported", nil, within: .seconds(5)) }

    func verify(_ request: JSONObject) async -> FacilitatorReply { await send(.POST, "/verify", request, within: .seconds(5)) }

    /// The buyer does not wait for so long; but an answer that nobody waits for is one that has to be found out otherwise.
    func settle(_ request: JSONObject, within limit: TimeAmount) async -> FacilitatorReply {
        await send(.POST, "/settle", request, within: limit)
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: JSONObject?, within limit: TimeAmount) async -> FacilitatorReply {
        await steps.run("facilitator", [("service", name), ("call", path)], kind: .client) { step in
            let reply = await exchange(method, path, body, within: limit)
            step.note("outcome", reply.word)
            return reply
        }
    }

    private func exchange(_ method: HTTPMethod, _ path: String, _ body: JSONObject?, within limit: TimeAmount) async -> FacilitatorReply {
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if body != nil { headers.add(name: "Content-Type", value: "application/json") }
        if let credential = service.credential {
            let nonce = String(UInt128.random(in: .min ... .max), radix: 16)
            let value = credential.authorization(
                method: method.rawValue, host: name, path: service.address.path + path, nonce: nonce, now: now())
            guard let value else { return .notArrived("no token could be signed for it") }
            headers.add(name: "Authorization", value: value)
        }
        let request: HTTPClient.Request
        do {
            request = try HTTPClient.Request(
                url: service.address.base + path, method: method, headers: headers,
                body: body.map { .bytes(JSONValue.object($0).encoded()) })
        } catch { return .notArrived("its address cannot be used: \(error)") }
        let exchange = FacilitatorExchange(request, maximumAnswer: Self.maximumAnswer)
        do {
            return Self.read(try await http.execute(request: request, delegate: exchange, deadline: .now() + limit).get())
        } catch {
            // The time limit may come between sending and the word that it was sent.
            let isLate = (error as? HTTPClientError) == .deadlineExceeded
            return exchange.wasSent || isLate ? .unclear("no whole answer: \(error)") : .notArrived("no connection: \(error)")
        }
    }

    /// 200 with an object counts, and so does a refusal that some services send with 4xx; anything else is noise.
    private static func read(_ answer: HTTPClient.Response) -> FacilitatorReply {
        let status = answer.status.code
        guard status == 200 || (400..<500).contains(status) else { return .unclear("status \(status)") }
        guard let body = answer.body,
            let json = try? JSONValue(  // what is no JSON is no answer
                parsing: body.readableBytesView, limits: JSONLimits(maxBytes: maximumAnswer, maxDepth: 32, maxNodes: 5000)),
            let object = json.object
        else { return .unclear("status \(status) without a JSON object") }
        if status == 200 { return .said(object, isRefusal: false) }
        guard object["isValid"]?.bool == false || object["success"]?.bool == false else { return .unclear("status \(status)") }
        return .said(object, isRefusal: true)
    }
}

extension FacilitatorReply {
    /// For whoever follows the steps of a payment.
    fileprivate var word: String {
        switch self {
        case .said: "answered"
        case .notArrived: "not arrived"
        case .unclear: "unclear"
        }
    }
}
