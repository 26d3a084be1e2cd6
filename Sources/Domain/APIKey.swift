/// A key with which a program asks on the shop's behalf; its secret is known to nobody but its holder.
public struct APIKey: Hashable, Sendable {
    public let id: Int64
    /// The public part of its text, 8 characters.
    public let prefix: String
    public let terms: APIKeyTerms
    /// What was spent of its budget.
    public let spent: Money?
    /// Who made it, such as `person:3`.
    public let createdBy: String
    public let createdAt: Timestamp
    /// True to the minute.
    public let usedAt: Timestamp?
    public let revokedAt: Timestamp?

    public init(
        id: Int64, prefix: String, terms: APIKeyTerms, spent: Money?, createdBy: String, createdAt: Timestamp, usedAt: Timestamp?,
        revokedAt: Timestamp?
    ) {
        self.id = id
        self.prefix = prefix
        self.terms = terms
        self.spent = spent
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.usedAt = usedAt
        self.revokedAt = revokedAt
    }

    public func isLive(at now: Timestamp) -> Bool { revokedAt == nil && terms.expiresAt.map { now < $0 } ?? true }
}
