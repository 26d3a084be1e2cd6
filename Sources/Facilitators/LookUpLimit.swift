import Domain
import Synchronization

/// A bucket of look-ups that refills evenly; whoever finds it empty is told so and does not wait.
final class LookUpLimit: Sendable {
    private let perSecond: Int64
    private let state: Mutex<(tokens: Int64, since: ContinuousClock.Instant)>

    init(perSecond: Int64) {
        self.perSecond = perSecond
        state = Mutex((perSecond, .now))
    }

    func allows() -> Bool {
        state.withLock { state in
            let earned = (ContinuousClock.now - state.since).inMilliseconds * perSecond / 1000
            if earned > 0 { state = (min(perSecond, state.tokens + earned), .now) }
            guard state.tokens > 0 else { return false }
            state.tokens -= 1
            return true
        }
    }
}
