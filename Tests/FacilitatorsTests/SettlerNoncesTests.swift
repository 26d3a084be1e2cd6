import Synchronization
import Testing

@testable import Facilitators

@Suite struct SettlerNoncesTests {
    /// A chain's count of an account's transactions, and how often it was asked.
    private final class Chain: Sendable {
        private let state: Mutex<(counts: [UInt64?], asked: Int)>
        init(_ counts: UInt64?...) { state = Mutex((counts, 0)) }
        var asked: Int { state.withLock { $0.asked } }

        func count() throws -> UInt64 {
            try state.withLock { state in
                let count = state.counts[min(state.asked, state.counts.count - 1)]
                state.asked += 1
                guard let count else { throw RPCSilence(description: "nobody there") }
                return count
            }
        }
        var nonces: SettlerNonces { SettlerNonces { try self.count() } }
    }

    @Test func `nonces go out in order from the chain's count, which is asked once`() async throws {
        let chain = Chain(7)
        let nonces = chain.nonces
        for expected in 7...10 as ClosedRange<UInt64> {
            #expect(try await nonces.take() == expected)
            if expected % 2 == 0 { nonces.used(expected) }
        }
        #expect(chain.asked == 1)
    }

    @Test func `a hundred who take at once get a hundred different ones without a gap`() async throws {
        let chain = Chain(5)
        let nonces = chain.nonces
        let taken = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<100 { group.addTask { try await nonces.take() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(taken.sorted() == Array(5..<105))
        #expect(chain.asked == 1)
    }

    @Test func `what was given back goes out again first, the lowest before the others`() async throws {
        let nonces = Chain(0).nonces
        for _ in 0..<4 { _ = try await nonces.take() }
        nonces.giveBack(2)
        nonces.giveBack(1)
        nonces.used(0)
        #expect(try await nonces.take() == 1)
        #expect(try await nonces.take() == 2)
        #expect(try await nonces.take() == 4)
    }

    @Test func `after an unclear send the chain is asked, once nobody is sending any more`() async throws {
        let chain = Chain(0, 9)
        let nonces = chain.nonces
        let (first, second) = (try await nonces.take(), try await nonces.take())
        nonces.lost(first)
        async let waiting = nonces.take()
        // Who waits cannot have been served: the second is still out.
        await Task.yield()
        #expect(chain.asked == 1)
        nonces.used(second)
        #expect(try await waiting == 9)
        #expect(chain.asked == 2)
        #expect(try await nonces.take() == 10)
    }

    @Test func `what is given back while the count is unclear is not handed out again`() async throws {
        let nonces = Chain(3, 8).nonces
        let (first, second) = (try await nonces.take(), try await nonces.take())
        nonces.lost(first)
        nonces.giveBack(second)
        #expect(try await nonces.take() == 8)
        #expect(try await nonces.take() == 9)
    }

    @Test func `distrust makes the next take ask the chain, once`() async throws {
        let chain = Chain(3, 8)
        let nonces = chain.nonces
        let first = try await nonces.take()
        nonces.used(first)
        nonces.distrust()
        #expect(chain.asked == 1, "only who takes asks")
        nonces.distrust()
        #expect(try await nonces.take() == 8)
        #expect(try await nonces.take() == 9)
        #expect(chain.asked == 2)
    }

    @Test func `after distrust nobody is served before those who are sending have ended, and what was free is forgotten`() async throws {
        let chain = Chain(3, 8)
        let nonces = chain.nonces
        let (first, second) = (try await nonces.take(), try await nonces.take())
        nonces.giveBack(first)
        nonces.distrust()
        async let waiting = nonces.take()
        await Task.yield()
        #expect(chain.asked == 1)
        nonces.giveBack(second)
        #expect(try await waiting == 8)
        #expect(try await nonces.take() == 9)
        #expect(chain.asked == 2)
    }

    @Test func `what was free before an unclear send is forgotten with it`() async throws {
        let nonces = Chain(3, 8).nonces
        let (first, second) = (try await nonces.take(), try await nonces.take())
        nonces.giveBack(first)
        nonces.lost(second)
        #expect(try await nonces.take() == 8)
    }

    @Test func `a chain that does not answer fails who asks and nobody after`() async throws {
        let chain = Chain(nil, nil, 4)
        let nonces = chain.nonces
        await #expect(throws: RPCSilence.self) { try await nonces.take() }
        await #expect(throws: RPCSilence.self) { try await nonces.take() }
        #expect(try await nonces.take() == 4)
        #expect(chain.asked == 3)
    }

    @Test func `who waits while another asks in vain asks again`() async throws {
        let chain = Chain(nil, 4)
        let nonces = chain.nonces
        let outcomes = await withTaskGroup(of: UInt64?.self) { group in
            for _ in 0..<10 { group.addTask { try? await nonces.take() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 1)
        #expect(outcomes.compactMap(\.self).sorted() == Array(4..<13))
    }
}
