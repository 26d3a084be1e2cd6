public import Domain
public import X402

/// What becomes of a request that brings a payment.
public enum Admission: Sendable {
    case admitted(Receipt)
    /// Ours and not settled yet; the same payment may be shown again.
    case pending(Payment)
    /// Not taken; the terms go out again.
    case refused(WireError, payer: [UInt8]?)
    /// The payer's identifier names a payment of another kind; nothing was taken. The sentence is for people.
    case conflicting(String)
    /// Not a payment at all.
    case malformed(WireError)
    /// Nothing can be paid now; the sentence is for people.
    case unavailable(String)
}
