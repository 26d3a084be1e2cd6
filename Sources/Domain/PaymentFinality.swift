/// How sure a payment's money is.
public enum PaymentFinality: String, CaseIterable, Hashable, Sendable {
    /// On its way, and not proved to have arrived.
    case pending
    /// Arrived, in a block that the chain could still take back; or on the word of a payment service, where no node can be asked.
    case settled
    /// Arrived for good. Practice money is final at once.
    case final
}
