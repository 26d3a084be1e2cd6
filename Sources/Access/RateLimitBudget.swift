/// What is counted together.
public enum RateLimitBudget: String, CaseIterable, Hashable, Sendable {
    case reading
    case writing
    case signIn = "sign-in"
    /// Answers that only name a price: 402.
    case offers
    /// Requests that carry a payment.
    case payments
}
