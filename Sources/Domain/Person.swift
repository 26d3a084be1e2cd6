/// Somebody who works in the shop.
public struct Person: Hashable, Sendable {
    public let id: Int64
    /// As it was given, trimmed; empty once erased.
    public let email: String
    public let name: String
    public let notes: String
    public let role: Role
    public let state: PersonState
    /// False until the person has set a password by their link.
    public let hasPassword: Bool
    public let hasTwoStep: Bool
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    public let signedInAt: Timestamp?
    /// Counts changes, from 1.
    public let revision: Int64

    public init(
        id: Int64, email: String, name: String, notes: String, role: Role, state: PersonState, hasPassword: Bool, hasTwoStep: Bool,
        createdAt: Timestamp, updatedAt: Timestamp, signedInAt: Timestamp?, revision: Int64
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.notes = notes
        self.role = role
        self.state = state
        self.hasPassword = hasPassword
        self.hasTwoStep = hasTwoStep
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.signedInAt = signedInAt
        self.revision = revision
    }
}
