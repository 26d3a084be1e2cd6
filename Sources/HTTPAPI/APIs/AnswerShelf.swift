public import Domain
import Foundation
import Glibc
import Synchronization

/// Answers of services that are kept for those who paid for them: given ones for a while, so that a lost answer can be had again, and those
/// that could not be given yet, until they are fetched. Files in a folder of the data directory, bounded in number and size; their names
/// say until when they are good, so that they outlive a restart.
public final class AnswerShelf: Sendable {
    private struct Entry {
        var isWhole: Bool
        var isOwed: Bool
        var expires: Timestamp
        var size: Int
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        /// Whole answers in the order in which they came; some may be gone.
        var queue: [Int64] = []
        var size = 0
    }

    private let directory: String
    private let now: WallClock
    private let state = Mutex(State())

    /// Answers up to this length are kept after they were given.
    static let keptLength = 1024 * 1024
    /// Answers up to this length wait for buyers who could not have them yet.
    static let owedLength = 16 * 1024 * 1024
    static let keptFor: Duration = .seconds(600)
    static let owedFor: Duration = .seconds(24 * 3600)
    private static let maximumCount = 10_000
    private let maximumSize: Int

    /// - Parameter maximumSize: of all answers together, in bytes.
    /// - Throws: when the folder cannot be made or read.
    public init(directory: String, maximumSize: Int = 512 * 1024 * 1024, now: @escaping WallClock) throws {
        self.directory = directory
        self.maximumSize = maximumSize
        self.now = now
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var found = State()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
            let path = "\(directory)/\(name)"
            guard let (id, isOwed, expires) = Self.meaning(name), let size = Self.size(path) else {
                unlink(path)
                continue
            }
            found.entries[id] = Entry(isWhole: true, isOwed: isOwed, expires: expires, size: size)
            found.queue.append(id)
            found.size += size
        }
        state.withLock { $0 = found }
    }

    // MARK: Names

    private static func name(_ id: Int64, isOwed: Bool, _ expires: Timestamp) -> String {
        "\(id)-\(expires.milliseconds)-\(isOwed ? "owed" : "given")"
    }

    private static func meaning(_ name: String) -> (Int64, Bool, Timestamp)? {
        let parts = name.split(separator: "-")
        guard parts.count == 3, let id = Int64(parts[0]), let expires = Int64(parts[1]), parts[2] == "owed" || parts[2] == "given" else { return nil }
        return (id, parts[2] == "owed", Timestamp(milliseconds: expires))
    }

    private func path(_ id: Int64, _ entry: Entry) -> String { "\(directory)/\(Self.name(id, isOwed: entry.isOwed, entry.expires))" }

    func partPath(_ id: Int64) -> String { "\(directory)/\(id).part" }

    private static func size(_ path: String) -> Int? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return Int(lseek(file, 0, SEEK_END))
    }

    // MARK: Putting

    /// A place for the answer to a call, which is being read from now on.
    func begin(_ id: Int64, _ head: StoredAnswer.Head) -> AnswerSlot {
        state.withLock { $0.entries[id] = Entry(isWhole: false, isOwed: false, expires: now() + Self.owedFor, size: 0) }
        return AnswerSlot(id, head, self)
    }

    /// Takes room for so many bytes more. Room is made at the cost of answers that were given; those that are owed stay.
    func reserve(_ id: Int64, _ bytes: Int) -> Bool {
        let (isRoom, evicted) = state.withLock { state -> (Bool, [String]) in
            guard state.entries[id] != nil else { return (false, []) }
            var evicted: [String] = []
            var rest: [Int64] = []
            var queue = state.queue[...]
            while state.size + bytes > maximumSize || state.entries.count > Self.maximumCount, let oldest = queue.popFirst() {
                guard let entry = state.entries[oldest] else { continue }
                if entry.isOwed {
                    rest.append(oldest)
                } else if entry.isWhole {
                    state.entries[oldest] = nil
                    state.size -= entry.size
                    evicted.append(path(oldest, entry))
                }
            }
            if queue.count != state.queue.count { state.queue = rest + queue }
            guard state.size + bytes <= maximumSize, state.entries.count <= Self.maximumCount else { return (false, evicted) }
            state.size += bytes
            state.entries[id]?.size += bytes
            return (true, evicted)
        }
        for path in evicted { unlink(path) }
        return isRoom
    }

    /// The answer is whole and can be given from now on.
    /// - Parameter isOwed: whether it has not been given yet.
    /// - Returns: until when it is kept; nil when it could not be.
    func keep(_ id: Int64, isOwed: Bool) -> Timestamp? {
        let expires = now() + (isOwed ? Self.owedFor : Self.keptFor)
        let entry = state.withLock { state -> Entry? in
            guard var entry = state.entries[id] else { return nil }
            (entry.isOwed, entry.expires) = (isOwed, expires)
            return entry
        }
        guard let entry, rename(partPath(id), path(id, entry)) == 0 else {
            drop(id)
            return nil
        }
        state.withLock { state in
            state.entries[id] = entry
            state.entries[id]?.isWhole = true
            state.queue.append(id)
        }
        return expires
    }

    func drop(_ id: Int64) {
        let entry = state.withLock { state in
            let entry = state.entries.removeValue(forKey: id)
            state.size -= entry?.size ?? 0
            return entry
        }
        unlink(partPath(id))
        if let entry { unlink(path(id, entry)) }
    }

    // MARK: Taking

    /// The answer that was kept; one that is being read is waited for.
    func find(_ id: Int64, within limit: Duration) async -> StoredAnswer? {
        let end = ContinuousClock.now + limit
        while true {
            guard let entry = state.withLock({ $0.entries[id] }) else { return nil }
            if entry.isWhole { return entry.expires > now() ? StoredAnswer(path: path(id, entry)) : nil }
            guard ContinuousClock.now < end else { return nil }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { return nil }
        }
    }

    /// An answer that was owed has been given: from now on it is kept as others are.
    func given(_ id: Int64) {
        state.withLock { state in
            guard let entry = state.entries[id], entry.isWhole, entry.isOwed else { return }
            var next = entry
            (next.isOwed, next.expires) = (false, now() + Self.keptFor)
            guard rename(path(id, entry), path(id, next)) == 0 else { return }
            state.entries[id] = next
        }
    }

    /// Removes what has run out.
    public func sweep() {
        let moment = now()
        let over = state.withLock { state in
            let over = state.entries.filter { $0.value.isWhole && $0.value.expires <= moment }
            for (id, entry) in over {
                state.entries[id] = nil
                state.size -= entry.size
            }
            state.queue.removeAll { state.entries[$0] == nil }
            return over
        }
        for (id, entry) in over { unlink(path(id, entry)) }
    }
}
