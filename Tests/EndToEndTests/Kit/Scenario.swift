import Foundation
import Synchronization

/// One story with a directory and processes of its own, which all end with it.
final class Scenario: Sendable {
    let directory: String
    private let processes = Mutex<[Subprocess]>([])
    private let counter = Atomic(0)
    private static let count = Atomic(0)

    private init() throws {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        directory = "\(Workshop.directory)/\(number)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Runs a story when there is room for it. When it fails, what its processes said is told.
    static func run(_ body: (Scenario) async throws -> Void) async throws {
        await Slots.take()
        defer { Slots.giveBack() }
        let scenario = try Scenario()
        let failure: (any Error)?
        do {
            try await body(scenario)
            failure = nil
        } catch { failure = error }
        for process in scenario.processes.withLock({ $0 }).reversed() { await process.end() }
        if let failure {
            for process in scenario.processes.withLock({ $0 }) where !process.errorText.isEmpty {
                FileHandle.standardError.write(Data("process \(process.pid) said: \(process.errorText.suffix(3000))\n".utf8))
            }
            throw failure
        }
        if ProcessInfo.processInfo.environment["PUSHCART_TEST_KEEP"] == nil { try? FileManager.default.removeItem(atPath: scenario.directory) }
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func write(_ name: String, _ bytes: Data) throws -> String {
        try bytes.write(to: URL(fileURLWithPath: path(name)))
        chmod(path(name), 0o600)
        return path(name)
    }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

    /// Starts a process that this story ends.
    func start(_ arguments: [String], environment: [String: String] = [:], keepsInput: Bool = false) async throws -> Subprocess {
        let name = (arguments[0] as NSString).lastPathComponent
        let number = counter.add(1, ordering: .relaxed).newValue
        let process = try Subprocess(arguments, environment: environment, files: path("\(number)-\(name)"), keepsInput: keepsInput)
        processes.withLock { $0.append(process) }
        try await Desk.adopt(process)
        return process
    }

    /// Runs a process to its end.
    func run(_ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(60)) async throws -> Subprocess {
        let process = try await start(arguments, environment: environment)
        try await process.exit(within: limit)
        await Desk.forget(process)
        return process
    }

    /// Holds a lock, by hold.py, until the process is ended.
    func holdLock(_ kind: String, _ file: String) async throws -> Subprocess {
        let holder = try await start([try await Workshop.pythons.v2, Workshop.tools + "/hold.py", kind, file], keepsInput: true)
        try await eventually("the lock") { holder.outputText.hasPrefix("held") }
        return holder
    }
}
