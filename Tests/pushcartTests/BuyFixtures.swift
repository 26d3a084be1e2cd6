import AsyncHTTPClient
import Domain
import EVM
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import Synchronization
import X402

@testable import pushcart

/// An offer as an honest shop makes it, and ways to spoil it.
enum BuyFixture {
    static let asked = BuyURL("http://127.0.0.1:8402/p/hello")!
    static let payTo = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"
    static let baseSepoliaUSDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
    static let baseUSDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
    static let key = PrivateKey(hex: "0x0000000000000000000000000000000000000000000000000000000000000007")!
    static let now = Timestamp(seconds: 1_800_000_000)

    static func way(_ changes: JSONObject = [:], extra: JSONObject = [:]) -> JSONObject {
        var extras: JSONObject = ["name": "USDC", "version": "2", "paymentFlow": "upfront", "sandbox": true, "offer": "seal", "odd": nil]
        for member in extra.members { extras[member.key] = member.value }
        var way: JSONObject = [
            "scheme": "exact", "network": "eip155:84532", "amount": "10000", "asset": .string(baseSepoliaUSDC), "payTo": .string(payTo),
            "maxTimeoutSeconds": 300, "extra": .object(extras), "beside": [1],
        ]
        for member in changes.members { way[member.key] = member.value }
        return way
    }

    static func offer(_ ways: [JSONObject], url: String = asked.description) -> JSONObject {
        [
            "x402Version": 2, "error": "payment needed", "resource": ["url": .string(url), "description": "Hello\u{1B}[31m world", "tags": ["a"]],
            "accepts": .array(ways.map(JSONValue.object)), "extensions": ["bazaar": ["info": 1]],
        ]
    }

    static func offerV1(_ changes: JSONObject = [:]) -> JSONObject {
        var way: JSONObject = [
            "scheme": "exact", "network": "base-sepolia", "maxAmountRequired": "10000", "resource": .string(asked.description),
            "description": "Hello", "mimeType": "text/plain", "payTo": .string(payTo), "maxTimeoutSeconds": 300,
            "asset": .string(baseSepoliaUSDC), "extra": ["name": "USDC", "version": "2", "sandbox": true],
        ]
        for member in changes.members { way[member.key] = member.value }
        return ["x402Version": 1, "error": "payment needed", "accepts": [.object(way)]]
    }

    static func read(_ offer: JSONObject) throws -> BuyOffer { try BuyOffer(header: PaymentHeader.encode(offer), body: []) }

    static func payment(asked: BuyURL = asked, at now: Timestamp = now) throws -> StoredPayment {
        let offer = try read(offer([way()], url: asked.description))
        let terms = try BuyJudge(asked: asked, maximum: Money("1.00", .usd)).choose(offer)
        return StoredPayment(signing: terms, of: offer, asked: asked, target: asked, with: key, nonce: BuyWallet.randomBytes32(), at: now)
    }
}

/// A folder that is gone after the test.
final class BuyTemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "buy-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var state: BuyFolder { get throws { try BuyFolder(environment: ["XDG_STATE_HOME": path]) } }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    func names(_ folder: String = "") throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted() }
    func mode(_ name: String) throws -> Int { try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int ?? -1 }

    func write(_ text: String, to name: String, mode: Int) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(path)/\(name)")
        return "\(path)/\(name)"
    }
}

/// Plays a shop: every request takes the next answer.
final class BuyFakeShop: BuyTransport {
    struct Call: Sendable {
        let url: BuyURL
        let headers: [String: String]
        /// The nonce of the payment that came with it.
        var nonce: String? {
            headers[PaymentHeader.signature].flatMap { try? PaymentHeader.decode($0)["payload"]?["authorization"]?["nonce"]?.string }
        }
    }

    typealias Answer = @Sendable (Call) -> Result<HTTPClientResponse, BuyTransportError>

    private let state: Mutex<(answers: [Answer], calls: [Call])>

    init(_ answers: [Answer]) { state = Mutex((answers, [])) }

    var calls: [Call] { state.withLock { $0.calls } }

    func send(
        _ request: BuyRequest, _ url: BuyURL, _ headers: [(name: String, value: String)]
    ) async throws(BuyTransportError) -> HTTPClientResponse {
        let call = Call(url: url, headers: Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) }))
        let answer = state.withLock { state -> Answer? in
            state.calls.append(call)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        guard let answer else { throw BuyTransportError(clause: "nobody answers any more") }
        return try answer(call).get()
    }

    static func answer(_ status: UInt, _ headers: [(String, String)] = [], _ body: String = "") -> Answer {
        { _ in
            let status = HTTPResponseStatus(statusCode: Int(status))
            return .success(HTTPClientResponse(status: status, headers: HTTPHeaders(headers), body: .bytes(ByteBuffer(string: body))))
        }
    }

    /// A body that breaks off.
    static func broken(_ headers: [(String, String)], _ body: String) -> Answer {
        { _ in
            let stream = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
                continuation.yield(ByteBuffer(string: body))
                continuation.finish(throwing: HTTPClientError.remoteConnectionClosed)
            }
            return .success(HTTPClientResponse(status: .ok, headers: HTTPHeaders(headers), body: .stream(stream)))
        }
    }

    static func offer(_ offer: JSONObject) -> Answer { answer(402, [(PaymentHeader.required, PaymentHeader.encode(offer))], "{}") }
    static let honestOffer = offer(BuyFixture.offer([BuyFixture.way()]))
    static let lost: Answer = { _ in .failure(BuyTransportError(clause: "the connection was cut")) }

    static func settlement(_ success: Bool, _ reason: String? = nil) -> (String, String) {
        let response = SettlementResponse(
            success: success, errorReason: reason.map(ErrorReason.init(rawValue:)), transaction: success ? "0xabc" : "", network: "eip155:84532")
        return (PaymentHeader.response, PaymentHeader.encode(response.json))
    }

    static let pending = answer(402, [settlement(false, "settlement_pending"), ("Retry-After", "3")], #"{"error":"settlement_pending"}"#)
    static let goods = answer(200, [settlement(true), ("Content-Disposition", #"attachment; filename="hello.md""#)], "the goods")
    static let refusal = answer(
        402, [settlement(false, "insufficient_funds"), (PaymentHeader.required, PaymentHeader.encode(BuyFixture.offer([BuyFixture.way()])))], "{}")
}

/// A clock that jumps instead of waiting.
final class BuyFakeClock: Sendable {
    private let passed = Mutex(Duration.zero)
    var elapsed: Duration { passed.withLock { $0 } }
    func pass(_ time: Duration) { passed.withLock { $0 += time } }

    var clock: BuyClock {
        BuyClock(now: { BuyFixture.now + self.elapsed }, elapsed: { self.elapsed }, sleep: { self.pass($0) })
    }
}

/// Remembers what was said.
final class BuyFakeTerminal: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    func report(json: Bool = false) -> BuyReport {
        BuyReport(isJSON: json, isStreaming: false, out: { self.add("out: \($0)") }, err: { self.add("err: \($0)") })
    }
    private func add(_ line: String) { lines.withLock { $0.append(line) } }
}
