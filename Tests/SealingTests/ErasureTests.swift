import Foundation
import GRDB
import Sealing
import Testing

@Suite struct ErasureTests {
    let place: TemporaryVault
    let vault: Vault

    init() throws {
        place = try TemporaryVault()
        vault = try place.open()
    }

    @Test func `of an erased person nothing opens and nothing is sealed any more`() throws {
        let sealed = try vault.seal(secret, for: .mara, field: "person.email")
        let ofJoe = try vault.seal(secret, for: .joe, field: "person.email")
        try vault.destroy(.mara)
        func check(_ vault: Vault) throws {
            #expect(throws: SealingError.erased(.mara)) { try vault.open(sealed, for: .mara, field: "person.email") }
            #expect(throws: SealingError.erased(.mara)) { try vault.seal(secret, for: .mara, field: "person.email") }
            #expect(throws: SealingError.unknownKey(.person(9))) { try vault.open(sealed, for: .person(9), field: "person.email") }
            #expect(try vault.open(ofJoe, for: .joe, field: "person.email") == secret)
        }
        try check(vault)
        try vault.close()
        try check(place.open())
    }

    @Test func `erasing again, or somebody unknown, is fine and final`() throws {
        _ = try vault.seal(secret, for: .mara, field: "person.email")
        for _ in 0..<2 { try vault.destroy(.mara) }
        for _ in 0..<2 { try vault.destroy(.joe) }
        try vault.destroy([])
        for subject in [Subject.mara, .joe] {
            #expect(throws: SealingError.erased(subject)) { try vault.seal(secret, for: subject, field: "person.email") }
        }
    }

    @Test func `the destroyed key's bytes are in no file any more`() throws {
        _ = try vault.seal(secret, for: .mara, field: "person.email")
        let wrapped = try place.wrapped(.mara)
        #expect(wrapped.count == 60)
        #expect(try place.hasTrace(of: wrapped))
        try vault.destroy(.mara)
        #expect(try !place.hasTrace(of: wrapped))
        try vault.close()
        #expect(try !place.hasTrace(of: wrapped))
    }

    /// Many keys in no order split pages, and a rotation writes each once more: the destroyed ones are in none of the copies.
    @Test func `of many keys exactly the destroyed ones are gone`() throws {
        var numbers = (0..<600).map { Int64($0 * 7919 % 600) }
        for number in numbers { _ = try vault.seal([1], for: .person(number), field: "person.notes") }
        let before = try wrappedKeys()
        try vault.rotate(to: TemporaryVault.otherNode)
        let after = try wrappedKeys()
        #expect(before.count == 600 && after.count == 600)
        #expect(try place.traces(of: Array(before.values)).isEmpty)
        let destroyed = numbers.prefix(200)
        try vault.destroy(destroyed.map { .person($0) })
        numbers.removeFirst(200)
        #expect(try place.traces(of: destroyed.compactMap { after[$0] }).isEmpty)
        #expect(try place.traces(of: numbers.compactMap { after[$0] }).count == 400)
        for number in numbers { _ = try vault.seal([1], for: .person(number), field: "person.notes") }
        #expect(try place.raw { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") } == ["ok"])
    }

    @Test func `a start finishes an erasure that was cut off`() throws {
        _ = try vault.seal(secret, for: .mara, field: "person.email")
        let wrapped = try place.wrapped(.mara)
        try vault.close()
        try place.raw { db in
            try db.execute(sql: "PRAGMA secure_delete = OFF; UPDATE subjects SET node = NULL, wrapped = NULL; UPDATE vault SET unwiped = 1")
        }
        #expect(try place.hasTrace(of: wrapped))
        let again = try place.open()
        #expect(try !place.hasTrace(of: wrapped))
        #expect(throws: SealingError.erased(.mara)) { try again.seal(secret, for: .mara, field: "person.email") }
        #expect(try place.raw { db in try Int.fetchOne(db, sql: "SELECT unwiped FROM vault") } == 0)
    }

    @Test func `while somebody reads the file, the key is destroyed but its traces are told, and the next call removes them`() throws {
        try vault.close()
        let small = try place.openSmall()
        _ = try small.seal(secret, for: .mara, field: "person.email")
        let wrapped = try place.wrapped(.mara)
        try place.raw { reader in
            try reader.inTransaction(.deferred) {
                _ = try Int.fetchOne(reader, sql: "SELECT count(*) FROM subjects")
                let error = #expect(throws: SealingError.self) { try small.destroy(.mara) }
                guard case .notWiped = error else {
                    Issue.record("told \(String(describing: error))")
                    return .rollback
                }
                #expect(throws: SealingError.erased(.mara)) { try small.seal(secret, for: .mara, field: "person.email") }
                return .rollback
            }
        }
        try small.destroy(.mara)
        #expect(try !place.hasTrace(of: wrapped))
    }

    @Test func `while somebody writes the file, nothing is destroyed`() throws {
        try vault.close()
        let small = try place.openSmall()
        let sealed = try small.seal(secret, for: .mara, field: "person.email")
        try place.raw { writer in
            try writer.inTransaction(.immediate) {
                let error = #expect(throws: SealingError.self) { try small.destroy(.mara) }
                guard case .storage = error else {
                    Issue.record("told \(String(describing: error))")
                    return .rollback
                }
                return .rollback
            }
        }
        #expect(try small.open(sealed, for: .mara, field: "person.email") == secret)
    }

    @Test func `an erasure amid seals leaves no key in memory`() async throws {
        for number in Int64(0)..<20 {
            let subject = Subject.person(number)
            _ = try vault.seal(secret, for: subject, field: "person.email")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { [vault] in _ = try? vault.seal(secret, for: subject, field: "person.email") }
                }
                group.addTask { [vault] in try vault.destroy(subject) }
                try await group.waitForAll()
            }
            #expect(throws: SealingError.erased(subject)) { try vault.seal(secret, for: subject, field: "person.email") }
        }
    }

    @Test func `a tombstone cannot be taken away by hand`() throws {
        try vault.destroy(.mara)
        try vault.close()
        for sql in ["DELETE FROM subjects", "UPDATE subjects SET node = zeroblob(8), wrapped = zeroblob(60)"] {
            #expect(throws: DatabaseError.self) { try place.raw { db in try db.execute(sql: sql) } }
        }
    }

    private func wrappedKeys() throws -> [Int64: Data] {
        try place.raw { db in
            let rows = try Row.fetchAll(db, sql: "SELECT number, wrapped FROM subjects WHERE wrapped IS NOT NULL")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as Int64, $0[1] as Data) })
        }
    }
}
