/// What erasing a person would do: shown before it is done, confirmed with its own value.
public struct ErasurePlan: Hashable, Sendable {
    public struct Item: Hashable, Sendable {
        /// In words for people.
        public let what: String
        public let count: Int64
    }

    public let person: Int64
    public let goes: [Item]
    /// What has nothing of the person in it but a number.
    public let stays: [Item]
    /// To be given back; good for as long as nothing changes about the person.
    public let confirmation: String
}

/// What came of an erasure.
public enum ErasureOutcome: Hashable, Sendable {
    case erased
    case unknown
    case lastOwner
    /// The confirmation is of another person or another time; ask for the plan again.
    case stale
    case beyondYou
}
