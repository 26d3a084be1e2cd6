import Crypto
import Foundation
import GRDB
import Synchronization

/// Seals secrets and personal data under keys of their subjects, and finds them again by blind indexes.
///
/// Each subject has one key of its own, wrapped by the node's key in `subjects.sqlite`. Destroying it makes unreadable whatever was
/// sealed for the subject, in every copy of the shop's database. Safe to use from any thread; a call that finds the key in memory does
/// not touch the disk, any other waits for it.
public final class Vault: Sendable {
    /// How many bytes are sealed at most: 1 MiB.
    public static let limit = 1 << 20

    private static let cachedKeys = 4096

    private let file: KeyFile
    private let node: Mutex<NodeKey>
    private let keys: Mutex<KeyCache>
    private let blindIndex: BlindIndex

    /// Opens the file at `path`, or makes it.
    /// - Parameters:
    ///   - node: what wraps all keys from now on.
    ///   - previous: what may have wrapped them until now, where a rotation was cut off between the file and the place where the node's
    ///     key is kept; keys wrapped by one of these are wrapped by `node` before this returns.
    /// - Throws: `SealingError.wrongNodeKey` when a key is wrapped by none of these; nothing is changed then.
    public convenience init(path: String, node: NodeKey, previous: [NodeKey] = []) throws(SealingError) {
        try self.init(path: path, node: node, previous: previous, cachedKeys: Self.cachedKeys, patience: 5)
    }

    init(path: String, node: NodeKey, previous: [NodeKey], cachedKeys: Int, patience: Double) throws(SealingError) {
        let file = try KeyFile(path: path, patience: patience)
        let indexKey = try file.run { db in
            let key = try file.commit(db) { rows in
                if try rows.isEmpty() {
                    let key = SymmetricKey(size: .bits256)
                    try rows.make(indexKey: WrappedKey(key, for: .index, by: node))
                    return key
                }
                let known = [node] + previous
                if let foreign = try rows.nodes().first(where: { id in !known.contains { $0.id == id } }) {
                    throw SealingError.wrongNodeKey(
                        path: path, needed: HexDigits.text(of: foreign), given: HexDigits.text(of: node.id), source: node.source)
                }
                try Self.rewrap(rows, from: known, to: node)
                guard let key = try rows.indexKey()?.key(for: .index, by: node) else { throw SealingError.damaged("The index key in \(path)") }
                return key
            }
            try file.wipe(db)
            return key
        }
        self.file = file
        self.node = Mutex(node)
        keys = Mutex(KeyCache(limit: cachedKeys))
        blindIndex = BlindIndex(key: indexKey)
    }

    /// Seals `plain`, with a fresh nonce each time: 29 bytes longer. Makes the subject's key when there is none; it is on the disk before
    /// this returns.
    /// - Parameter field: what the bytes are, as in `person.email`; they open only under the same name and for the same subject.
    /// - Throws: `SealingError.erased` when the subject's key was destroyed, `.tooLong`, or what the file's state is.
    public func seal(_ plain: [UInt8], for subject: Subject, field: String) throws(SealingError) -> [UInt8] {
        guard plain.count <= Self.limit else { throw .tooLong(plain.count) }
        return SealedField.seal(plain, try key(subject, isMade: true), subject, field)
    }

    /// - Throws: `SealingError.erased` when the subject's key was destroyed, `.unknownKey` when there never was one, `.damaged` when these
    ///   are not the bytes that were sealed for this subject and field.
    public func open(_ sealed: [UInt8], for subject: Subject, field: String) throws(SealingError) -> [UInt8] {
        try SealedField.open(sealed, try key(subject, isMade: false), subject, field)
    }

    /// 32 bytes that are the same for the same value of the same field, for as long as the file lives, and tell nothing to who has not
    /// got its keys. Equal is what is equal in UTF-8: the caller normalises. They stay computable when the subject is erased, so they go
    /// with the row that has them.
    public func index(_ value: String, field: String) -> [UInt8] { blindIndex.value(value, field: field) }

