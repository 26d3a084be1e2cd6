import Synchronization

/// Hands out a settler's account nonces in order and leaks none: one that was certainly not used goes out again first, and after an
/// unclear send the chain is asked, once nobody is sending any more.
final class SettlerNonces: Sendable {
    private struct State {
        var next: UInt64?
        var free: [UInt64] = []
        var outstanding = 0
        var isStale = false
        var isSynchronising = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// The account's count of transactions, pending ones included.
    private let count: @Sendable () async throws -> UInt64

    init(count: @escaping @Sendable () async throws -> UInt64) { self.count = count }

    /// The lowest nonce that is free. Whoever takes one ends with `used`, `giveBack` or `lost`.
    /// - Throws: when the chain must be asked and does not answer.
    func take() async throws -> UInt64 {
        while true {
            enum Step { case nonce(UInt64), synchronise, wait }
            let step = state.withLock { state -> Step in
                if let next = state.next, !state.isStale {
                    state.outstanding += 1
                    if let lowest = state.free.min() {
                        state.free.removeAll { $0 == lowest }
                        return .nonce(lowest)
                    }
                    state.next = next + 1
                    return .nonce(next)
                }
                if state.outstanding > 0 || state.isSynchronising { return .wait }
                state.isSynchronising = true
                return .synchronise
            }
            switch step {
            case .nonce(let nonce): return nonce
            case .synchronise: try await synchronise()
            case .wait: await waitForChange()
            }
        }
    }

    private func synchronise() async throws {
        let result: Result<UInt64, any Error>
        do { result = .success(try await count()) } catch { result = .failure(error) }
        change { state in
            state.isSynchronising = false
            if case .success(let count) = result {
                state.next = count
                state.free = []
                state.isStale = false
            }
        }
        _ = try result.get()
    }

    private func waitForChange() async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard state.outstanding > 0 || state.isSynchronising else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    /// The chain has the transaction.
    func used(_ nonce: UInt64) { change { $0.outstanding -= 1 } }

    /// The transaction was certainly not taken.
    func giveBack(_ nonce: UInt64) {
        change { state in
            state.outstanding -= 1
            if !state.isStale { state.free.append(nonce) }
        }
    }

    /// Nobody knows, or somebody else used it: ask the chain before the next is handed out.
    func lost(_ nonce: UInt64) {
        change { state in
            state.outstanding -= 1
            state.isStale = true
        }
    }

    /// A transaction was given up: its nonce may be free again, and those after it are stuck behind the gap.
    func distrust() { change { $0.isStale = true } }

    private func change(_ body: (inout sending State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
