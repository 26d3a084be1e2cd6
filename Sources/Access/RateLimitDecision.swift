/// What a limiter says of one request.
public enum RateLimitDecision: Hashable, Sendable {
    /// Nothing was counted: the budget is switched off, or nobody was named.
    case unlimited
    /// Of the subject that has least left: `remaining` more may come at once, and in `resetSeconds` all of its burst.
    case allowed(RateLimitBudget, limit: RateLimit, remaining: Int, resetSeconds: Int)
    /// After `retryAfterSeconds`, at least 1, every subject has room again, unless others use it up.
    case refused(RateLimitBudget, limit: RateLimit, retryAfterSeconds: Int)

    public var isAllowed: Bool {
        if case .refused = self { false } else { true }
    }

    /// The values of `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 writes them; nil when nothing is limited.
    ///
    /// `r` is what may come at once, so never more than the burst; `t` is when that is whole again, or when a refused request may come back.
    public var headers: (policy: String, limit: String)? {
        switch self {
        case .unlimited: nil
        case .allowed(let budget, let limit, let remaining, let reset):
            (Self.policy(budget, limit), "\"\(budget.rawValue)\";r=\(remaining);t=\(reset)")
        case .refused(let budget, let limit, let retryAfter): (Self.policy(budget, limit), "\"\(budget.rawValue)\";r=0;t=\(retryAfter)")
        }
    }

    private static func policy(_ budget: RateLimitBudget, _ limit: RateLimit) -> String {
        "\"\(budget.rawValue)\";q=\(limit.quota);w=\(limit.window)"
    }
}
