public import Domain

/// What came of a change of a person.
public enum PersonOutcome: Hashable, Sendable {
    case done(Person)
    /// There is nobody of that id, or they are erased.
    case unknown
    case emailTaken
    /// Nobody would be left who may do everything.
    case lastOwner
    /// Whoever asks would give or take more than they have themselves.
    case beyondYou
    /// Somebody changed the person at the same moment; look again.
    case conflict
}

/// What an edit leaves as it is stays nil.
public struct PersonEdit: Hashable, Sendable {
    public var email: MailAddress?
    public var name: String?
    public var notes: String?

    public init(email: MailAddress? = nil, name: String? = nil, notes: String? = nil) {
        self.email = email
        self.name = name
        self.notes = notes
    }
}
