import Foundation
import Synchronization

/// Where things are on this machine.
enum Workshop {
    /// The clone; links in the way here are followed.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    static let tools = root + "/Tests/Tools"

    /// The built program: named by PUSHCART_BINARY, else beside the tests' own, else where a debug build puts it.
    static let binary: String = {
        if let named = ProcessInfo.processInfo.environment["PUSHCART_BINARY"] { return named }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/pushcart"
        return FileManager.default.isExecutableFile(atPath: own) ? own : root + "/.build/debug/pushcart"
    }()

    /// A directory of this run, and in it one for each scenario.
    static let directory: String = {
        let path = NSTemporaryDirectory() + "/pushcart-e2e-\(getpid())"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path
    }()

    struct Pythons: Sendable {
        let v2: String
        let v1: String
    }

    /// Makes environments; the first run on a machine installs them.
    private static func make(_ names: [String], count: Int) async throws -> [String] {
        let script = try Subprocess(
            ["/usr/bin/env", "bash", root + "/scripts/tools-venv"] + names, files: directory + "/tools-venv" + names.joined())
        guard try await script.exit(within: .seconds(600)) == 0 else { throw Subprocess.Failure(description: script.errorText) }
        let lines = script.outputText.split(separator: "\n").map { String($0) + "/bin/python" }
        guard lines.count == count else { throw Subprocess.Failure(description: "tools-venv printed \(lines)") }
        return lines
    }

    private static let environments = Task {
        let lines = try await make([], count: 2)
        return Pythons(v2: lines[0], v1: lines[1])
    }

    private static let signInEnvironment = Task { try await make(["siwx"], count: 1)[0] }

    /// The interpreter with the reference client's extensions.
    static var signInPython: String { get async throws { try await signInEnvironment.value } }

    static var pythons: Pythons { get async throws { try await environments.value } }

    private static let lastPort = Mutex(20_000 + Int(getpid()) * 61 % 10_000)

    /// A port that is free now and that the kernel gives to nobody who does not ask for it.
    static func port() -> Int {
        lastPort.withLock { last in
            repeat { last = last < 31_999 ? last + 1 : 20_000 } while !Socket.isFree(last)
            return last
        }
    }
}
