/// What the refund wallet may pay back in 24 hours, so that a stolen password or a program gone wrong empties no wallet.
public struct RefundLimit: Hashable, Sendable {
    /// How many refunds.
    public let count: Int
    /// How much in all, in the asset's smallest unit.
    public let amount: AtomicAmount

    public init(count: Int, amount: AtomicAmount) {
        self.count = count
        self.amount = amount
    }

    public static let window: Duration = .seconds(86_400)

    /// What a limit says of one more refund.
    public enum Verdict: Hashable, Sendable {
        case allowed
        /// The limit is used up; it has room from that moment on.
        case until(Timestamp)
        /// The refund alone is more than the limit allows in a day.
        case never
    }

    /// - Parameter sent: what was sent, and when, oldest first.
    public func judge(_ next: AtomicAmount, after sent: [(amount: AtomicAmount, at: Timestamp)], now: Timestamp) -> Verdict {
        guard count > 0, next <= amount else { return .never }
        var rest = sent.filter { $0.at + Self.window > now }[...]
        var sum = rest.reduce(UInt128(0)) { $0 + min($1.amount.units, UInt128.max >> 16) }
        var moment: Timestamp?
        while rest.count >= count || sum + next.units > amount.units {
            guard let oldest = rest.popFirst() else { return .never }
            sum -= min(sum, oldest.amount.units)
            moment = oldest.at + Self.window
        }
        return moment.map { .until($0) } ?? .allowed
    }
}
