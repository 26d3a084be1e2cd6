/// Why a session is over.
public enum SessionEnding: String, CaseIterable, Hashable, Sendable {
    case signedOut = "signed_out"
    /// The person or an owner ended it from elsewhere.
    case ended
    /// A refresh token came a second time: somebody has a copy.
    case reuse
    case passwordChanged = "password_changed"
    case disabled
    case erased
}
