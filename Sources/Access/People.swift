public import Domain
public import Sealing
public import Storage

/// Who works in the shop. Mail addresses, names and notes are sealed with each person's own key.
public struct People: Sendable {
    let reader: Reader
    let writer: Writer
    let sealer: PersonSealer
    let passwords: PasswordDesk
    let standings: Standings
    let now: WallClock

    public init(database: ShopDatabase, vault: Vault, passwords: PasswordDesk, standings: Standings, now: @escaping WallClock) {
        reader = database.reader
        writer = database.writer
        sealer = PersonSealer(vault: vault)
        self.passwords = passwords
        self.standings = standings
        self.now = now
    }

    /// Nil when there is nobody of that id; somebody erased has no name any more.
    public func person(id: Int64) throws -> Person? { try reader.person(id: id).map(sealer.open) }

    public func person(email: MailAddress) throws -> Person? { try reader.person(emailIndex: sealer.index(email)).map(sealer.open) }

    /// People by ascending id, at most `limit`, above the id `after`.
    public func list(after: Int64 = 0, limit: Int = 100) async throws -> [Person] {
        try await reader.people(after: after, limit: limit).map(sealer.open)
    }

    /// Stores somebody without a password; a set-up link lets them set one.
    public func create(
        email: MailAddress, name: String, notes: String = "", role: Role, by principal: Principal, noting note: WriteNote<PersonOutcome>? = nil
    ) async throws -> PersonOutcome {
        guard principal.mayManage(role) else { return .beyondYou }
        let sealer = sealer
        let write = try await writer.createPerson(
            emailIndex: sealer.index(email), role: role, actor: principal.actor, at: now(), noting: note?.reading { try sealer.outcome($0) }
        ) { id in try sealer.sealNew(id: id, email: email, name: name, notes: notes) }
        return try told(write)
    }

    /// Changes what the edit names.
    /// - Parameter revision: the revision that the edit is of; another one is a `conflict`.
    public func edit(
        id: Int64, _ edit: PersonEdit, of revision: Int64? = nil, by principal: Principal, noting note: WriteNote<PersonOutcome>? = nil
    ) async throws -> PersonOutcome {
        guard let before = try reader.person(id: id), before.state != .erased else { return .unknown }
        guard principal.mayManage(before.role) else { return .beyondYou }
        var sealed = SealedPersonEdit()
        if let email = edit.email { sealed.email = (sealer.index(email), try sealer.seal(email.text, id, "person.email")) }
        sealed.name = try edit.name.map { try sealer.seal($0, id, "person.name") }
        sealed.notes = try edit.notes.map { try sealer.seal($0, id, "person.notes") }
        return try told(
            await writer.editPerson(
                id: id, sealed, of: revision, actor: principal.actor, at: now(), noting: note?.reading { [sealer] in try sealer.outcome($0) }))
    }

    /// Access tokens of the person are refused from then on; the next refresh gives one of the new role.
    public func changeRole(
        id: Int64, to role: Role, by principal: Principal, noting note: WriteNote<PersonOutcome>? = nil
    ) async throws -> PersonOutcome {
        guard let before = try reader.person(id: id) else { return .unknown }
        guard principal.mayManage(before.role), principal.mayManage(role) else { return .beyondYou }
        return try told(
            await writer.changeRole(
                personID: id, from: before.role, to: role, actor: principal.actor, at: now(),
                noting: note?.reading { [sealer] in try sealer.outcome($0) }))
    }

    /// Ends their sessions and lets nobody in any more as this person.
    public func disable(id: Int64, by principal: Principal, noting note: WriteNote<PersonOutcome>? = nil) async throws -> PersonOutcome {
        guard let before = try reader.person(id: id) else { return .unknown }
        guard principal.mayManage(before.role) else { return .beyondYou }
        return try told(
            await writer.disablePerson(id: id, actor: principal.actor, at: now(), noting: note?.reading { [sealer] in try sealer.outcome($0) }))
    }

    public func enable(id: Int64, by principal: Principal, noting note: WriteNote<PersonOutcome>? = nil) async throws -> PersonOutcome {
        guard let before = try reader.person(id: id) else { return .unknown }
        guard principal.mayManage(before.role) else { return .beyondYou }
        return try told(
            await writer.enablePerson(id: id, actor: principal.actor, at: now(), noting: note?.reading { [sealer] in try sealer.outcome($0) }))
    }

    /// What came of a write, for the caller; what was cached of the person is dropped.
    func told(_ write: PersonWrite) throws -> PersonOutcome {
        if case .done(let row, let ended) = write {
            standings.drop(person: row.id)
            standings.drop(sessions: ended)
        }
        return try sealer.outcome(write)
    }
}

extension PersonSealer {
    func outcome(_ write: PersonWrite) throws -> PersonOutcome {
        switch write {
        case .done(let row, _): .done(try open(row))
        case .unknown: .unknown
        case .emailTaken: .emailTaken
        case .lastOwner: .lastOwner
        case .changed: .conflict
        }
    }
}
