import Synchronization
import Testing

@testable import Access

@Suite struct PasswordDeskTests {
    private static func costs(_ milliseconds: Int) -> PasswordDesk.Costs {
        var costs = PasswordDesk.Costs()
        costs.matches = { password, _ in
            // As Argon2id: the thread is busy, whoever asks.
            let end = ContinuousClock.now + .milliseconds(milliseconds)
            while ContinuousClock.now < end {}
            return password == "right"
        }
        return costs
    }

    @Test func `a password is compared with its hash, and hashed`() async throws {
        let desk = PasswordDesk()
        let made = try await desk.make("correct horse battery staple", address: "192.0.2.1")
        guard case .made(let hash) = made else {
            Issue.record("\(made)")
            return
        }
        #expect(await desk.verify("correct horse battery staple", hash, address: "192.0.2.1") == .matches)
        #expect(await desk.verify("correct horse battery stable", hash, address: "192.0.2.1") == .differs)
        #expect(await desk.verify("correct horse battery staple", nil, address: "192.0.2.1") == .differs)
        await #expect(throws: PasswordError.length) { try await desk.make("short", address: "192.0.2.1") }
    }

    @Test func `without a hash as much is compared, and even the right answer differs`() async {
        let count = WorkCount()
        var costs = PasswordDesk.Costs()
        costs.matches = { _, hash in
            count.add()
            return hash == PasswordHash.dummy
        }
        let desk = PasswordDesk(costs: costs)
        #expect(await desk.verify("x", nil, address: "a") == .differs)
        #expect(count.value == 1)
    }

    @Test func `one address has so many waiting, and all together so many`() {
        var queue = PasswordQueue<Int>(.init(perAddress: 3, inAll: 10))
        #expect((0..<5).map { queue.add($0, from: "a") } == [true, true, true, false, false])
        #expect((0..<5).map { queue.add($0, from: "b") } == [true, true, true, false, false])
        #expect((0..<5).map { queue.add($0, from: "c") } == [true, true, true, false, false])
        #expect((0..<3).map { queue.add($0, from: "d") } == [true, false, false])
        #expect(queue.waiting == 10)
        // Whoever comes with one at a time is still let in, for as many again.
        #expect((0..<12).map { queue.add($0, from: "single \($0)") }.count { $0 } == 10)
        #expect(queue.waiting == 20)
    }

    @Test func `an address that was right before goes before all that are new, however many come`() {
        var queue = PasswordQueue<String>(.init(inAll: 10, remembered: 2))
        for name in ["early", "home", "work"] {
            _ = queue.add("right", from: name)
            _ = queue.take()
            queue.finish(name, wasSlow: false, isRight: true)
        }
        for number in 0..<40 { _ = queue.add("guess", from: "fresh \(number)") }
        #expect(queue.waiting == 20)
        // Two are remembered, and the first of the three is not one of them.
        let taken = ["early", "home", "work"].map { queue.add("mine", from: $0) }
        #expect(taken == [false, true, true])
        let order = (1...3).map { _ in queue.take()?.address }
        #expect(order == ["home", "work", "fresh 0"])
    }

    @Test func `addresses take turns`() {
        var queue = PasswordQueue<String>(.init(threads: 8))
        for number in 1...3 { for address in ["a", "b", "c"] { _ = queue.add("\(address)\(number)", from: address) } }
        var order: [String] = []
        while let next = queue.take() {
            order.append(next.work)
            queue.finish(next.address, wasSlow: next.isSlow, isRight: true)
        }
        #expect(order == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"])
    }

    @Test func `who was wrong, or has several in hand, goes after the others and holds one thread at most`() {
        var queue = PasswordQueue<String>(.init(threads: 2))
        _ = queue.add("1", from: "guesser")
        #expect(queue.take()?.isSlow == false)
        queue.finish("guesser", wasSlow: false, isRight: false)
        _ = queue.add("2", from: "guesser")
        for number in 1...2 { _ = queue.add("h\(number)", from: "hasty") }
        _ = queue.add("honest", from: "honest")
        #expect(queue.take()?.work == "honest")
        let slow = queue.take()
        #expect(slow?.work == "2" && slow?.isSlow == true)
        #expect(queue.take() == nil, "the other thread is kept")
        queue.finish("guesser", wasSlow: true, isRight: true)
        _ = queue.add("3", from: "guesser")
        #expect(queue.take()?.work == "3", "being right once is forgiven")
        #expect(queue.take()?.work == "h1")
    }

    @Test func `those who were wrong are forgotten, the earliest first, or when they are forgiven`() {
        var queue = PasswordQueue<Int>(.init(remembered: 2))
        for address in ["a", "b", "c"] {
            _ = queue.add(0, from: address)
            if let next = queue.take() { queue.finish(next.address, wasSlow: next.isSlow, isRight: false) }
        }
        func isSlow(_ address: String) -> Bool? {
            _ = queue.add(0, from: address)
            guard let next = queue.take() else { return nil }
            queue.finish(next.address, wasSlow: next.isSlow, isRight: nil)
            return next.isSlow
        }
        #expect(isSlow("a") == false)
        #expect(isSlow("b") == true)
        #expect(isSlow("c") == true)
        queue.forgive()
        #expect(isSlow("c") == false)
    }

    @Test func `the desk is gone with the last who knows it, after what was asked of it`() async {
        weak var gone: PasswordDesk?
        do {
            let desk = PasswordDesk(threads: 1, costs: Self.costs(1))
            gone = desk
            #expect(await desk.verify("right", "hash", address: "a") == .matches)
            #expect(desk.waiting == 0)
        }
        #expect(gone == nil)
    }
}
