import Foundation
import Synchronization

/// A process that a test started. Its output goes to files, so that no pipe fills and none is inherited by another process.
final class Subprocess: Sendable {
    let pid: pid_t
    private let outputFile: String
    private let errorFile: String
    /// What keeps a tool alive: its standard input.
    private let input: Int32?
    private let status = Mutex<Int32?>(nil)
    private static let spawning = Mutex(0)

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - arguments: the program's path and its arguments.
    ///   - files: where output and errors go, without their suffix.
    init(_ arguments: [String], environment: [String: String] = [:], files: String, keepsInput: Bool = false) throws {
        outputFile = files + ".out"
        errorFile = files + ".err"
        var surroundings = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PUSHCART_") }
        surroundings.merge(environment) { $1 }
        (pid, input) = try Self.spawn(
            arguments, surroundings.map { "\($0.key)=\($0.value)" }, output: outputFile, errors: errorFile, keepsInput: keepsInput)
        Thread.detachNewThread { [self] in
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            // Collected under the lock, so that nobody signals another process that got the same number.
            status.withLock { status in
                var raw: Int32 = 0
                waitpid(pid, &raw, 0)
                status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
            }
            if let input { close(input) }
        }
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String], output: String, errors: String, keepsInput: Bool
    ) throws -> (pid_t, Int32?) {
        try spawning.withLock { _ in
            var ends: [Int32] = [-1, -1]
            if keepsInput {
                guard pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
                for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            }
            defer { if keepsInput { close(ends[0]) } }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            if keepsInput {
                posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
            } else {
                posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            }
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            var none = sigset_t()
            sigemptyset(&none)
            var all = sigset_t()
            sigfillset(&all)
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setsigdefault(&attributes, &all)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
            let argv = arguments.map { strdup($0) } + [nil]
            let envp = environment.map { strdup($0) } + [nil]
            defer { for each in argv + envp { free(each) } }
            var pid: pid_t = 0
            let code = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
            guard code == 0 else {
                if keepsInput { close(ends[1]) }
                throw Failure(description: "\(arguments[0]) cannot be started: \(String(cString: strerror(code)))")
            }
            return (pid, keepsInput ? ends[1] : nil)
        }
    }

    /// The exit code, or minus the signal; nil while it runs.
    var ended: Int32? { status.withLock { $0 } }

    func signal(_ number: Int32) { status.withLock { if $0 == nil { kill(pid, number) } } }

    /// - Throws: when it still runs at the end of that time; it is killed then.
    @discardableResult
    func exit(within limit: Duration) async throws -> Int32 {
        do { return try await eventually("the end of process \(pid)", within: limit) { ended } } catch {
            signal(SIGKILL)
            throw error
        }
    }

    /// Kills it and returns when it is gone.
    func end() async {
        signal(SIGKILL)
        _ = try? await eventually("the end of process \(pid)", within: .seconds(5)) { ended }
    }

    var output: Data { FileManager.default.contents(atPath: outputFile) ?? Data() }
    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: FileManager.default.contents(atPath: errorFile) ?? Data(), as: UTF8.self) }

    /// The first line that it writes, as JSON.
    func firstLine(within limit: Duration = .seconds(20)) async throws -> JSON {
        try await eventually("the first line of process \(pid)", within: limit) {
            if let end = output.firstIndex(of: 0x0A) { return try JSON(parsing: output[..<end]) }
            if let ended { throw Failure(description: "ended with \(ended): \(errorText)") }
            return nil
        }
    }
}
