public import Domain

/// What a client gets at sign-in and at each refresh. Never logged: it is printed without its tokens.
public struct SignedIn: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    public let person: Int64
    public let session: Int64
    public let role: Role
    public let accessToken: String
    public let accessExpiresAt: Timestamp
    /// Good once.
    public let refreshToken: String
    public let refreshExpiresAt: Timestamp

    public var description: String { "session \(session) of person \(person)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What came of a refresh token. A client is told the same of the last two.
public enum RefreshOutcome: Hashable, Sendable {
    case refreshed(SignedIn)
    /// Unknown, or its session is over.
    case refused
    /// It was used before; its session has ended.
    case reused
}

/// What came of signing in.
public enum SignInOutcome: Hashable, Sendable {
    case signedIn(SignedIn)
    /// No such person, another password, a wrong code, or somebody who is disabled: a client learns not which.
    case wrong
    /// The password is right; the person has a second step.
    case codeNeeded
    case busy(seconds: Int)
}
