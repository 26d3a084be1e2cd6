import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// A service whose calls are sold: on a port of its own, with an answer for each path, remembering what it was asked.
final class FakeService: Sendable {
    struct Asked: Sendable {
        let method: String
        let target: String
        let headers: HTTPFields
        let body: String
    }

    private let log = Mutex<[Asked]>([])
    private let held = Mutex<Bool>(false)
    let port: Int
    private let running: Task<Void, any Error>

    var asked: [Asked] { log.withLock { $0 } }
    var address: String { "http://127.0.0.1:\(port)" }

    /// Runs `body` while the service runs.
    static func run(_ body: (FakeService) async throws -> Void) async throws {
        let service = try await FakeService()
        do { try await body(service) } catch {
            service.running.cancel()
            throw error
        }
        service.running.cancel()
    }

    private init() async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let router = Router()
        let box = Box()
        router.addMiddleware { Answers(box: box) }
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "service") { _ in SwiftLogNoOpLogHandler() })
        running = Task { try await application.run() }
        var first = 0
        for await each in ports {
            first = each
            break
        }
        self.port = first
        box.service.withLock { $0 = self }
    }

    /// Lets `/held` answer.
    func letGo() { held.withLock { $0 = true } }

    private final class Box: Sendable {
        let service = Mutex<FakeService?>(nil)
    }

    private struct Answers: RouterMiddleware {
        let box: Box

        func handle(
            _ request: Request, context: BasicRequestContext, next: @concurrent (Request, BasicRequestContext) async throws -> Response
        ) async throws -> Response {
            guard let service = box.service.withLock({ $0 }) else { return Response(status: .internalServerError) }
            let body = String(buffer: try await request.body.collect(upTo: 1 << 24))
            let target = request.head.path ?? ""
            service.log.withLock {
                $0.append(Asked(method: request.method.rawValue, target: target, headers: request.headers, body: body))
            }
            var headers: HTTPFields = [.contentType: "text/plain", .setCookie: "a=b", .accessControlAllowOrigin: "https://evil.example"]
            headers[HTTPField.Name("PAYMENT-RESPONSE")!] = "forged"
            headers[HTTPField.Name("X-Answer")!] = "yes"
            let path = request.uri.path
            switch path {
            case "/held":
                while !service.held.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
            case "/redirect": return Response(status: .found, headers: [.location: "http://127.0.0.1:1/elsewhere"])
            case "/nothing": return Response(status: .noContent)
            case "/stream":
                return Response(
                    status: .ok, headers: [.contentType: "text/event-stream"],
                    body: ResponseBody { writer in
                        for number in 1...3 { try await writer.write(ByteBuffer(string: "data: \(number)\n\n")) }
                        try await writer.finish(nil)
                    })
            case "/big":
                return Response(
                    status: .ok, headers: headers,
                    body: ResponseBody { writer in
                        for _ in 0..<48 { try await writer.write(ByteBuffer(repeating: 0x62, count: 65_536)) }
                        try await writer.finish(nil)
                    })
            case "/broken":
                return Response(
                    status: .ok, headers: headers,
                    body: ResponseBody(contentLength: 100_000) { writer in
                        try await writer.write(ByteBuffer(string: "only this"))
                        throw Broken()
                    })
            default: break
            }
            if path.hasPrefix("/status/"), let code = Int(path.dropFirst(8)) {
                return Response(status: .init(code: code), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: "status \(code)")))
            }
            return Response(
                status: .ok, headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: "\(request.method.rawValue) \(target) \(body)")))
        }
    }

    private struct Broken: Error {}
}
