/// Where a refund stands. Money leaves between `approved` and an end, at most once.
public enum RefundState: String, CaseIterable, Sendable {
    /// Somebody asks for it; nothing happens until it is approved.
    case requested
    /// To be paid as soon as limits, wallet and network allow it. Nothing has been signed.
    case approved
    /// Signed bytes are stored and may have been sent.
    case sending
    /// Sent or perhaps sent, and no answer that can be believed.
    case uncertain
    /// The payer has the money.
    case settled
    /// Certainly never paid, and its transaction can never be mined any more.
    case failed
    /// Declined before anything was signed.
    case cancelled

    /// The states that may follow this one. Practice money and what was paid by hand need no sending.
    public var successors: Set<RefundState> {
        switch self {
        case .requested: [.approved, .cancelled]
        case .approved: [.sending, .settled, .cancelled]
        case .sending: [.settled, .failed, .uncertain]
        case .uncertain: [.settled, .failed]
        case .settled, .failed, .cancelled: []
        }
    }

    /// Signed bytes may be on their way: it is followed to its end.
    public var isUnderWay: Bool { self == .sending || self == .uncertain }
    /// Neither ended nor waiting for somebody's approval.
    public var isOpen: Bool { self == .approved || isUnderWay }
    /// Whether its amount counts towards what may be given back of a payment at most.
    public var counts: Bool { self != .failed && self != .cancelled }
}
