/// A signed-in browser or program of a person.
public struct Session: Hashable, Sendable {
    public let id: Int64
    public let personID: Int64
    public let device: SessionDevice
    public let createdAt: Timestamp
    /// When its refresh token was last used.
    public let seenAt: Timestamp
    /// Slides with every refresh.
    public let expiresAt: Timestamp
    public let endedAt: Timestamp?
    public let ending: SessionEnding?

    public init(
        id: Int64, personID: Int64, device: SessionDevice, createdAt: Timestamp, seenAt: Timestamp, expiresAt: Timestamp, endedAt: Timestamp?,
        ending: SessionEnding?
    ) {
        self.id = id
        self.personID = personID
        self.device = device
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.ending = ending
    }

    public func isLive(at now: Timestamp) -> Bool { endedAt == nil && now < expiresAt }
}
