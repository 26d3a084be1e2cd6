import Access
import AsyncHTTPClient
import Foundation
import HTTPAPI
import Hummingbird
import JSON
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import ServiceLifecycle
import Telemetry

/// Talks to the shop: through the running daemon's control socket, else by serving that socket for the time of one command,
/// under the same lock and with the same routes.
struct ControlClient: Sendable {
    private let http: HTTPClient
    private let socket: String

    /// Runs `body` with a client for the shop in `data`.
    /// - Throws: `CommandFailure` with 69 when there is no shop, 75 when its daemon does not answer, 77 without permission.
    static func with<Value: Sendable>(data: String?, _ body: @escaping @Sendable (ControlClient) async throws -> Value) async throws -> Value {
        umask(0o077)
        let path = DataDirectory.chosen(data)
        if let directory = try DataDirectory.take(path, create: false) {
            return try await serving(directory, body)
        }
        let outcome = try await connected(try DataDirectory.socketPath(path)) { client -> Outcome<Value> in
            if let directory = try await client.waitForDaemon(path) { return .isFree(directory) }
            return .value(try await body(client))
        }
        switch outcome {
        case .value(let value): return value
        case .isFree(let directory): return try await serving(directory, body)
        }
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case value(Value)
        /// The daemon ended while we waited for it, and the shop is ours.
        case isFree(DataDirectory)
    }

    private static func connected<Value: Sendable>(_ socket: String, _ body: (ControlClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        configuration.redirectConfiguration = .disallow
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let value = try await body(ControlClient(http: http, socket: socket))
            try await http.shutdown()
            return value
        } catch {
            try? await http.shutdown()  // the first error is the one to tell
            throw error
        }
    }

    /// The daemon holds the lock a moment before it listens, and a moment after it stops.
    /// - Returns: nil when it answers, the directory when it ended instead.
    private func waitForDaemon(_ path: String) async throws -> DataDirectory? {
        // Each attempt tries to connect for as long as it may take, so that time is what ends this, not a count.
        let end = ContinuousClock.now + .seconds(3)
        repeat {
            do {
                _ = try await send(.get, "/healthz", body: nil, type: "text/plain", timeout: .seconds(2))
                return nil
            } catch let failure as CommandFailure where failure.exitCode == 69 {
                if let directory = try DataDirectory.take(path, create: false) { return directory }
                try await Task.sleep(for: .milliseconds(100))
            }
        } while ContinuousClock.now < end
        throw DataDirectory.busy(path)
    }

    private static func serving<Value: Sendable>(
        _ directory: DataDirectory, _ body: @escaping @Sendable (ControlClient) async throws -> Value
    ) async throws -> Value {
        let log = Logs.make(level: .warning)
        let assembly = try ShopAssembly(directory, try await MachineSettings.read(file: nil), port: 4020, log: log)
        try await assembly.access.people.sealLegacy()
        let socket = try DataDirectory.socketPath(directory.path)
        let (ready, signal) = AsyncStream<Void>.makeStream()
        let application = ControlServer.application(assembly.shop, path: socket, log: log) { signal.finish() }
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: log))
        let server = Task {
            defer { signal.finish() }
            try await group.run()
        }
        for await _ in ready {}
        let result: Result<Value, any Error>
        do { result = .success(try await connected(socket, body)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        let ended = await server.result
        try await assembly.close()
        if case .success = result { try ended.get() }
        return try result.get()
    }

    // MARK: Requests

    enum Method: String {
        case get = "GET"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// Sends one request and returns the JSON of a good answer.
    /// - Throws: `CommandFailure` with the sentence of the shop.
    func send(_ method: Method, _ path: String, _ body: JSONValue? = nil, timeout: Duration = .seconds(60)) async throws -> JSONValue {
        try await send(
            method, path, body: body.map { .bytes(ByteBuffer(bytes: $0.encoded())) }, type: "application/json", timeout: TimeAmount(timeout))
    }

    /// Sends a file as bytes: the daemon never opens a path that a client names.
    func send(file path: String, progress: @escaping @Sendable (Int64) -> Void) async throws -> JSONValue {
        let chunks = try FileChunks(path: path, progress: progress)
        return try await send(
            .post, "/api/v1/contents", body: .stream(chunks, length: .known(chunks.length)), type: "application/octet-stream",
            timeout: .hours(24))
    }

    private func send(
        _ method: Method, _ path: String, body: HTTPClientRequest.Body?, type: String, timeout: TimeAmount
    ) async throws -> JSONValue {
        let host = socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? socket
        var request = HTTPClientRequest(url: "http+unix://\(host)\(path)")
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.headers.add(name: "Content-Type", value: type)
        request.body = body
        let response: HTTPClientResponse
        let bytes: ByteBuffer
        do {
            response = try await http.execute(request, timeout: timeout)
            bytes = try await response.body.collect(upTo: 16 * 1024 * 1024)
        } catch let failure as CommandFailure { throw failure } catch let error as IOError where error.errnoCode == EACCES {
            throw CommandFailure(
                exitCode: 77, sentence: "You may not use this shop's control socket; run the command as the shop's user, or with sudo.")
        } catch {
            throw CommandFailure(exitCode: 69, sentence: "The shop's daemon is not reachable (\(error)); start it with “pushcart serve”.")
        }
        // A plain text has none.
        let json = (try? JSONValue(parsing: bytes.readableBytesView, limits: JSONLimits(maxBytes: 16 * 1024 * 1024))) ?? .null
        guard (200..<300).contains(response.status.code) else {
            let sentence = json["detail"]?.string ?? "The shop answered \(response.status.code)."
            var lines = [sentence]
            if let errors = json["errors"]?.array, errors.count > 1 {
                lines = ["Some of it is wrong:"] + errors.map { "  \($0["pointer"]?.string ?? ""): \($0["reason"]?.string ?? "")" }
            }
            let code: Int32 = response.status == .unauthorized || response.status == .forbidden ? 77 : response.status == .serviceUnavailable ? 75 : 1
            throw CommandFailure(exitCode: code, sentence: lines.joined(separator: "\n"))
        }
        return json
    }
}

/// A file's bytes in pieces, read as they are sent.
struct FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let path: String
    let length: Int64
    let progress: @Sendable (Int64) -> Void

    /// - Throws: `CommandFailure` when the file cannot be read.
    init(path: String, progress: @escaping @Sendable (Int64) -> Void) throws {
        guard let status = FileStatus(at: path), access(path, R_OK) == 0 else {
            throw CommandFailure.refused("\(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        guard status.isRegularFile else { throw CommandFailure.refused("\(path) is not a file.") }
        self.path = path
        length = status.length
        self.progress = progress
    }

    func makeAsyncIterator() -> Iterator { Iterator(file: FileHandle(forReadingAtPath: path), rest: length, length: length, progress: progress) }

    struct Iterator: AsyncIteratorProtocol {
        let file: FileHandle?
        var rest: Int64
        let length: Int64
        let progress: @Sendable (Int64) -> Void

        mutating func next() async throws -> ByteBuffer? {
            guard rest > 0 else { return nil }
            guard let chunk = try file?.read(upToCount: Int(Swift.min(262_144, rest))), !chunk.isEmpty else {
                throw CommandFailure.refused("The file became shorter while it was read; nothing was changed.")
            }
            rest -= Int64(chunk.count)
            progress(length - rest)
            return ByteBuffer(data: chunk)
        }
    }
}
