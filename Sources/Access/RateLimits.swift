/// The limit of each budget; nil is none.
public struct RateLimits: Hashable, Sendable {
    public var reading: RateLimit?
    public var writing: RateLimit?
    public var signIn: RateLimit?
    public var offers: RateLimit?
    public var payments: RateLimit?

    public init(
        reading: RateLimit? = RateLimit(600, burst: 200), writing: RateLimit? = RateLimit(120), signIn: RateLimit? = RateLimit(10),
        offers: RateLimit? = RateLimit(6000, burst: 1000), payments: RateLimit? = RateLimit(1200, burst: 300)
    ) {
        self.reading = reading
        self.writing = writing
        self.signIn = signIn
        self.offers = offers
        self.payments = payments
    }

    public static let standard = RateLimits()
    /// Nothing is limited.
    public static let off = RateLimits(reading: nil, writing: nil, signIn: nil, offers: nil, payments: nil)

    public subscript(_ budget: RateLimitBudget) -> RateLimit? {
        switch budget {
        case .reading: reading
        case .writing: writing
        case .signIn: signIn
        case .offers: offers
        case .payments: payments
        }
    }
}
