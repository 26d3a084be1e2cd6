import Domain
import GRDB
import Storage
import Testing

@Suite struct PersonStoreTests {
    static func sealed(_ number: UInt8) -> SealedPerson {
        SealedPerson(emailIndex: TemporaryShop.bytes(number, 32), email: [number, 1], name: [number, 2], notes: [number, 3])
    }

    /// Somebody with a password.
    static func person(_ shop: TemporaryShop, _ number: UInt8, role: Role = .owner) async throws -> PersonRow {
        let created = try await shop.writer.createPerson(
            emailIndex: sealed(number).emailIndex, role: role, actor: "a", at: TemporaryShop.now
        ) { _ in sealed(number) }
        guard case .done(let row, _) = created else { throw TemporaryShop.Missing() }
        let ready = try await shop.writer.setPassword(
            personID: row.id, ShopSettingsTests.password, judged: nil, keeping: nil, actor: "a", at: TemporaryShop.now)
        guard case .done(let row, _) = ready else { throw TemporaryShop.Missing() }
        return row
    }

    static func session(_ shop: TemporaryShop, _ person: PersonRow, token: UInt8) async throws -> SessionRow {
        let start = try await shop.writer.startSession(
            SignInProof(personID: person.id, password: ShopSettingsTests.password, step: .none), device: [1],
            token: TemporaryShop.bytes(token, 32), expiresAt: TemporaryShop.now + .seconds(100), at: TemporaryShop.now)
        guard case .started(let row, _) = start else { throw TemporaryShop.Missing() }
        return row
    }

    private static func name(_ write: PersonWrite) -> String {
        switch write {
        case .done: "done"
        case .unknown: "unknown"
        case .emailTaken: "taken"
        case .lastOwner: "last"
        case .changed: "changed"
        }
    }

    @Test func `a change decided by what is no longer so is not made`() async throws {
        let shop = try TemporaryShop()
        _ = try await Self.person(shop, 1)
        let bob = try await Self.person(shop, 2, role: .support)
        let role = try await shop.writer.changeRole(personID: bob.id, from: .manager, to: .agent, actor: "a", at: TemporaryShop.now)
        #expect(Self.name(role) == "changed")
        let password = try await shop.writer.setPassword(
            personID: bob.id, "$argon2id$new", judged: "$argon2id$other", keeping: nil, actor: "a", at: TemporaryShop.now)
        #expect(Self.name(password) == "changed")
        #expect(try shop.reader.person(id: bob.id)?.password == ShopSettingsTests.password)
    }

    @Test func `the last owner is decided inside the write, however many ask at once`() async throws {
        let shop = try TemporaryShop()
        var owners: [PersonRow] = []
        for number in 1...6 { owners.append(try await Self.person(shop, UInt8(number))) }
        let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
            for owner in owners {
                group.addTask {
                    Self.name(
                        try await owner.id % 2 == 0
                            ? shop.writer.disablePerson(id: owner.id, actor: "a", at: TemporaryShop.now)
                            : shop.writer.changeRole(personID: owner.id, from: .owner, to: .support, actor: "a", at: TemporaryShop.now))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.sorted() == ["done", "done", "done", "done", "done", "last"])
        #expect(try shop.reader.hasOwner())
    }

    @Test func `a session begins only while what proved it still holds`() async throws {
        let shop = try TemporaryShop()
        let ana = try await Self.person(shop, 1)
        func start(
            _ password: String = ShopSettingsTests.password, _ step: SignInProof.SecondStep = .none, person: Int64? = nil
        ) async throws -> Bool {
            let start = try await shop.writer.startSession(
                SignInProof(personID: person ?? ana.id, password: password, step: step), device: [1],
                token: (0..<32).map { _ in UInt8.random(in: 0...255) }, expiresAt: TemporaryShop.now + .seconds(1), at: TemporaryShop.now)
            if case .started = start { return true }
            return false
        }
        #expect(try await start())
        #expect(try await !start("$argon2id$changed meanwhile"))
        #expect(try await !start(person: 99))
        #expect(try await !start(ShopSettingsTests.password, .code(step: 5)), "no second step any more")
        #expect(try await !start(ShopSettingsTests.password, .recovery(TemporaryShop.bytes(9, 32))))
        #expect(try await shop.writer.offerSeed(personID: ana.id, [7]))
        #expect(try await !shop.writer.takeSeed(personID: ana.id, [8], step: 4, codes: [], actor: "a", at: TemporaryShop.now))
        #expect(
            try await shop.writer.takeSeed(
                personID: ana.id, [7], step: 4, codes: [TemporaryShop.bytes(9, 32)], actor: "a", at: TemporaryShop.now))
        #expect(try await !start(), "a second step since")
        #expect(try await !start(ShopSettingsTests.password, .code(step: 4)))
        #expect(try await start(ShopSettingsTests.password, .code(step: 5)))
        #expect(try await !start(ShopSettingsTests.password, .code(step: 5)))
        #expect(try await start(ShopSettingsTests.password, .recovery(TemporaryShop.bytes(9, 32))))
        #expect(try await !start(ShopSettingsTests.password, .recovery(TemporaryShop.bytes(9, 32))))
    }

