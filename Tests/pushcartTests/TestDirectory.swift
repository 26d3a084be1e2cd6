import Domain
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Testing

@testable import pushcart

/// A shop's directory as `serve` and `setup` make it, without a daemon.
final class TestDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "shop-\(UUID().uuidString)").path
        let directory = try #require(try DataDirectory.take(path, create: true))
        try ShopDatabase(path: directory.database).close()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let file = "\(path).\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Takes a lock that was let go of. Whatever process another suite is starting at this moment holds a copy of it until it runs its own
    /// program, so this asks again for a while.
    static func retake(_ path: String) async throws -> DataDirectory {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            if let directory = try DataDirectory.take(path, create: false) { return directory }
            await Task.yield()
        }
        return try #require(try DataDirectory.take(path, create: false))
    }

    /// Opens the shop's database under its lock.
    func open<Value>(_ body: (ShopDatabase, DataDirectory) async throws -> Value) async throws -> Value {
        let directory = try await Self.retake(path)
        let database = try ShopDatabase(path: directory.database)
        let value = try await body(database, directory)
        try database.close()
        return value
    }

    /// Wires the shop together as the daemon does, and lets go of it.
    func assemble<Value>(_ body: (ShopAssembly) async throws -> Value) async throws -> Value {
        let directory = try await Self.retake(path)
        let machine = try await MachineSettings.read(file: nil, environment: [:])
        let assembly = try ShopAssembly(directory, machine, port: 4020, log: Self.log)
        let value = try await body(assembly)
        try await assembly.close()
        return value
    }

    /// Runs the control socket as the daemon does, holding the lock, while `body` runs.
    func serving(_ body: () async throws -> Void) async throws {
        let directory = try await Self.retake(path)
        let machine = try await MachineSettings.read(file: nil, environment: [:])
        let assembly = try ShopAssembly(directory, machine, port: 4020, log: Self.log)
        let (ready, signal) = AsyncStream<Void>.makeStream()
        let application = ControlServer.application(assembly.shop, path: try DataDirectory.socketPath(path), log: Self.log) { signal.finish() }
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: Self.log))
        let server = Task {
            defer { signal.finish() }
            try await group.run()
        }
        for await _ in ready {}
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await server.value
        try await assembly.close()
        try result.get()
    }

    static var log: Logger {
        var log = Logger(label: "test")
        log.logLevel = .critical
        return log
    }
}
