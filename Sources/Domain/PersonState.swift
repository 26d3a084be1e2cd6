/// Whether somebody may come in.
public enum PersonState: String, CaseIterable, Hashable, Sendable {
    case active
    /// May not sign in; an owner may let them in again.
    case disabled
    /// Nothing is left but the number. Final.
    case erased
}
