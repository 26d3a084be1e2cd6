public import Domain
import JSON
import Sealing
public import Storage

/// All that is stored of a person: handed out, or erased by destroying their key.
public struct PersonalData: Sendable {
    private let reader: Reader
    private let writer: Writer
    private let vault: Vault
    private let people: People
    private let sessions: Sessions
    private let standings: Standings
    private let now: WallClock

    public init(people: People, sessions: Sessions) {
        self.people = people
        self.sessions = sessions
        (reader, writer, vault) = (people.reader, people.writer, people.sealer.vault)
        (standings, now) = (people.standings, people.now)
    }

    /// Files by name, each one JSON document; nil when there is nobody of that id. What others can use (password, seeds, keys) is not in it.
    public func export(person id: Int64) async throws -> [(name: String, json: [UInt8])]? {
        guard let person = try people.person(id: id), person.state != .erased else { return nil }
        let sessions = try await sessions.list(person: id, all: true)
        let keys = try await reader.keys(limit: .max, madeBy: "person:\(id)").map(\.key)
        var events: [Event] = []
        while true {
            let page = try await reader.events(ofPerson: id, after: events.last?.sequence ?? 0)
            guard !page.isEmpty else { break }
            events += page
        }
        let left = try reader.recoveryCodesLeft(personID: id)
        return [
            ("person.json", PersonalJSON.of(person, recoveryCodesLeft: left)), ("sessions.json", .array(sessions.map(PersonalJSON.of))),
            ("keys.json", .array(keys.map(PersonalJSON.of))), ("events.json", .array(events.map(PersonalJSON.of))),
        ].map { ($0, $1.encoded(pretty: true)) }
    }

    /// What erasing the person would do; nothing is changed.
    public func plan(person id: Int64) async throws -> ErasurePlan? {
        guard let counts = try await reader.personalCounts(id: id) else { return nil }
        return ErasurePlan(
            person: id,
            goes: [
                .init(what: "mail address, name, notes, password and second step", count: 1),
                .init(what: "sessions with their devices", count: counts.sessions), .init(what: "recovery codes", count: counts.recoveryCodes),
            ],
            stays: [
                .init(what: "events that name the person by number", count: counts.events),
                .init(what: "keys that the person made, which belong to the shop", count: counts.keysMade),
            ], confirmation: confirmation(id, counts))
    }

    /// Erases for good. The row is emptied in one write, then the key is destroyed; what a crash leaves between, `finish` does.
    public func erase(
        person id: Int64, confirmation given: String, by principal: Principal, noting note: WriteNote<ErasureOutcome>? = nil
    ) async throws -> ErasureOutcome {
        guard let row = try reader.person(id: id), let counts = try await reader.personalCounts(id: id) else { return .unknown }
        guard principal.mayManage(row.role) else { return .beyondYou }
        guard try !reader.isLastOwner(id: id) else { return .lastOwner }
        guard SecretText.same(Array(given.utf8), Array(confirmation(id, counts).utf8)) else { return .stale }
        let erasure = try await writer.erasePerson(
            id: id, confirmed: counts, actor: principal.actor, at: now(), noting: note?.reading(ErasureOutcome.init))
        if case .erased(let ended) = erasure {
            standings.drop(person: id)
            standings.drop(sessions: ended)
            try await destroyKey(id)
        }
        return ErasureOutcome(erasure)
    }

    /// Destroys the keys of people who were erased before a crash, and erases again whom a restored backup brought back: their keys stay
    /// destroyed. Called at the start, before anybody is let in.
    public func finish() async throws {
        for id in try await reader.undestroyedPeople() { try await destroyKey(id) }
        var last: Int64 = 0
        while true {
            let page = try await reader.people(after: last)
            guard let end = page.last else { return }
            last = end.id
            for row in page where row.state != .erased {
                do { _ = try people.sealer.open(row) } catch SealingError.erased {
                    guard let counts = try await reader.personalCounts(id: row.id) else { continue }
                    _ = try await writer.erasePerson(id: row.id, confirmed: counts, mayBeLast: true, actor: "pushcart", at: now())
                    try await destroyKey(row.id)
                }
            }
        }
    }

    private func destroyKey(_ id: Int64) async throws {
        try vault.destroy(.person(id))
        try await writer.noteDestroyed(personID: id, at: now())
        // What stood in the log was sealed; it goes all the same, where nobody is reading.
        _ = try await writer.emptyLog()
    }

    private func confirmation(_ id: Int64, _ counts: PersonalCounts) -> String {
        let all = [id, counts.revision, counts.sessions, counts.recoveryCodes, counts.keysMade, counts.events]
        return Base64URL.encode(vault.index(all.map { "\($0)" }.joined(separator: " "), field: "person.erasure").prefix(18))
    }
}

extension ErasureOutcome {
    init(_ erasure: PersonErasure) {
        switch erasure {
        case .erased: self = .erased
        case .unknown: self = .unknown
        case .lastOwner: self = .lastOwner
        case .stale: self = .stale
        }
    }
}
