import AsyncHTTPClient
import Domain
import EVM
import Foundation
import JSON
import Logging
import NIOCore
import NIOHTTP1
import Payments
import Storage
import Synchronization
import Testing

@testable import Facilitators

/// A shop whose payments a service settles: a fake one on a real socket, beside the desk's own node.
final class RemoteDesk: Sendable {
    /// What the service answers, and what it was asked.
    struct Service: Sendable {
        var supported = NodeServer.Reply.body(#"{"kinds":[{"x402Version":2,"scheme":"exact","network":"eip155:8453"}]}"#)
        var verify = NodeServer.Reply.body(#"{"isValid":true}"#)
        var settle = NodeServer.Reply.cut
        var asked: [(path: String, authorization: String?, body: [UInt8])] = []
    }

    private final class Shared: Sendable {
        let state = Mutex(Service())
    }

    let desk: ChainDesk
    let remote: RemoteFacilitator
    private let shared: Shared
    private let server: NodeServer
    var url: String { server.url }

    /// As the daemon's: it follows no redirects and says at once that nobody is there.
    static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(2)))
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    static let transaction = "0x" + String(repeating: "ab", count: 32)
    static let success = #"{"success":true,"transaction":"\#(transaction)","network":"eip155:8453","payer":"\#(ChainDesk.payer.address.hex)"}"#

    /// - Parameters:
    ///   - hasNode: whether the shop knows a node of the chain.
    ///   - before: services that are asked before the fake one, and after it.
    init(
        hasNode: Bool = false, limit: UInt64 = 100_000_000, before: [String] = [], after: [String] = [], credential: FacilitatorCredential? = nil
    ) async throws {
        let desk = try await ChainDesk()
        self.desk = desk
        let service = Shared()
        server = try await NodeServer { head, body in
            service.state.withLock { state in
                state.asked.append((head.uri, head.headers.first(name: "Authorization"), body))
                return switch head.uri {
                case "/x402/supported": state.supported
                case "/x402/verify": state.verify
                case "/x402/settle": state.settle
                default: .body("{}", status: .notFound)
                }
            }
        }
        shared = service
        let services = try (before + ["\(server.url)/x402/"] + after).map {
            PaymentService(address: try #require(FacilitatorAddress($0)), credential: credential)
        }
        remote = RemoteFacilitator(
            option: ChainDesk.option, services: services, urls: hasNode ? [desk.nodeURL] : [], dailyLimit: AtomicAmount(UInt128(limit)),
            origin: "https://shop.example", http: Self.http, reader: desk.reader, writer: desk.writer, patience: .milliseconds(500),
            now: { [clock = desk.clock] in clock.now }, log: Logger(label: "test") { [logBook = desk.logBook] _ in logBook })
    }

    func set(_ change: (inout Service) -> Void) { shared.state.withLock { change(&$0) } }

    /// The bodies that went to a path, in order.
    func asked(_ path: String) throws -> [JSONValue] {
        try shared.state.withLock { $0.asked }.filter { $0.path == "/x402\(path)" }.map { try JSONValue(parsing: $0.body) }
    }

    var authorizations: [String?] { shared.state.withLock { $0.asked.map(\.authorization) } }

    func verify(_ authorization: Authorization) async -> String { ChainDesk.told(await remote.verify(authorization, for: ChainDesk.option)) }
    func settle(_ payment: Payment) async -> String { ChainDesk.told(await remote.settle(payment, for: ChainDesk.option)) }
    func resolve(_ payment: Payment) async -> String { ChainDesk.told(await remote.resolve(payment, for: ChainDesk.option)) }

    func attempts(_ payment: Payment) async throws -> [FacilitatorAttempt] { try await desk.reader.facilitatorAttempts(paymentID: payment.id) }
}
