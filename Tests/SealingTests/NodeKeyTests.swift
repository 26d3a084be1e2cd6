import Crypto
import Foundation
import Testing

@testable import Sealing

@Suite struct NodeKeyTests {
    let place: TemporaryVault
    var path: String { "\(place.directory)/node.key" }
    var credential: String { "\(place.directory)/node-key" }
    let hex = String(repeating: "0fA9", count: 16)
    let bytes = [UInt8]((0..<16).flatMap { _ in [0x0F, 0xA9] as [UInt8] })

    init() throws { place = try TemporaryVault() }

    private func write(_ content: some Sequence<UInt8>, _ path: String, mode: Int = 0o600) throws {
        try Data(content).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func load(_ credentials: String? = nil) throws -> NodeKey { try NodeKey.load(path: path, credentials: credentials) }

    @Test(arguments: [0, 31, 33, 64])
    func `a key of any length but 32 is refused`(_ count: Int) {
        #expect(throws: SealingError.keyLength(count)) { try NodeKey(bytes: [UInt8](repeating: 1, count: count)) }
    }

    @Test func `a first run makes a file that only its owner reads, and the next finds it`() throws {
        let made = try load()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try load().key == made.key)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory) == ["node.key"])
        #expect(made.key.withUnsafeBytes { HexDigits.text(of: $0) } == text.dropLast())
        try FileManager.default.removeItem(atPath: path)
        #expect(try load().key != made.key)
    }

    @Test(arguments: ["", "\n"]) func `a file of 64 digits is read, with or without its newline`(_ end: String) throws {
        try write((hex + end).utf8, path)
        #expect(try load().key == NodeKey(bytes: bytes).key)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])
    func `a file that others may use is refused with a sentence`(_ mode: Int) throws {
        try write(hex.utf8, path, mode: mode)
        let error = #expect(throws: SealingError.exposed(path: path)) { try load() }
        #expect(error?.description.contains("chmod 600") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == hex)
    }

    @Test(arguments: ["", "\n", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65), String(repeating: "g", count: 64)])
    func `a file that holds no key is refused and never replaced`(_ text: String) throws {
        try write(text.utf8, path)
        #expect(throws: SealingError.noKey(in: "the file \(path)")) { try load() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func `32 raw bytes are a key in a credential only`() throws {
        try write(bytes, path)
        #expect(throws: SealingError.noKey(in: "the file \(path)")) { try load() }
        try write(bytes, credential)
        #expect(try load(place.directory).key == NodeKey(bytes: bytes).key)
    }

    @Test func `a credential goes before the file, whatever its mode, and no file is made`() throws {
        // systemd's ACL shows as permission of the group.
        try write((hex + "\n").utf8, credential, mode: 0o440)
        #expect(try load(place.directory).key == NodeKey(bytes: bytes).key)
        #expect(!FileManager.default.fileExists(atPath: path))
        try write(String(repeating: "0", count: 64).utf8, path)
        #expect(try load(place.directory).key == NodeKey(bytes: bytes).key)
    }

    @Test func `without a credential of that name the file is used`() throws {
        #expect(try load("\(place.directory)/none").key == load(nil).key)
    }

    @Test func `a credential that holds no key is an error, not a reason to use the file`() throws {
        try write(hex.utf8, path)
        try write("secret".utf8, credential)
        #expect(throws: SealingError.noKey(in: "the credential \(credential)")) { try load(place.directory) }
    }

    @Test func `what is not a file is refused`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: SealingError.unreadable("the file \(path)", cause: "It is not a file")) { try load() }
    }

    @Test func `a file where none can be made is an error that says why`() throws {
        #expect(throws: SealingError.unreadable("the file /nowhere/node.key", cause: "No such file or directory")) {
            try NodeKey.load(path: "/nowhere/node.key", credentials: nil)
        }
        try write([], path)
        #expect(throws: SealingError.unreadable("the file \(path)/node.key", cause: "Not a directory")) {
            try NodeKey.load(path: "\(path)/node.key", credentials: nil)
        }
    }

    @Test func `many first loads at once give one key`() async throws {
        let path = path
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<32 {
                group.addTask { "\(try NodeKey.load(path: path, credentials: nil))" }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(keys.count == 32)
        #expect(Set(keys).count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory) == ["node.key"])
    }

    @Test func `a file that is there is never replaced`() throws {
        try write(hex.utf8, path)
        try NodeKeyFile.create(Array("other".utf8), at: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == hex)
    }

    @Test func `a key prints its id and nothing else`() throws {
        let key = try NodeKey(bytes: bytes)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains("node key \(HexDigits.text(of: key.id))"))
            #expect(!text.lowercased().contains("0fa9"))
            #expect(!text.contains("169"))
        }
    }
}
