import Domain
import Synchronization

/// What settlements may have cost in the last 24 hours, by the hour: the limit of a transaction until its real fee is known.
final class FeeLedger: Sendable {
    private let hours = Mutex<[Int64: UInt128]>([:])

    private static func hour(_ moment: Timestamp) -> Int64 { moment.seconds / 3600 }

    func add(_ fee: UInt128, at moment: Timestamp) {
        hours.withLock { hours in
            hours = hours.filter { $0.key > Self.hour(moment) - 24 }
            hours[Self.hour(moment), default: 0] += fee
        }
    }

    /// A transaction that was counted with its limit at `moment` cost less.
    func giveBack(_ fee: UInt128, at moment: Timestamp) {
        hours.withLock { hours in
            let held = hours[Self.hour(moment)] ?? 0
            hours[Self.hour(moment)] = held - min(held, fee)
        }
    }

    func spent(at moment: Timestamp) -> UInt128 {
        hours.withLock { hours in hours.filter { $0.key > Self.hour(moment) - 24 }.values.reduce(0, +) }
    }
}
