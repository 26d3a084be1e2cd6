/// Who asks for something, after it was proved: what every management operation is judged by.
public struct Principal: Hashable, Sendable {
    public enum Identity: Hashable, Sendable {
        /// Somebody at the control socket of this machine.
        case local(uid: UInt32)
        case person(id: Int64, session: Int64)
        case key(id: Int64)
    }

    public let identity: Identity
    public let role: Role
    /// The role's permissions, less what a key's scopes leave out.
    public let permissions: Set<Permission>
    /// The products that a key is for, by id; nil for all of them.
    public let products: Set<Int64>?

    /// - Parameter scopes: what a key was given of its role's permissions; nil for all of them.
    public init(_ identity: Identity, role: Role, scopes: Set<Permission>? = nil, products: Set<Int64>? = nil) {
        self.identity = identity
        self.role = role
        permissions = scopes.map(role.permissions.intersection) ?? role.permissions
        self.products = products
    }

    public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }

    /// How events and logs name it: `local:0`, `person:3`, `key:7`.
    public var actor: String {
        switch identity {
        case .local(let uid): "local:\(uid)"
        case .person(let id, _): "person:\(id)"
        case .key(let id): "key:\(id)"
        }
    }
}
