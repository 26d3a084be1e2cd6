import Domain
import Testing

@testable import Access

@Suite struct AccountDelaysTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    @Test func `after ten in a row whoever was wrong waits, twice as long each time, five minutes at most`() {
        let delays = AccountDelays()
        for _ in 0..<9 { delays.failed([1], address: "192.0.2.1", at: Self.start) }
        #expect(delays.wait([1], address: "192.0.2.1", at: Self.start) == nil)
        var waits: [Int?] = []
        for _ in 0..<12 {
            delays.failed([1], address: "192.0.2.1", at: Self.start)
            waits.append(delays.wait([1], address: "192.0.2.1", at: Self.start))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
        #expect(delays.wait([1], address: "192.0.2.1", at: Self.start + .seconds(300)) == nil)
    }

    @Test func `another address is heard, and so are other accounts`() {
        let delays = AccountDelays()
        for number in 0..<50 { delays.failed([1], address: "192.0.2.\(number % 20)", at: Self.start) }
        #expect(delays.wait([1], address: "192.0.2.7", at: Self.start) != nil)
        #expect(delays.wait([1], address: "203.0.113.1", at: Self.start) == nil)
        #expect(delays.wait([2], address: "192.0.2.7", at: Self.start) == nil)
        // Who was right is forgiven, and nobody with them.
        delays.succeeded([1], address: "203.0.113.1")
        #expect(delays.wait([1], address: "192.0.2.7", at: Self.start) != nil)
        delays.succeeded([1], address: "192.0.2.7")
        #expect(delays.wait([1], address: "192.0.2.7", at: Self.start) == nil)
        #expect(delays.wait([1], address: "192.0.2.8", at: Self.start) != nil)
    }

    @Test func `a day after the last wrong password an account begins anew`() {
        let delays = AccountDelays()
        for _ in 0..<20 { delays.failed([1], address: "192.0.2.1", at: Self.start) }
        let later = Self.start + .seconds(24 * 3600 + 300)
        delays.failed([1], address: "192.0.2.1", at: later)
        #expect(delays.wait([1], address: "192.0.2.1", at: later) == nil)
    }

    @Test func `so many accounts are remembered and no more`() {
        let delays = AccountDelays(limit: 2)
        for account in [1, 2, 3] as [UInt8] { for _ in 0..<12 { delays.failed([account], address: "a", at: Self.start) } }
        #expect(delays.wait([1], address: "a", at: Self.start) == nil)
        #expect(delays.wait([2], address: "a", at: Self.start) != nil)
        #expect(delays.wait([3], address: "a", at: Self.start) != nil)
        for number in 0..<1500 { delays.failed([3], address: "address \(number)", at: Self.start) }
        #expect(delays.wait([3], address: "address 1499", at: Self.start) != nil)
    }
}