    @Test func `a note is kept with the change that it tells of, opened`() async throws {
        let shop = try TemporaryShop()
        let note = WriteNote<String>(
            principal: "local:0", key: "k", request: TemporaryShop.bytes(1, 32), at: TemporaryShop.now
        ) { $0 == "unknown" ? nil : Array($0.utf8) }
        let made = try await shop.writer.createPerson(
            emailIndex: TemporaryShop.bytes(1, 32), role: .support, actor: "a", at: TemporaryShop.now, noting: note.reading(Self.name)
        ) { _ in Self.sealed(1) }
        #expect(Self.name(made) == "done")
        #expect(try shop.reader.callNote(principal: "local:0", key: "k", now: TemporaryShop.now)?.answer == Array("done".utf8))
        struct Unreadable: Error {}
        await #expect(throws: Unreadable.self) {
            try await shop.writer.disablePerson(id: 1, actor: "a", at: TemporaryShop.now, noting: note.reading { _ in throw Unreadable() })
        }
        #expect(try shop.reader.person(id: 1)?.state == .active, "no change without its note")
    }

    @Test func `what a row says of a person must hold together`() async throws {
        let shop = try TemporaryShop()
        _ = try await Self.person(shop, 1)
        for sql in [
            "UPDATE people SET email = NULL", "UPDATE people SET email_index = x'01'", "UPDATE people SET state = 'erased'",
            "UPDATE people SET password = 'plain'", "UPDATE people SET role = 'king'", "UPDATE people SET email_plain = 'a@b'",
            "UPDATE people SET destroyed_at = 1",
        ] { await #expect(throws: DatabaseError.self, "\(sql)") { try await shop.execute(sql) } }
    }

    @Test func `events of a person are found, and those of things with the same number are not`() async throws {
        let shop = try TemporaryShop()
        let (ana, bob) = (try await Self.person(shop, 1), try await Self.person(shop, 2, role: .support))
        let session = try await Self.session(shop, ana, token: 1)
        _ = try await Self.session(shop, bob, token: 2)
        // A product whose number is that of Ana.
        _ = try await shop.product("hello")
        _ = try await shop.writer.endSession(id: session.id, personID: ana.id, .signedOut, actor: "local:0", at: TemporaryShop.now)
        #expect(
            try await shop.reader.events(ofPerson: ana.id).map(\.kind) == [.personCreated, .passwordChanged, .sessionStarted, .sessionEnded])
        let counts = try #require(await shop.reader.personalCounts(id: ana.id))
        #expect(counts.events == 4 && counts.sessions == 1)
        let plan = try await shop.writer.write { db in
            try Row.fetchAll(
                db,
                sql: """
                    EXPLAIN QUERY PLAN SELECT sequence FROM audit WHERE actor = 'person:1' AND actor GLOB 'person:*'
                    """
            ).map { $0[3] as String }
        }
        #expect(plan.contains { $0.contains("audit_by_people") })
    }

    @Test func `a damaged row is told as corrupt`() async throws {
        let shop = try TemporaryShop()
        _ = try await shop.writer.createKey(
            prefix: "AAAAAAAA", hash: TemporaryShop.bytes(1, 32), APIKeyTerms(name: "x", role: .agent), actor: "a", at: TemporaryShop.now)
        for sql in ["scopes = 'fly'", "products = 'x'", "addresses = '1.2.3'"] {
            try await shop.execute("UPDATE api_keys SET scopes = NULL, products = NULL, addresses = NULL")
            try await shop.execute("UPDATE api_keys SET \(sql)")
            #expect(throws: StorageError.self, "\(sql)") { try shop.reader.key(id: 1) }
        }
    }

    @Test func `a prefix is given once`() async throws {
        let shop = try TemporaryShop()
        let terms = APIKeyTerms(name: "x", role: .agent)
        let first = try await shop.writer.createKey(
            prefix: "AAAAAAAA", hash: TemporaryShop.bytes(1, 32), terms, actor: "a", at: TemporaryShop.now)
        let second = try await shop.writer.createKey(
            prefix: "AAAAAAAA", hash: TemporaryShop.bytes(2, 32), terms, actor: "a", at: TemporaryShop.now)
        #expect(first?.key.id == 1 && second == nil)
        #expect(try await shop.events() == [.keyCreated])
    }
}
