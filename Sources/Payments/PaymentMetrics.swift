public import Domain
import Storage

/// Who counts what becomes of payments. Told after the write that it tells of.
public struct PaymentMetrics: Sendable {
    /// The states that a payment enters, and how those end that never become one of ours.
    public enum Outcome: String, CaseIterable, Sendable {
        case claimed, released, settled, delivered, failed, uncertain
        /// Shown and not taken.
        case refused
        /// Not a payment at all.
        case malformed
        /// Nothing could be paid just then.
        case unavailable

        /// Nil for a state that is only passed through inside a facilitator.
        init?(_ state: PaymentState) { self.init(rawValue: state.rawValue) }
    }

    /// - Parameter sandbox: whether it was practice money.
    public let count: @Sendable (_ outcome: Outcome, _ sandbox: Bool, _ number: Int) -> Void
    /// How long a payment on a chain took from claim to settlement, by the wall clock.
    public let settled: @Sendable (_ network: Network, _ took: Duration) -> Void

    public init(
        count: @escaping @Sendable (_ outcome: Outcome, _ sandbox: Bool, _ number: Int) -> Void,
        settled: @escaping @Sendable (_ network: Network, _ took: Duration) -> Void
    ) {
        self.count = count
        self.settled = settled
    }

    /// Nobody counts.
    public static let none = PaymentMetrics(count: { _, _, _ in }, settled: { _, _ in })

    /// A payment that a write has just brought into the state it is in.
    func entered(_ payment: Payment) {
        guard let outcome = Outcome(payment.state) else { return }
        count(outcome, payment.sandbox, 1)
        if payment.state == .settled, !payment.sandbox, let settledAt = payment.settledAt {
            settled(payment.authorization.key.network, .milliseconds(max(0, settledAt.milliseconds - payment.claimedAt.milliseconds)))
        }
    }

    /// What an end that was reported for a payment came to; one that changed nothing is not counted again.
    func ended(_ outcome: PostOutcome) -> Payment {
        if case .posted(let payment) = outcome { entered(payment) }
        return outcome.payment
    }
}
