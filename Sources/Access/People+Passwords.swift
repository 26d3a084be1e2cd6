public import Domain
public import Storage

/// What came of setting a password.
public enum PasswordOutcome: Hashable, Sendable {
    case done(Person)
    case unknown
    /// The old password is another.
    case wrong
    case refused(PasswordRefusal)
    case busy(seconds: Int)
    case beyondYou
}

extension People {
    /// The person's own change: it asks for the old password, and all other sessions end.
    /// - Parameter session: the one that asks and goes on.
    public func changePassword(
        id: Int64, old: String, new: String, session: Int64, address: String, noting note: WriteNote<PasswordOutcome>? = nil
    ) async throws -> PasswordOutcome {
        guard let row = try reader.person(id: id), row.state == .active else { return .unknown }
        if let refusal = PasswordRule.refusal(new, email: MailAddress(try sealer.open(row).email)) { return .refused(refusal) }
        switch await passwords.verify(old, row.password, address: address) {
        case .busy(let seconds): return .busy(seconds: seconds)
        case .differs: return .wrong
        case .matches: break
        }
        return try await store(id: id, new, judged: row.password, keeping: session, address: address, actor: "person:\(id)", noting: note)
    }

    /// Whether somebody who is signed in has shown their password again, for what a stolen session must not do.
    public func verify(id: Int64, password: String, address: String) async throws -> PasswordDesk.Verdict {
        guard let row = try reader.person(id: id), row.state == .active else { return .differs }
        return await passwords.verify(password, row.password, address: address)
    }

    /// Sets the password of somebody else; all their sessions end. A set-up link is better: then only they know it. One's own is changed
    /// with the old one, so here it is `wrong`.
    public func setPassword(
        id: Int64, _ new: String, by principal: Principal, address: String, noting note: WriteNote<PasswordOutcome>? = nil
    ) async throws -> PasswordOutcome {
        guard let row = try reader.person(id: id), row.state == .active else { return .unknown }
        guard principal.mayManage(row.role) else { return .beyondYou }
        if case .person(id, _) = principal.identity { return .wrong }
        if let refusal = PasswordRule.refusal(new, email: MailAddress(try sealer.open(row).email)) { return .refused(refusal) }
        return try await store(id: id, new, judged: nil, keeping: nil, address: address, actor: principal.actor, noting: note)
    }

    private func store(
        id: Int64, _ password: String, judged: String?, keeping session: Int64?, address: String, actor: String,
        noting note: WriteNote<PasswordOutcome>?
    ) async throws -> PasswordOutcome {
        let hash: String
        switch try await passwords.make(password, address: address) {
        case .busy(let seconds): return .busy(seconds: seconds)
        case .made(let made): hash = made
        }
        let write = try await writer.setPassword(
            personID: id, hash, judged: judged, keeping: session, actor: actor, at: now(),
            noting: note?.reading { [sealer] in PasswordOutcome(try sealer.outcome($0)) })
        return PasswordOutcome(try told(write))
    }
}

extension PasswordOutcome {
    init(_ outcome: PersonOutcome) {
        switch outcome {
        case .done(let person): self = .done(person)
        case .conflict: self = .wrong
        case .beyondYou: self = .beyondYou
        case .unknown, .emailTaken, .lastOwner: self = .unknown
        }
    }
}
