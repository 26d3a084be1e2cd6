public import Domain
public import Storage

/// Links that let somebody set a password without having one: the first owner, or a person who forgot theirs. Good once, for half an hour.
public struct SetupLinks: Sendable {
    public static let lifetime: Duration = .seconds(30 * 60)

    private let reader: Reader
    private let writer: Writer
    private let people: People
    private let passwords: PasswordDesk
    private let standings: Standings
    private let random: Randomness
    private let now: WallClock

    public init(people: People, random: @escaping Randomness = systemRandomness) {
        self.people = people
        self.random = random
        (reader, writer, passwords, standings, now) = (people.reader, people.writer, people.passwords, people.standings, people.now)
    }

    /// A link for the owner to come, of a shop that has none; links made before are void.
    public func make(actor: String, noting note: WriteNote<SetupLinkOutcome>? = nil) async throws -> SetupLinkOutcome {
        try await make(person: nil, actor: actor, noting: note)
    }

    /// A link that lets a person set a new password; links made for them before are void.
    public func make(person: Int64, by principal: Principal, noting note: WriteNote<SetupLinkOutcome>? = nil) async throws -> SetupLinkOutcome {
        guard let row = try reader.person(id: person), row.state == .active else { return .unknown }
        guard principal.mayManage(row.role) else { return .beyondYou }
        return try await make(person: person, actor: principal.actor, noting: note)
    }

    private func make(person: Int64?, actor: String, noting note: WriteNote<SetupLinkOutcome>?) async throws -> SetupLinkOutcome {
        let secret = SecretText(random)
        let expiresAt = now() + Self.lifetime
        let outcome: @Sendable (SetupLinkMaking) -> SetupLinkOutcome = { making in
            switch making {
            case .made: .made(token: secret.text, expiresAt: expiresAt)
            case .owned: .owned
            case .unknown: .unknown
            }
        }
        return outcome(
            try await writer.makeSetupLink(
                hash: secret.hash, personID: person, expiresAt: expiresAt, actor: actor, at: now(), noting: note?.reading(outcome)))
    }

    /// What a token is good for, to show the right form; nil when it is good for nothing.
    public func target(_ token: String) throws -> SetupLinkTarget? {
        try SecretText.hash(given: token).flatMap { try reader.setupLink(hash: $0, now: now()) }
    }

    /// Uses a link up and stores the password, in one write.
    /// - Parameters:
    ///   - email: of the first owner; not read for anybody else.
    ///   - name: of the first owner.
    public func redeem(
        _ token: String, email: MailAddress?, name: String = "", password: String, address: String
    ) async throws -> SetupLinkRedemption {
        // Nothing is hashed for a link that is good for nothing.
        guard let hash = SecretText.hash(given: token), let target = try reader.setupLink(hash: hash, now: now()) else { return .invalid }
        var owner: MailAddress?
        switch target {
        case .firstOwner:
            guard let email else { return .emailNeeded }
            owner = email
        case .person(let id): owner = try people.person(id: id).flatMap { MailAddress($0.email) }
        }
        if let refusal = PasswordRule.refusal(password, email: owner) { return .refused(refusal) }
        let made: String
        switch try await passwords.make(password, address: address) {
        case .busy(let seconds): return .busy(seconds: seconds)
        case .made(let hash): made = hash
        }
        let use: SetupLinkUse
        switch (target, owner) {
        case (.firstOwner, let owner?):
            use = try await writer.redeemOwnerLink(hash: hash, people.ownerDraft(email: owner, name: name, hash: made), at: now())
        default: use = try await writer.redeemPasswordLink(hash: hash, password: made, at: now())
        }
        switch use {
        case .done(let row, let ended):
            standings.drop(person: row.id)
            standings.drop(sessions: ended)
            return .done(try people.sealer.open(row))
        case .invalid: return .invalid
        }
    }
}

/// What came of asking for a link.
public enum SetupLinkOutcome: Hashable, Sendable, CustomReflectable {
    /// - Parameter token: what the link ends in; shown this once.
    case made(token: String, expiresAt: Timestamp)
    /// The shop has an owner, who can sign in.
    case owned
    case unknown
    case beyondYou

    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What came of using a link.
public enum SetupLinkRedemption: Hashable, Sendable {
    case done(Person)
    /// Unknown, used or too old.
    case invalid
    case emailNeeded
    case refused(PasswordRefusal)
    case busy(seconds: Int)
}
