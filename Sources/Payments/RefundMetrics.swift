public import Domain
import Storage

/// Who counts what becomes of refunds. Told after the write that it tells of.
public struct RefundMetrics: Sendable {
    public let count: @Sendable (_ state: RefundState, _ way: Refund.Way) -> Void

    public init(count: @escaping @Sendable (_ state: RefundState, _ way: Refund.Way) -> Void) { self.count = count }

    /// Nobody counts.
    public static let none = RefundMetrics { _, _ in }

    /// What a write came to; one that changed nothing is not counted.
    func noted(_ outcome: RefundOutcome) -> RefundOutcome {
        if case .done(let refund) = outcome { count(refund.state, refund.way) }
        return outcome
    }
}
