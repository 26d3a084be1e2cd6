import Foundation
import GRDB
import Sealing
import Testing

@Suite struct VaultTests {
    let place: TemporaryVault
    let vault: Vault

    init() throws {
        place = try TemporaryVault()
        vault = try place.open()
    }

    @Test(arguments: [Subject.shop, .person(7), .person(0), .person(.min), .person(.max)], [0, 1, 4096, Vault.limit])
    func `what is sealed opens again`(_ subject: Subject, _ count: Int) throws {
        let plain = [UInt8](repeating: 0x5A, count: count)
        let sealed = try vault.seal(plain, for: subject, field: "person.notes")
        #expect(sealed.count == 1 + 12 + count + 16)
        #expect(sealed[0] == 1)
        #expect(try vault.open(sealed, for: subject, field: "person.notes") == plain)
    }

    @Test func `one byte more than 1 MiB is refused`() {
        #expect(throws: SealingError.tooLong(Vault.limit + 1)) {
            try vault.seal([UInt8](repeating: 0, count: Vault.limit + 1), for: .shop, field: "x")
        }
    }

    @Test func `the same sealed twice differs in all but the version`() throws {
        let first = try vault.seal(secret, for: .mara, field: "person.email")
        let second = try vault.seal(secret, for: .mara, field: "person.email")
        #expect(first[1..<13] != second[1..<13])
        #expect(first[13...] != second[13...])
    }

    @Test(arguments: [(Subject.joe, "person.email"), (.shop, "person.email"), (.mara, "person.name"), (.mara, ""), (.mara, "person.email ")])
    func `under another subject or field nothing opens`(_ subject: Subject, _ field: String) throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        _ = try vault.seal([1], for: subject, field: field)
        #expect(throws: SealingError.damaged("The field \(field) of \(subject)")) { try vault.open(sealed, for: subject, field: field) }
        #expect(try vault.open(sealed, for: .mara, field: "person.email") == secret)
    }

    @Test func `with any bit turned nothing opens`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        for index in sealed.indices {
            var tampered = sealed
            tampered[index] ^= UInt8(1) << UInt8(index % 8)
            #expect(throws: SealingError.damaged("The field person.email of person 7")) {
                try vault.open(tampered, for: .mara, field: "person.email")
            }
        }
    }

    @Test func `cut or lengthened nothing opens`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        for bytes in (0..<sealed.count).map({ Array(sealed.prefix($0)) }) + [sealed + [0]] {
            #expect(throws: SealingError.damaged("The field person.email of person 7")) {
                try vault.open(bytes, for: .mara, field: "person.email")
            }
        }
    }

    @Test func `opening for somebody of whom nothing is known makes no key`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        for _ in 0..<2 {
            #expect(throws: SealingError.unknownKey(.joe)) { try vault.open(sealed, for: .joe, field: "person.email") }
        }
        #expect(try place.raw { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM subjects") } == 1)
    }

    @Test func `a restart keeps everything`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        let ofShop = try vault.seal(secret, for: .shop, field: "upstream.credential")
        let index = vault.index("mara.meier@example.org", field: "person.email")
        try vault.close()
        let again = try place.open()
        #expect(try again.open(sealed, for: .mara, field: "person.email") == secret)
        #expect(try again.open(ofShop, for: .shop, field: "upstream.credential") == secret)
        #expect(again.index("mara.meier@example.org", field: "person.email") == index)
        #expect(try again.open(again.seal([9], for: .mara, field: "person.name"), for: .mara, field: "person.name") == [9])
    }

    @Test func `what was sealed survives a power cut`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        let copy = try place.snapshot()
        #expect(try copy.open().open(sealed, for: .mara, field: "person.email") == secret)
    }

    @Test func `neither plain text nor plain keys stand in a file`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        _ = vault.index("mara.meier@example.org", field: "person.email")
        #expect(try !place.hasTrace(of: Data(secret)))
        #expect(try !place.hasTrace(of: Data(sealed)))
        // The look itself works: the wrapped key is found.
        #expect(try place.hasTrace(of: place.wrapped(.mara)))
        try vault.close()
        #expect(try !place.hasTrace(of: Data(secret)))
        #expect(try !place.hasTrace(of: Data([UInt8](repeating: 1, count: 32))))
    }

    @Test func `a key in memory needs no file`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        _ = try vault.seal(secret, for: .mara, field: "person.name")
        try vault.close()
        #expect(try vault.open(sealed, for: .mara, field: "person.email") == secret)
        let error = #expect(throws: SealingError.self) { try vault.seal(secret, for: .joe, field: "person.email") }
        guard case .storage = error else {
            Issue.record("told \(String(describing: error))")
            return
        }
    }

    @Test func `many first seals of one person at once make one key`() async throws {
        let sealed = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<64 {
                group.addTask { [vault] in try vault.seal([UInt8(number)], for: .mara, field: "person.notes") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try vault.close()
        let again = try place.open()
        #expect(try Set(sealed.map { try again.open($0, for: .mara, field: "person.notes") }) == Set((0..<64).map { [UInt8($0)] }))
        #expect(try place.raw { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM subjects") } == 1)
    }

    @Test func `the keys of many people stay apart, also when memory holds few`() throws {
        try vault.close()
        let small = try place.openSmall()
        let sealed = try (0..<50).map { try small.seal([UInt8($0)], for: .person($0), field: "person.notes") }
        for number in (0..<50).reversed() {
            #expect(try small.open(sealed[number], for: .person(Int64(number)), field: "person.notes") == [UInt8(number)])
        }
    }

    @Test func `a key changed on the disk is told`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        _ = try vault.seal(secret, for: .joe, field: "person.email")
        try vault.close()
        try place.raw { db in
            try db.execute(sql: "UPDATE subjects SET wrapped = (SELECT wrapped FROM subjects WHERE number = 8) WHERE number = 7")
        }
        #expect(throws: SealingError.damaged("The key of person 7")) { try place.open().open(sealed, for: .mara, field: "person.email") }
    }
}
