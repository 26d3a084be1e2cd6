import Domain
import Glibc
import NIOCore
import Synchronization

/// The place of one answer on the shelf while it is read. Short answers stay in memory until they are whole.
final class AnswerSlot: Sendable {
    private struct State {
        var limit = AnswerShelf.keptLength
        var length = 0
        var buffer: ByteBuffer
        var file: Int32 = -1
        var isOver = false
    }

    private let id: Int64
    private let shelf: AnswerShelf
    private let state: Mutex<State>
    private static let pieceLength = 64 * 1024

    init(_ id: Int64, _ head: StoredAnswer.Head, _ shelf: AnswerShelf) {
        self.id = id
        self.shelf = shelf
        state = Mutex(State(buffer: ByteBuffer(bytes: head.bytes)))
    }

    deinit {
        let isOpen = state.withLock { state in
            defer { state.isOver = true }
            if state.file >= 0 { close(state.file) }
            return !state.isOver
        }
        if isOpen { shelf.drop(id) }
    }

    /// Whether all that was read is here.
    var isWhole: Bool { state.withLock { !$0.isOver } }

    /// From now on it may become as long as what is owed may be.
    func owe() { state.withLock { $0.limit = AnswerShelf.owedLength } }

    func append(_ bytes: ByteBuffer) {
        let isLost = state.withLock { state in
            guard !state.isOver else { return false }
            state.length += bytes.readableBytes
            var bytes = bytes
            if state.length <= state.limit, shelf.reserve(id, bytes.readableBytes) {
                state.buffer.writeBuffer(&bytes)
                if state.buffer.readableBytes <= Self.pieceLength || flush(&state) { return false }
            }
            state.isOver = true
            return true
        }
        if isLost { shelf.drop(id) }
    }

    /// The answer has ended well.
    /// - Returns: until when it is kept; nil when it is not.
    func finish(isOwed: Bool) -> Timestamp? {
        let isStored = state.withLock { state in
            guard !state.isOver else { return false }
            state.isOver = true
            return flush(&state)
        }
        guard isStored else {
            shelf.drop(id)
            return nil
        }
        return shelf.keep(id, isOwed: isOwed)
    }

    /// The answer broke off, or may not be given.
    func lose() {
        guard
            state.withLock({ state in
                defer { state.isOver = true }
                return !state.isOver
            })
        else { return }
        shelf.drop(id)
    }

    private func flush(_ state: inout State) -> Bool {
        if state.file < 0 { state.file = open(shelf.partPath(id), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        guard state.file >= 0 else { return false }
        while state.buffer.readableBytes > 0 {
            let file = state.file
            let written = state.buffer.withUnsafeReadableBytes { write(file, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            state.buffer.moveReaderIndex(forwardBy: written)
        }
        state.buffer.clear()
        return true
    }
}