    /// Destroys the subject's key for good: nothing sealed for it opens again, nothing is sealed for it any more. Idempotent, also for a
    /// subject that never had a key. When this returns, the wrapped key is in no file.
    /// - Throws: `SealingError.notWiped` when the key is destroyed but its bytes may still be in the file; the next call removes them.
    public func destroy(_ subject: Subject) throws(SealingError) { try destroy([subject]) }

    /// Destroys the keys of all or none, at little more than the cost of one.
    public func destroy(_ subjects: [Subject]) throws(SealingError) {
        try file.run { db in
            try file.commit(db) { rows in
                var hadKeys = false
                for subject in subjects {
                    switch try rows.entry(subject) {
                    case .erased: continue
                    case .none: try rows.bury(subject)
                    case .live:
                        try rows.bury(subject)
                        hadKeys = true
                    }
                }
                if hadKeys { try rows.setUnwiped(true) }
            }
            keys.withLock { keys in subjects.forEach { keys.remove($0) } }
            try file.wipe(db)
        }
    }

    /// Wraps all keys by `node` instead, all or none; what was sealed stays as it is, and so do indexes. The wrapping of before is in no
    /// file when this returns.
    /// - Throws: `SealingError.notWiped` when `node` is in force but the wrapping of before may still be in the file; with any other error
    ///   the node key of before stays in force.
    public func rotate(to node: NodeKey) throws(SealingError) {
        try file.run { db in
            let before = self.node.withLock { $0 }
            try file.commit(db) { rows in try Self.rewrap(rows, from: [before], to: node) }
            self.node.withLock { $0 = node }
            try file.wipe(db)
        }
    }

    /// How many keys are in memory, and how often that helped, for whoever watches the process.
    public var memory: (keys: Int, hits: Int64, misses: Int64) { keys.withLock { ($0.count, $0.hits, $0.misses) } }

    /// The key that signs heads of the audit log, of the node's key in force.
    public var auditSigningKey: AuditKey { get throws(SealingError) { try node.withLock { $0 }.auditSigningKey } }

    /// Closes the file. Keys in memory go on working, all others fail.
    public func close() throws(SealingError) { try file.close() }

    /// From memory, else from the file; made when there is none and `isMade` says so.
    private func key(_ subject: Subject, isMade: Bool) throws(SealingError) -> SymmetricKey {
        if let key = keys.withLock({ $0.key(subject) }) { return key }
        return try file.run { db in
            let node = self.node.withLock { $0 }
            let key = try file.commit(db) { rows in
                switch try rows.entry(subject) {
                case .erased: throw SealingError.erased(subject)
                case .live(let wrapped):
                    guard let key = wrapped.key(for: .subject(subject), by: node) else { throw SealingError.damaged("The key of \(subject)") }
                    return key
                case .none:
                    guard isMade else { throw SealingError.unknownKey(subject) }
                    let key = SymmetricKey(size: .bits256)
                    try rows.put(WrappedKey(key, for: .subject(subject), by: node), subject)
                    return key
                }
            }
            // Only what is on the disk is used, and still on the connection, so that a destruction comes before or after.
            keys.withLock { $0.store(key, subject) }
            return key
        }
    }

    /// Does nothing where all are wrapped by `node` already.
    private static func rewrap(_ rows: KeyRows, from known: [NodeKey], to node: NodeKey) throws {
        guard try rows.nodes() != [node.id] else { return }
        func plain(_ wrapped: WrappedKey?, _ purpose: WrappedKey.Purpose, _ what: String) throws -> SymmetricKey {
            guard let wrapped, let key = (known + [node]).first(where: { $0.id == wrapped.node }).flatMap({ wrapped.key(for: purpose, by: $0) })
            else { throw SealingError.damaged(what) }
            return key
        }
        try rows.setIndexKey(WrappedKey(plain(rows.indexKey(), .index, "The index key"), for: .index, by: node))
        for (subject, wrapped) in try rows.live() {
            try rows.put(WrappedKey(plain(wrapped, .subject(subject), "The key of \(subject)"), for: .subject(subject), by: node), subject)
        }
        try rows.setUnwiped(true)
    }
}
