public import Domain
public import Storage

/// Deletes what nobody needs any more. Run once a day.
public struct Retention: Sendable {
    /// For how long a session that is over can be looked at.
    public static let sessions: Duration = .seconds(90 * 24 * 3600)
    /// For how long used refresh tokens are known, so that a copy is noticed; also links and signing keys that are over.
    public static let others: Duration = .seconds(30 * 24 * 3600)

    private let writer: Writer
    private let now: WallClock

    public init(database: ShopDatabase, now: @escaping WallClock) {
        writer = database.writer
        self.now = now
    }

    @discardableResult
    public func run(actor: String = "pushcart") async throws -> RetiredRecords {
        try await writer.retire(sessions: now() - Self.sessions, others: now() - Self.others, actor: actor, at: now())
    }
}
