import Domain
import Glibc

/// Time as a buyer needs it; a parameter, so that no test waits.
struct BuyClock: Sendable {
    let now: WallClock
    /// Time that passed since some moment, whatever becomes of the wall clock.
    let elapsed: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void

    static let system: BuyClock = {
        let start = ContinuousClock.now
        return BuyClock(
            now: { Timestamp(milliseconds: wallMilliseconds()) }, elapsed: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) })
    }()
}

private func wallMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
