import Domain
public import GRDB
import Glibc
import Synchronization

/// How much the writer has done since it was opened.
public struct WriterLoad: Hashable, Sendable {
    public var writes: Int64 = 0
    public var commits: Int64 = 0
    /// Processor time of the thread that writes, in nanoseconds.
    public var processorNanoseconds: Int64 = 0
}

/// The one way to change the shop's data. Writes that arrive while another commits are committed together: one wait for the disk
/// serves them all, so that full durability costs little under load.
///
/// A write is a function of the database that can run again: when one of a group throws, the group is rolled back and each of its
/// writes runs in a transaction of its own. Expected outcomes are returned, not thrown.
public final class Writer: Sendable {
    let queue: DatabaseQueue
    private let line = Mutex(Line())
    private let committed: @Sendable (_ writes: Int, _ took: Duration) -> Void
    /// The ledger's accounts that are on the disk, so that a sale need not look for them.
    private let accounts = Mutex<[LedgerAccount: Books.Account]>([:])
    private let address = Mutex("")

    private struct Line {
        var waiting: [Job] = []
        var isDraining = false
        var load = WriterLoad()
    }

    /// What was written until now, for the operator.
    public var load: WriterLoad { line.withLock { $0.load } }

    /// How many writes wait now.
    public var waiting: Int { line.withLock { $0.waiting.count } }

    /// The shop's public address, without a slash at the end, as sales note it; empty until the process has said it.
    public var origin: String {
        get { address.withLock { $0 } }
        set { address.withLock { $0 = newValue } }
    }

    private struct Job: Sendable {
        let origin: String
        /// Runs in the transaction; what it returns is called after the commit.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    /// How many writes may share a commit; more would make the first of them wait too long.
    private static let groupLimit = 512

    init(_ queue: DatabaseQueue, committed: @escaping @Sendable (_ writes: Int, _ took: Duration) -> Void = { _, _ in }) {
        self.queue = queue
        self.committed = committed
    }

    /// Runs `body` in a transaction and returns when it is on the disk. Not cancelled with its task: a write is whole or not at all.
    /// - Throws: what `body` throws, or `DatabaseError` when SQLite cannot commit; nothing is changed then.
    /// - Parameter note: remembers the answer in the same transaction.
    public func write<Value: Sendable>(
        noting note: WriteNote<Value>? = nil, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let origin = WriteOrigin.current
        return try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Job(
                    origin: origin,
                    run: { db in
                        let value = try body(db)
                        try note?.store(db, value)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    private func enqueue(_ job: Job) {
        let mustStart = line.withLock { line in
            line.waiting.append(job)
            defer { line.isDraining = true }
            return !line.isDraining
        }
        if mustStart { queue.asyncWriteWithoutTransaction { [self] db in drain(db) } }
    }

    private func drain(_ db: Database) {
        while true {
            let group = line.withLock { line -> [Job] in
                let group = Array(line.waiting.prefix(Self.groupLimit))
                line.waiting.removeFirst(group.count)
                if group.isEmpty { line.isDraining = false }
                return group
            }
            if group.isEmpty { return }
            let (before, start) = (Self.processorNanoseconds(), ContinuousClock.now)
            commit(group, db)
            let spent = Self.processorNanoseconds() - before
            line.withLock { line in
                line.load.writes += Int64(group.count)
                line.load.commits += 1
                line.load.processorNanoseconds += spent
            }
            committed(group.count, .now - start)
        }
    }

    private static func processorNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private func commit(_ group: [Job], _ db: Database) {
        var completions: [@Sendable () -> Void] = []
        completions.reserveCapacity(group.count)
        let books = Books(accounts: accounts.withLock { $0 })
        do {
            try books.open {
                try db.inTransaction(.immediate) {
                    for job in group {
                        books.origin = job.origin
                        completions.append(try job.run(db))
                    }
                    return .commit
                }
            }
        } catch {
            if group.count == 1 {
                group[0].fail(error)
            } else {
                for job in group { commit([job], db) }
            }
            return
        }
        accounts.withLock { $0 = books.accounts }
        for complete in completions { complete() }
    }
}
