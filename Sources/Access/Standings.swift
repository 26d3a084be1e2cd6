public import Caching
public import Storage

/// What was looked up of sessions and their people, so that a token costs no look into the file. Whatever changes a session or a person
/// drops it here after the commit: from then on the file is asked again.
public final class Standings: Sendable {
    private let reader: Reader
    private let sessions: Cache<Int64, SessionStanding?>
    private let people: Cache<Int64, PersonStanding?>

    public init(reader: Reader, limit: Int = 10_000) {
        self.reader = reader
        sessions = Cache("sessions", limit: limit, bytes: 8 << 20, lifetime: .seconds(600))
        people = Cache("people", limit: limit, bytes: 8 << 20, lifetime: .seconds(600))
    }

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [sessions.meter, people.meter] }

    /// Nil for a session that there is not.
    func session(_ id: Int64) async throws -> SessionStanding? {
        try await sessions.value(id) { [reader] in try reader.standing(sessionID: id) }
    }

    /// Nil for a person that there is not.
    func person(_ id: Int64) async throws -> PersonStanding? {
        try await people.value(id) { [reader] in try reader.standing(personID: id) }
    }

    func drop(sessions ids: [Int64]) { for id in ids { sessions.remove(id) } }

    func drop(person id: Int64) { people.remove(id) }
}
