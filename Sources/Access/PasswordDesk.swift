import Dispatch
import Foundation
import Synchronization

/// Hashes and compares passwords on threads of its own, so that guessing neither stops the shop nor keeps honest people waiting.
///
/// Work is queued fairly by address, see `PasswordQueue`; what does not fit is refused at once with the time after which to try again.
public final class PasswordDesk: Sendable {
    /// What the threads do: Argon2id, unless a test says otherwise.
    public struct Costs: Sendable {
        public var make: @Sendable (_ password: String) throws -> String = { try PasswordHash.make($0) }
        public var matches: @Sendable (_ password: String, _ hash: String) -> Bool = { PasswordHash.matches($0, $1) }

        public init() {}
    }

    public enum Verdict: Hashable, Sendable {
        case matches
        case differs
        /// Too many wait; try again after so many seconds.
        case busy(seconds: Int)
    }

    public enum Making: Hashable, Sendable {
        case made(String)
        case busy(seconds: Int)
    }

    private typealias Queue = PasswordQueue<@Sendable () -> Bool?>

    /// What the threads share; they end once the desk is gone.
    private final class Shared: Sendable {
        let state: Mutex<(queue: Queue, forgivenAt: ContinuousClock.Instant, isClosed: Bool)>
        let wake = DispatchSemaphore(value: 0)
        let now: @Sendable () -> ContinuousClock.Instant

        init(_ limits: Queue.Limits, _ now: @escaping @Sendable () -> ContinuousClock.Instant) {
            state = Mutex((Queue(limits), now(), false))
            self.now = now
        }

        func work() {
            while true {
                wake.wait()
                while let (work, address, isSlow) = state.withLock({ $0.queue.take() }) {
                    let isRight = work()
                    state.withLock { state in
                        state.queue.finish(address, wasSlow: isSlow, isRight: isRight)
                        if now() - state.forgivenAt > PasswordDesk.memory {
                            state.queue.forgive()
                            state.forgivenAt = now()
                        }
                    }
                }
                if state.withLock({ $0.isClosed && $0.queue.waiting == 0 }) { return }
            }
        }
    }

    /// For how long an address that was wrong is remembered, at most.
    private static let memory: Duration = .seconds(600)

    private let shared: Shared
    private let costs: Costs
    private let threads: Int

    /// - Parameters:
    ///   - perAddress: how many passwords of one address may wait.
    ///   - inAll: how many may wait together.
    public init(
        threads: Int = 2, perAddress: Int = 8, inAll: Int = 256, costs: Costs = Costs(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.costs = costs
        self.threads = threads
        shared = Shared(Queue.Limits(perAddress: perAddress, inAll: inAll, threads: threads), now)
        for number in 1...threads {
            let thread = Thread { [shared] in shared.work() }
            thread.name = "password \(number)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    deinit {
        shared.state.withLock { $0.isClosed = true }
        for _ in 0..<threads { shared.wake.signal() }
    }

    /// How many passwords wait.
    public var waiting: Int { shared.state.withLock { $0.queue.waiting } }

    /// Compares. Without a hash, as for people who are not known, it takes as long and differs.
    /// - Parameter address: who asks; those who were wrong lately come after the others.
    public func verify(_ password: String, _ hash: String?, address: String) async -> Verdict {
        await withCheckedContinuation { continuation in
            enqueue(address, refused: { continuation.resume(returning: .busy(seconds: $0)) }) { [costs] in
                let isRight = costs.matches(password, hash ?? PasswordHash.dummy) && hash != nil
                continuation.resume(returning: isRight ? .matches : .differs)
                return isRight
            }
        }
    }

    /// Hashes a password that keeps the rule.
    /// - Throws: `PasswordError`.
    public func make(_ password: String, address: String) async throws -> Making {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(address, refused: { continuation.resume(returning: .busy(seconds: $0)) }) { [costs] in
                continuation.resume(with: Result { .made(try costs.make(password)) })
                return nil
            }
        }
    }

    private func enqueue(_ address: String, refused: (Int) -> Void, _ work: @escaping @Sendable () -> Bool?) {
        let source = AddressName.of(address)
        let (isTaken, waiting) = shared.state.withLock { ($0.queue.add(work, from: source), $0.queue.waiting) }
        // Some twenty a second and thread; never less than a second, so that nobody hammers.
        guard isTaken else { return refused(1 + waiting / (20 * threads)) }
        shared.wake.signal()
    }
}
