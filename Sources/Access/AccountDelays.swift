import Domain
import Synchronization

/// Slows guessing at one account from wherever: after ten wrong passwords in a row, each address that was wrong waits, twice as long every
/// time. An address that has not been wrong is always heard, so that nobody is locked out of their own account by others.
///
/// Accounts that do not exist are counted like those that do. In memory only, and bounded.
final class AccountDelays: Sendable {
    static let free = 10
    private static let longest: Int64 = 300
    private static let addressesRemembered = 1000
    /// After so long without another wrong password an account begins anew.
    private static let memory: Duration = .seconds(24 * 3600)

    private struct Streak {
        var failures = 0
        var addresses: Set<String> = []
        var until: Timestamp
    }

    private let streaks: Mutex<(byAccount: [[UInt8]: Streak], order: [[UInt8]])> = Mutex(([:], []))
    private let limit: Int

    init(limit: Int = 10_000) { self.limit = limit }

    /// Seconds that this address waits before it may try this account again; nil when it may now.
    func wait(_ account: [UInt8], address: String, at now: Timestamp) -> Int? {
        streaks.withLock { streaks in
            guard let streak = streaks.byAccount[account], streak.failures >= Self.free, now < streak.until,
                streak.addresses.contains(AddressName.of(address))
            else { return nil }
            return Int((streak.until - now).inMilliseconds + 999) / 1000
        }
    }

    func failed(_ account: [UInt8], address: String, at now: Timestamp) {
        streaks.withLock { streaks in
            if streaks.byAccount[account] == nil {
                streaks.order.append(account)
                if streaks.order.count > limit { streaks.byAccount[streaks.order.removeFirst()] = nil }
            }
            var streak = streaks.byAccount[account] ?? Streak(until: now)
            if streak.until + Self.memory <= now { streak = Streak(until: now) }
            streak.failures += 1
            if streak.addresses.count >= Self.addressesRemembered { streak.addresses.removeFirst() }
            streak.addresses.insert(AddressName.of(address))
            let exponent = streak.failures - Self.free
            if exponent >= 0 { streak.until = now + .seconds(exponent > 8 ? Self.longest : min(Self.longest, 1 << Int64(exponent))) }
            streaks.byAccount[account] = streak
        }
    }

    /// Forgives the address that was right, and no other: whoever guesses from elsewhere goes on waiting.
    func succeeded(_ account: [UInt8], address: String) {
        streaks.withLock { streaks in
            guard streaks.byAccount[account]?.addresses.remove(AddressName.of(address)) != nil,
                streaks.byAccount[account]?.addresses.isEmpty == true
            else { return }
            streaks.byAccount[account] = nil
            streaks.order.removeAll { $0 == account }
        }
    }
}
