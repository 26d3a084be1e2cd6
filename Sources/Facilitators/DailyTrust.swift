import Domain
import Synchronization

/// How much of a day's income rests on the word of each payment service alone, by the hour.
final class DailyTrust: Sendable {
    let limit: AtomicAmount
    private let hours = Mutex<[String: [Int64: UInt128]]>([:])

    init(limit: AtomicAmount) { self.limit = limit }

    private static func hour(_ moment: Timestamp) -> Int64 { moment.seconds / 3600 }

    /// Counts what was handed over before this process began.
    func add(_ amount: AtomicAmount, to service: String, at moment: Timestamp) {
        hours.withLock { $0[service, default: [:]][Self.hour(moment), default: 0] += amount.units }
    }

    /// Counts an amount if it still fits; false when it does not.
    func take(_ amount: AtomicAmount, for service: String, at moment: Timestamp) -> Bool {
        hours.withLock { hours in
            let recent = (hours[service] ?? [:]).filter { $0.key > Self.hour(moment) - 24 }
            guard fits(amount, recent) else { return false }
            hours[service] = recent
            hours[service]?[Self.hour(moment), default: 0] += amount.units
            return true
        }
    }

    /// An amount that was counted at `moment` never reached the service.
    func giveBack(_ amount: AtomicAmount, of service: String, at moment: Timestamp) {
        hours.withLock { hours in
            let held = hours[service]?[Self.hour(moment)] ?? 0
            hours[service]?[Self.hour(moment)] = held - min(held, amount.units)
        }
    }

    func allows(_ amount: AtomicAmount, for service: String, at moment: Timestamp) -> Bool {
        hours.withLock { hours in fits(amount, (hours[service] ?? [:]).filter { $0.key > Self.hour(moment) - 24 }) }
    }

    private func fits(_ amount: AtomicAmount, _ recent: [Int64: UInt128]) -> Bool {
        let sum = recent.values.reduce(0, +)
        return sum <= limit.units && amount.units <= limit.units - sum
    }
}
