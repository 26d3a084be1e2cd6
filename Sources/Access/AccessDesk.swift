public import Caching
public import Domain
public import Logging
public import Sealing
public import Storage

/// All that decides who may come in, wired together. It decides nothing itself.
public struct AccessDesk: Sendable {
    public let people: People
    public let passwords: PasswordDesk
    public let signIn: SignIn
    public let sessions: Sessions
    public let twoSteps: TwoSteps
    public let keys: APIKeys
    public let signingKeys: SigningKeys
    public let setupLinks: SetupLinks
    public let personalData: PersonalData
    public let retention: Retention
    public let admission: Admission
    /// The caches, for whoever watches the process.
    public let caches: [CacheMeter]

    /// - Parameters:
    ///   - issuer: the shop's public origin, named in every token.
    ///   - shopName: as an authenticator app shows it.
    public init(database: ShopDatabase, vault: Vault, issuer: String, shopName: String, log: Logger, now: @escaping WallClock) throws {
        passwords = PasswordDesk()
        let standings = Standings(reader: database.reader)
        people = People(database: database, vault: vault, passwords: passwords, standings: standings, now: now)
        signingKeys = SigningKeys(database: database, vault: vault, now: now)
        let tokens = AccessTokens(keys: signingKeys, issuer: issuer, standings: standings, now: now)
        sessions = Sessions(database: database, vault: vault, tokens: tokens, standings: standings, now: now)
        twoSteps = TwoSteps(database: database, vault: vault, issuer: shopName, now: now)
        signIn = SignIn(database: database, vault: vault, passwords: passwords, twoSteps: twoSteps, sessions: sessions, now: now)
        keys = APIKeys(database: database, vault: vault, log: log, now: now)
        caches = standings.caches + tokens.caches + keys.caches
        setupLinks = SetupLinks(people: people)
        personalData = PersonalData(people: people, sessions: sessions)
        retention = Retention(database: database, now: now)
        admission = Admission(tokens: tokens, keys: keys)
    }

    /// What must be done before anybody is let in: finishes what a crash left, and makes the first signing key.
    public func prepare() async throws {
        try await people.sealLegacy()
        try await personalData.finish()
        try await signingKeys.prepare()
    }
}
