public import Domain

/// What came of a change of a key.
public enum APIKeyOutcome: Hashable, Sendable, CustomReflectable {
    /// - Parameter text: the whole key; it is shown this once.
    case created(APIKey, text: String)
    case done(APIKey)
    case unknown
    /// The key that asks is the one that it asks about.
    case itself
    /// Whoever asks would give or take more than they have themselves.
    case beyondYou

    /// Nothing prints the text by mistake.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
