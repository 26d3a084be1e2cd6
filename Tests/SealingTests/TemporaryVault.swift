import Foundation
import GRDB

@testable import Sealing

/// A directory of its own for a file of keys, gone with this object.
final class TemporaryVault: Sendable {
    let directory: String

    var path: String { "\(directory)/subjects.sqlite" }
    static let node = key(1)
    static let otherNode = key(2)

    init() throws {
        directory = NSTemporaryDirectory() + "pushcart-sealing-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// A node key of 32 equal bytes.
    static func key(_ byte: UInt8) -> NodeKey {
        guard let key = try? NodeKey(bytes: [UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes are a node key") }
        return key
    }

    func open(_ node: NodeKey = node, previous: [NodeKey] = []) throws -> Vault { try Vault(path: path, node: node, previous: previous) }

    /// Opens with a small cache, so that keys come from the file, and without waiting for other connections.
    func openSmall(_ node: NodeKey = node) throws -> Vault { try Vault(path: path, node: node, previous: [], cachedKeys: 2, patience: 0.05) }

    /// Does something on the file past all of our own rules, as any other program would.
    func raw<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction(body)
    }

    func wrapped(_ subject: Subject) throws -> Data {
        let (kind, number) = subject.columns
        return try raw { db in
            try Data.fetchOne(db, sql: "SELECT wrapped FROM subjects WHERE kind = ? AND number = ?", arguments: [kind, number]) ?? Data()
        }
    }

    /// Which of these stand in some file of the directory, were it only eight bytes in a row of one.
    func traces(of secrets: [Data]) throws -> Set<Int> {
        var owners: [UInt64: Int] = [:]
        for (number, secret) in secrets.enumerated() { Self.runs(of: secret) { owners[$0] = number } }
        var found: Set<Int> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            Self.runs(of: try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))) { run in
                if let number = owners[run] { found.insert(number) }
            }
        }
        return found
    }

    func hasTrace(of secret: Data) throws -> Bool { try !traces(of: [secret]).isEmpty }

    private static func runs(of data: Data, _ body: (UInt64) -> Void) {
        var run: UInt64 = 0
        for (index, byte) in [UInt8](data).enumerated() {
            run = run << 8 | UInt64(byte)
            if index >= 7 { body(run) }
        }
    }

    /// The files as a power cut would leave them now, in another directory.
    func snapshot() throws -> TemporaryVault {
        let copy = try TemporaryVault()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: "\(directory)/\(name)", toPath: "\(copy.directory)/\(name)")
        }
        return copy
    }
}

extension Subject {
    static let mara = Subject.person(7)
    static let joe = Subject.person(8)
}

/// A value that nothing else in a file looks like.
let secret = Array("mara.meier@example.org lives at 10.1.2.3".utf8)
