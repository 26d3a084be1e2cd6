/// Where a payment stands. Every row that is neither final nor released is finished by the reconciler.
public enum PaymentState: String, CaseIterable, Sendable {
    /// The authorization is ours to settle; nothing has been sent.
    case claimed
    /// Given back before anything was sent; never charged. The same authorization may be claimed again.
    case released
    /// Signed bytes are stored and may have been sent.
    case settling
    /// Sent or perhaps sent, and no answer that can be believed.
    case uncertain
    case settled
    /// Certainly never charged: cancelled, or unused at a final block after its window.
    case failed
    /// Settled, and the goods went out at least once.
    case delivered

    /// Still owed an end by the reconciler.
    public var isOpen: Bool { self == .claimed || self == .settling || self == .uncertain }
    /// The money arrived.
    public var isPaid: Bool { self == .settled || self == .delivered }

    /// The states that may follow this one.
    public var successors: Set<PaymentState> {
        switch self {
        case .claimed: [.released, .settling, .settled]
        case .released: [.claimed]
        case .settling: [.settled, .failed, .uncertain]
        case .uncertain: [.settled, .failed]
        case .settled: [.delivered, .uncertain]
        case .delivered: [.uncertain]
        case .failed: []
        }
    }

    /// The states from which this one may be reached.
    public var predecessors: [PaymentState] { Self.allCases.filter { $0.successors.contains(self) } }
}
