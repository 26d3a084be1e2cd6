import Domain
import Logging
import Storage
import Synchronization

/// When keys were last used, written together and at most once a minute, away from the calls that use them.
final class KeyUses: Sendable {
    private static let pause: Duration = .seconds(60)
    private let state = Mutex<(pending: [Int64: Timestamp], writtenAt: Timestamp?)>(([:], nil))
    private let writer: Writer
    private let log: Logger

    init(writer: Writer, log: Logger) {
        self.writer = writer
        self.log = log
    }

    func note(_ id: Int64, at now: Timestamp) {
        let isDue = state.withLock { state in
            state.pending[id] = now
            guard state.writtenAt.map({ $0 + Self.pause <= now }) ?? true else { return false }
            state.writtenAt = now
            return true
        }
        if isDue { Task { await flush() } }
    }

    func pending(_ id: Int64) -> Timestamp? { state.withLock { $0.pending[id] } }

    func flush() async {
        let uses = state.withLock { state in
            defer { state.pending = [:] }
            return state.pending
        }
        guard !uses.isEmpty else { return }
        do { try await writer.noteKeyUse(uses) } catch { log.error("the last use of \(uses.count) keys could not be written: \(error)") }
    }
}
