/// What becomes of a payment that was seen before: the rule of "Payments that are safe to retry".
public enum Replay: Equatable, Sendable {
    /// Whoever shows it may have the goods, or the news of it.
    case honest
    /// A settled authorization is public; holding it proves nothing.
    case foreign

    /// For how long after settlement a payment without a sealed offer is believed a second time.
    public static let unsealedGrace: Duration = .seconds(15 * 60)

    /// Judges a second presentation of `payment` for the product with `productID`, with the hash of the sealed offer that was shown.
    public static func judge(_ payment: Payment, productID: Int64, sealHash: [UInt8]?, sandbox: Bool, now: Timestamp) -> Replay {
        guard payment.productID == productID, payment.sandbox == sandbox else { return .foreign }
        switch (payment.sealHash, sealHash) {
        case (let stored?, let shown?): return stored == shown ? .honest : .foreign
        case (nil, nil): return now <= (payment.settledAt ?? now) + unsealedGrace ? .honest : .foreign
        default: return .foreign
        }
    }
}
