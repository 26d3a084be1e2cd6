import Domain
import Synchronization

/// The settlements that this process is working on, and who waits for them. A settlement goes on when the client that began it has gone.
public final class Settlements: Sendable {
    private struct State {
        var active: Set<Int64> = []
        var abandoned: Set<Int64> = []
        var waiters: [Int64: [UInt64: CheckedContinuation<Payment?, Never>]] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether this process is settling that payment now.
    public func isActive(_ paymentID: Int64) -> Bool { state.withLock { $0.active.contains(paymentID) } }

    public var count: Int { state.withLock { $0.active.count } }

    /// Begins `work` for a payment unless it is under way; whoever waits is told the payment as the work left it, if it knows.
    func start(_ paymentID: Int64, _ work: @escaping @Sendable () async -> Payment?) {
        guard state.withLock({ $0.active.insert(paymentID).inserted }) else { return }
        Task {
            let payment = await work()
            let waiters = state.withLock { state in
                state.active.remove(paymentID)
                return state.waiters.removeValue(forKey: paymentID) ?? [:]
            }
            for waiter in waiters.values { waiter.resume(returning: payment) }
        }
    }

    /// Whether a payment's settlement ended before anything was sent, and that could not be stored: nobody is about to send it any more.
    func isAbandoned(_ paymentID: Int64) -> Bool { state.withLock { $0.abandoned.contains(paymentID) } }

    func abandon(_ paymentID: Int64) { state.withLock { _ = $0.abandoned.insert(paymentID) } }

    /// It has been given back, and may be claimed anew.
    func forget(_ paymentID: Int64) { state.withLock { _ = $0.abandoned.remove(paymentID) } }

    /// Returns when the work on a payment ends, at once when there is none, and at `deadline` at the latest.
    /// - Returns: the payment as it ended; nil when that has to be looked up.
    @discardableResult
    func wait(_ paymentID: Int64, until deadline: ContinuousClock.Instant) async -> Payment? {
        let (isActive, waiter) = state.withLock { state in
            state.nextWaiter += 1
            return (state.active.contains(paymentID), state.nextWaiter)
        }
        guard isActive else { return nil }
        let alarm = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            wake(paymentID, waiter)
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard state.active.contains(paymentID), ContinuousClock.now < deadline else { return false }
                state.waiters[paymentID, default: [:]][waiter] = continuation
                return true
            }
            if !mustWait { continuation.resume(returning: nil) }
        }
    }

    private func wake(_ paymentID: Int64, _ waiter: UInt64) {
        state.withLock { $0.waiters[paymentID]?.removeValue(forKey: waiter) }?.resume(returning: nil)
    }
}
