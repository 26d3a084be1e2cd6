import Foundation
import GRDB
import Storage
import Synchronization
import Testing

@Suite struct WriterTests {
    struct Refused: Error, Equatable { var number: Int }

    /// Counts commits of the writing connection.
    final class Commits: TransactionObserver, Sendable {
        private let commits = Mutex(0)
        private let rollbacks = Mutex(0)
        var count: Int { commits.withLock { $0 } }
        var failures: Int { rollbacks.withLock { $0 } }
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ db: Database) { commits.withLock { $0 += 1 } }
        func databaseDidRollback(_ db: Database) { rollbacks.withLock { $0 += 1 } }
    }

    static func insert(_ number: Int) -> @Sendable (Database) throws -> Int {
        { db in
            try db.execute(sql: "INSERT INTO settings(name, value) VALUES (?, ?)", arguments: ["number \(number)", "\(number)"])
            return number
        }
    }

    /// Holds the writer so that what comes meanwhile stands in line; returns once it is held.
    static func hold(_ writer: Writer, _ observer: Commits? = nil) async -> (release: @Sendable () -> Void, done: Task<Void, any Error>) {
        let gate = DispatchSemaphore(value: 0)
        let held = AsyncStream<Void>.makeStream()
        let task = Task {
            try await writer.write { db in
                if let observer { db.add(transactionObserver: observer) }
                held.continuation.finish()
                gate.wait()
            }
        }
        for await _ in held.stream {}
        return ({ gate.signal() }, task)
    }

    @Test func `a write returns its value and is seen by the next reader`() async throws {
        let shop = try TemporaryShop()
        #expect(try await shop.writer.write(Self.insert(7)) == 7)
        #expect(try await shop.reader.read { db in try String.fetchOne(db, sql: "SELECT value FROM settings") } == "7")
    }

    @Test func `writes that wait while another commits share one commit`() async throws {
        let shop = try TemporaryShop()
        let commits = Commits()
        let (release, holder) = await Self.hold(shop.writer, commits)
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            let waiting = AsyncStream<Int>.makeStream()
            for number in 0..<100 {
                group.addTask {
                    waiting.continuation.yield(number)
                    return try await shop.writer.write(Self.insert(number))
                }
            }
            var begun = waiting.stream.makeAsyncIterator()
            for _ in 0..<100 { _ = await begun.next() }
            release()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await holder.value
        #expect(numbers.sorted() == Array(0..<100))
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 100)
        // The holder's own commit, and few others; a task may have been late.
        #expect(commits.count < 50)
    }

    @Test func `one write that throws among many leaves the others done, and is told its own error`() async throws {
        let shop = try TemporaryShop()
        let (release, holder) = await Self.hold(shop.writer)
        let results = await withTaskGroup(of: Result<Int, any Error>.self) { group in
            for number in 0..<40 {
                group.addTask {
                    do {
                        return .success(
                            try await shop.writer.write { db in
                                let value = try Self.insert(number)(db)
                                if number == 20 { throw Refused(number: number) }
                                return value
                            })
                    } catch { return .failure(error) }
                }
            }
            release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        try await holder.value
        let done = results.compactMap { try? $0.get() }
        #expect(done.sorted() == Array(0..<40).filter { $0 != 20 })
        let errors = results.compactMap { result in if case .failure(let error) = result { error as? Refused } else { nil } }
        #expect(errors == [Refused(number: 20)])
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 39)
        #expect(try await shop.integer("SELECT count(*) FROM settings WHERE name = 'number 20'") == 0)
    }

    @Test func `a write that throws changes nothing`() async throws {
        let shop = try TemporaryShop()
        await #expect(throws: Refused(number: 1)) {
            try await shop.writer.write { db in
                _ = try Self.insert(1)(db)
                throw Refused(number: 1)
            }
        }
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 0)
        #expect(try await shop.writer.write(Self.insert(1)) == 1)
    }

    @Test func `a constraint broken by one of a group is its own failure`() async throws {
        let shop = try TemporaryShop()
        let (release, holder) = await Self.hold(shop.writer)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do {
                        _ = try await shop.writer.write(Self.insert(1))
                        return true
                    } catch is DatabaseError { return false } catch {
                        Issue.record("an error of another kind: \(error)")
                        return false
                    }
                }
            }
            release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        try await holder.value
        #expect(outcomes.count { $0 } == 1)
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 1)
    }

    @Test func `a thousand writes, more than one group holds, are all done`() async throws {
        let shop = try TemporaryShop()
        let (release, holder) = await Self.hold(shop.writer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 { group.addTask { _ = try await shop.writer.write(Self.insert(number)) } }
            release()
            try await group.waitForAll()
        }
        try await holder.value
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 1_000)
    }

    @Test func `a write is done though its task was cancelled`() async throws {
        let shop = try TemporaryShop()
        let task = Task { try await shop.writer.write(Self.insert(1)) }
        task.cancel()
        #expect(try await task.value == 1)
        #expect(try await shop.integer("SELECT count(*) FROM settings") == 1)
    }
}
