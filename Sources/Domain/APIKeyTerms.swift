/// What a key is for and what it may do.
public struct APIKeyTerms: Hashable, Sendable {
    public var name: String
    public var role: Role
    /// What it has of its role's permissions; nil for all of them.
    public var scopes: Set<Permission>?
    /// The products that it is for, by id; nil for all.
    public var products: Set<Int64>?
    /// The most that it may spend in its life; nil where it has no such limit.
    public var budget: Money?
    public var expiresAt: Timestamp?
    /// From where it may be used; nil for everywhere.
    public var addresses: [AddressBlock]?

    public init(
        name: String, role: Role, scopes: Set<Permission>? = nil, products: Set<Int64>? = nil, budget: Money? = nil, expiresAt: Timestamp? = nil,
        addresses: [AddressBlock]? = nil
    ) {
        self.name = name
        self.role = role
        self.scopes = scopes
        self.products = products
        self.budget = budget
        self.expiresAt = expiresAt
        self.addresses = addresses
    }

    public var permissions: Set<Permission> { scopes.map(role.permissions.intersection) ?? role.permissions }
}
