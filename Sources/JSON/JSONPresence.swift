/// Whether a field must be there.
public enum JSONPresence: Sendable, Hashable {
    /// Missing and `null` are problems.
    case required
    /// Missing and `null` are the same, and no problem.
    case optional
}
