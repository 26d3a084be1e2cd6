import Domain
public import Storage

extension People {
    /// Stores what the command `setup` was told; run again, it replaces that, also the owner: who owned the shop before under another
    /// address is disabled.
    /// - Returns: the owner, or why the password may not be used.
    public func setUp(
        email: MailAddress, password: String, settings: ShopSettings, network: ShopNetwork?, actor: String
    ) async throws -> PasswordOutcome {
        if let refusal = PasswordRule.refusal(password, email: email) { return .refused(refusal) }
        let hash: String
        switch try await passwords.make(password, address: "local") {
        case .busy(let seconds): return .busy(seconds: seconds)
        case .made(let made): hash = made
        }
        try await sealLegacy()
        let id = try await writer.setUp(
            owner: ownerDraft(email: email, name: "", hash: hash), settings: settings, network: network, actor: actor, at: now())
        guard let owner = try person(id: id) else { return .unknown }
        return .done(owner)
    }

    func ownerDraft(email: MailAddress, name: String, hash: String) -> OwnerDraft {
        OwnerDraft(emailIndex: sealer.index(email), password: hash) { [sealer] id in
            try sealer.sealNew(id: id, email: email, name: name, notes: "")
        }
    }

    /// Seals what stands open from the time before sealing, and empties the log of what stood there. Called at every start; does nothing
    /// when there is nothing to do. Returns how many people it sealed.
    @discardableResult
    public func sealLegacy() async throws -> Int {
        let rows = try await reader.plainPeople()
        for row in rows {
            guard let plain = row.plainEmail else { continue }
            // What is no mail address by today's rule is still kept as it was written.
            let email = MailAddress(plain) ?? MailAddress(unchecked: plain)
            try await writer.sealPerson(id: row.id, plain: plain, sealer.seal(id: row.id, email: email, name: "", notes: ""))
        }
        if !rows.isEmpty { _ = try await writer.emptyLog() }
        return rows.count
    }
}
