public import Domain
import JSON
public import Sealing
public import Storage

/// Sessions of people: begun at sign-in, carried on by refresh tokens, ended by anybody entitled.
///
/// Strict by design: a refresh token is good once. One that comes again ends its session, even when the client merely lost the answer, for
/// nobody can tell that from a theft; the person signs in again.
public struct Sessions: Sendable {
    /// From the last refresh.
    public static let lifetime: Duration = .seconds(30 * 24 * 3600)

    let reader: Reader
    let writer: Writer
    let vault: Vault
    let tokens: AccessTokens
    let standings: Standings
    let random: Randomness
    let now: WallClock

    public init(
        database: ShopDatabase, vault: Vault, tokens: AccessTokens, standings: Standings, random: @escaping Randomness = systemRandomness,
        now: @escaping WallClock
    ) {
        reader = database.reader
        writer = database.writer
        self.vault = vault
        self.tokens = tokens
        self.standings = standings
        self.random = random
        self.now = now
    }

    /// Nil when the proof does not hold any more.
    func start(_ proof: SignInProof, device: SessionDevice) async throws -> SignedIn? {
        let refresh = SecretText(random)
        let sealed = try vault.seal(
            JSONValue.object(["user_agent": .string(device.userAgent), "address": .string(device.address)]).encoded(),
            for: .person(proof.personID), field: "session.device")
        let start = try await writer.startSession(
            proof, device: sealed, token: refresh.hash, expiresAt: now() + Self.lifetime, at: now())
        guard case .started(let row, let role) = start else { return nil }
        return try await signedIn(row, role, refresh)
    }

    /// Takes a refresh token for new tokens.
    public func refresh(_ token: String) async throws -> RefreshOutcome {
        guard let hash = SecretText.hash(given: token) else { return .refused }
        let next = SecretText(random)
        switch try await writer.refreshSession(token: hash, next: next.hash, expiresAt: now() + Self.lifetime, at: now()) {
        case .refreshed(let row, let role):
            standings.drop(sessions: [row.id])
            return .refreshed(try await signedIn(row, role, next))
        case .refused: return .refused
        case .reused(let session):
            standings.drop(sessions: [session])
            return .reused
        }
    }

    /// The person's sessions, the newest first; those that are over only where `all` says so.
    public func list(person: Int64, all: Bool = false) async throws -> [Session] {
        try await reader.sessions(personID: person, all: all, now: now()).map(open)
    }

    /// Ends a session of the person; false when there is none that is not over, or the person is not theirs to manage.
    public func end(
        id: Int64, person: Int64, as ending: SessionEnding = .ended, by principal: Principal, noting note: WriteNote<Bool>? = nil
    ) async throws -> Bool {
        guard let standing = try await standings.person(person), principal.mayActFor(person, role: standing.role) else { return false }
        let isEnded = try await writer.endSession(id: id, personID: person, ending, actor: principal.actor, at: now(), noting: note)
        standings.drop(sessions: [id])
        return isEnded
    }

    /// Ends all sessions of the person, but for `kept`; returns how many. None of a person who is not theirs to manage.
    public func endAll(
        person: Int64, except kept: Int64? = nil, by principal: Principal, noting note: WriteNote<Int>? = nil
    ) async throws -> Int {
        guard let standing = try await standings.person(person), principal.mayActFor(person, role: standing.role) else { return 0 }
        let ended = try await writer.endSessions(
            personID: person, except: kept, actor: principal.actor, at: now(), noting: note?.reading { $0.count })
        standings.drop(sessions: ended)
        return ended.count
    }

    func open(_ row: SessionRow) throws -> Session {
        let device = try JSONValue(parsing: vault.open(row.device, for: .person(row.personID), field: "session.device"))
        return Session(
            id: row.id, personID: row.personID,
            device: SessionDevice(userAgent: device["user_agent"]?.string ?? "", address: device["address"]?.string ?? ""),
            createdAt: row.createdAt, seenAt: row.seenAt, expiresAt: row.expiresAt, endedAt: row.endedAt, ending: row.ending)
    }

    private func signedIn(_ row: SessionRow, _ role: Role, _ refresh: SecretText) async throws -> SignedIn {
        let (token, expiresAt) = try await tokens.issue(person: row.personID, session: row.id, role: role)
        return SignedIn(
            person: row.personID, session: row.id, role: role, accessToken: token, accessExpiresAt: expiresAt, refreshToken: refresh.text,
            refreshExpiresAt: row.expiresAt)
    }
}
