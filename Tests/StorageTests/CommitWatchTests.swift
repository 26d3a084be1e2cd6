import Foundation
import Storage
import Synchronization
import Testing

@Suite struct CommitWatchTests {
    @Test func `each commit is told once, with how many writes shared it and how long it took`() async throws {
        let told = Mutex<[(writes: Int, took: Duration)]>([])
        let path = NSTemporaryDirectory() + "pushcart-commits-\(UUID().uuidString).sqlite"
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        let database = try ShopDatabase(path: path) { writes, took in told.withLock { $0.append((writes, took)) } }
        for number in 0..<3 { _ = try await database.writer.write(WriterTests.insert(number)) }
        // The last commit is told after its write has returned.
        try database.close()
        let commits = told.withLock { $0 }
        #expect(commits.map(\.writes) == [1, 1, 1] && commits.allSatisfy { $0.took > .zero })
        #expect(database.writer.load.commits == 3)
    }
}
