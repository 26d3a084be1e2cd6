import Foundation
import GRDB
import Sealing
import Testing

@Suite struct RotationTests {
    let place: TemporaryVault
    let old = TemporaryVault.node
    let new = TemporaryVault.otherNode

    init() throws { place = try TemporaryVault() }

    /// A vault with something sealed for Mara, closed again.
    private func sealed() throws -> [UInt8] {
        let vault = try place.open(old)
        defer { try? vault.close() }
        return try vault.seal(secret, for: .mara, field: "person.email")
    }

    private func isRefused(_ key: NodeKey, previous: [NodeKey] = []) throws {
        let error = #expect(throws: SealingError.self) { try place.open(key, previous: previous) }
        guard case .wrongNodeKey = error else {
            Issue.record("told \(String(describing: error))")
            return
        }
    }

    @Test func `after a rotation everything opens, and only the new node key is good`() throws {
        let before = try sealed()
        let vault = try place.open(old)
        try vault.destroy(.joe)
        let wrapped = try place.wrapped(.mara)
        try vault.rotate(to: new)
        #expect(try !place.hasTrace(of: wrapped))
        #expect(try vault.open(before, for: .mara, field: "person.email") == secret)
        let after = try vault.seal(secret, for: .person(9), field: "person.email")
        try vault.close()
        try isRefused(old)
        let again = try place.open(new)
        #expect(try again.open(before, for: .mara, field: "person.email") == secret)
        #expect(try again.open(after, for: .person(9), field: "person.email") == secret)
        #expect(throws: SealingError.erased(.joe)) { try again.seal(secret, for: .joe, field: "person.email") }
    }

    @Test func `rotating to the same node key changes nothing`() throws {
        let before = try sealed()
        let vault = try place.open(old)
        let wrapped = try place.wrapped(.mara)
        try vault.rotate(to: old)
        #expect(try place.wrapped(.mara) == wrapped)
        #expect(try vault.open(before, for: .mara, field: "person.email") == secret)
    }

    @Test func `a crash after the new key is stored and before the file is rewrapped is made good with the previous key`() throws {
        let before = try sealed()
        try isRefused(new)
        let vault = try place.open(new, previous: [TemporaryVault.key(3), old])
        #expect(try vault.open(before, for: .mara, field: "person.email") == secret)
        try vault.close()
        try isRefused(old)
        #expect(try place.open(new).open(before, for: .mara, field: "person.email") == secret)
    }

    @Test func `a crash after the file is rewrapped and before the new key is stored is made good with the new key as a previous one`() throws {
        let before = try sealed()
        let vault = try place.open(old)
        try vault.rotate(to: new)
        let copy = try place.snapshot()
        #expect(throws: SealingError.self) { try copy.open(old) }
        #expect(try copy.open(old, previous: [new]).open(before, for: .mara, field: "person.email") == secret)
    }

    @Test func `a rotation that breaks off halfway leaves the old node key in force`() throws {
        let before = try sealed()
        let vault = try place.open(old)
        _ = try vault.seal(secret, for: .joe, field: "person.email")
        try place.raw { db in
            try db.execute(
                sql: "CREATE TRIGGER broken BEFORE UPDATE ON subjects WHEN NEW.number = 8 BEGIN SELECT raise(ABORT, 'the disk is on fire'); END")
        }
        #expect(throws: SealingError.storage(path: place.path, cause: "the disk is on fire")) { try vault.rotate(to: new) }
        _ = try vault.seal(secret, for: .person(9), field: "person.email")
        try vault.close()
        try isRefused(new)
        #expect(try place.open(old).open(before, for: .mara, field: "person.email") == secret)
    }

    @Test func `a damaged key stops the rotation and is named, until its subject is destroyed`() throws {
        _ = try sealed()
        try place.raw { db in try db.execute(sql: "UPDATE subjects SET wrapped = zeroblob(60)") }
        let vault = try place.open(old)
        #expect(throws: SealingError.damaged("The key of person 7")) { try vault.rotate(to: new) }
        try vault.destroy(.mara)
        try vault.rotate(to: new)
        try vault.close()
        _ = try place.open(new)
    }

    @Test func `seals at the time of a rotation stay readable`() async throws {
        let vault = try place.open(old)
        let all = try await withThrowingTaskGroup(of: (Subject, [UInt8])?.self) { group in
            for number in Int64(0)..<100 {
                group.addTask { (.person(number), try vault.seal(secret, for: .person(number), field: "person.email")) }
            }
            group.addTask {
                try vault.rotate(to: new)
                return nil
            }
            return try await group.reduce(into: [(Subject, [UInt8])]()) { all, one in all += [one].compactMap { $0 } }
        }
        try vault.close()
        let again = try place.open(new)
        #expect(all.count == 100)
        for (subject, sealed) in all { #expect(try again.open(sealed, for: subject, field: "person.email") == secret) }
    }

    @Test func `one key wrapped by a node key that is missing is enough to refuse the file`() throws {
        let before = try sealed()
        try place.raw { db in try db.execute(sql: "UPDATE subjects SET node = x'0102030405060708'") }
        let error = #expect(throws: SealingError.self) { try place.open(old) }
        #expect(error?.description.contains("0102030405060708") == true)
        try isRefused(new, previous: [old])
        try place.raw { db in try db.execute(sql: "UPDATE subjects SET node = (SELECT node FROM vault)") }
        #expect(try place.open(old).open(before, for: .mara, field: "person.email") == secret)
    }

    @Test func `a wrong node key is told in a sentence and changes nothing`() throws {
        let before = try sealed()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: place.path))
        let keyFile = "\(place.directory)/node.key"
        let other = try NodeKey.load(path: keyFile, credentials: nil)
        let error = #expect(throws: SealingError.self) { try place.open(other, previous: [new]) }
        let sentence = error?.description ?? ""
        let ids = [old, other].map { "\($0)" }
        for part in ids + [place.path, keyFile, "systemd credential node-key"] { #expect(sentence.contains(part), "\(sentence)") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path)) == bytes)
        #expect(try place.open(old).open(before, for: .mara, field: "person.email") == secret)
    }

    @Test func `the file of a node key is replaced in steps that may each be the last`() throws {
        let path = "\(place.directory)/node.key"
        let before = try NodeKey.load(path: path, credentials: nil)
        #expect(try NodeKey.next(beside: path, isMade: false) == nil)
        let next = try #require(try NodeKey.next(beside: path, isMade: true))
        // Begun twice it is the same rotation.
        #expect(try NodeKey.next(beside: path, isMade: true)?.description == next.description)
        #expect(try NodeKey.load(path: path, credentials: nil).description == before.description)
        #expect(next.description != before.description)
        try NodeKey.adoptNext(beside: path)
        #expect(try NodeKey.load(path: path, credentials: nil).description == next.description)
        #expect(try NodeKey.next(beside: path, isMade: false) == nil)
        #expect(throws: SealingError.self) { try NodeKey.former(path: "\(path).gone") }
    }
}
