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

    private static let environments = Task {
        // The first run on a machine installs them.
        let script = try Subprocess(["/usr/bin/env", "bash", root + "/scripts/tools-venv"], files: directory + "/tools-venv")
        guard try await script.exit(within: .seconds(600)) == 0 else { throw Subprocess.Failure(description: script.errorText) }
        let lines = script.outputText.split(separator: "\n").map(String.init)
        guard lines.count == 2 else { throw Subprocess.Failure(description: "tools-venv printed \(lines)") }
        return Pythons(v2: lines[0] + "/bin/python", v1: lines[1] + "/bin/python")
    }

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
