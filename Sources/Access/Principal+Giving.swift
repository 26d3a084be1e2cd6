import Domain

extension Principal {
    /// Whether these permissions are theirs to give: nobody gives more than they have.
    func mayGive(_ permissions: Set<Permission>, products: Set<Int64>? = nil) -> Bool {
        guard permissions.isSubset(of: self.permissions) else { return false }
        guard let own = self.products else { return true }
        return products?.isSubset(of: own) ?? false
    }

    /// Whether somebody of that role is theirs to make, change or end.
    func mayManage(_ role: Role) -> Bool { mayGive(role.permissions) }

    /// Whether they may act for that person: it is they, or theirs to manage.
    func mayActFor(_ person: Int64, role: Role) -> Bool {
        if case .person(person, _) = identity { return true }
        return mayManage(role)
    }
}
