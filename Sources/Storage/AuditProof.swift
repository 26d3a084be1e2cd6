public import Domain
import Foundation
import GRDB

/// Proof that an entry is in the log that a head covers, of about twenty hashes for a million entries (RFC 9162, section 2.1.3).
public struct AuditProof: Hashable, Sendable {
    public let sequence: Int64
    /// The entry's hash, 32 bytes.
    public let hash: [UInt8]
    /// The neighbours from the leaf up, 32 bytes each.
    public let path: [[UInt8]]

    public init(sequence: Int64, hash: [UInt8], path: [[UInt8]]) {
        self.sequence = sequence
        self.hash = hash
        self.path = path
    }

    /// Whether it proves the entry for this head; needs nothing but the two.
    public func isValid(for head: AuditHead) -> Bool {
        guard (1...max(1, head.sequence)).contains(sequence) else { return false }
        var (here, last, root) = (sequence - 1, head.sequence - 1, AuditTree.leaf(hash))
        for neighbour in path {
            guard last > 0 else { return false }
            if here & 1 == 1 || here == last {
                root = AuditTree.node(neighbour, root)
                while here & 1 == 0, here != 0 {
                    here >>= 1
                    last >>= 1
                }
            } else {
                root = AuditTree.node(root, neighbour)
            }
            here >>= 1
            last >>= 1
        }
        return last == 0 && root == head.root
    }
}

extension Reader {
    /// The proof that an entry is in the log as of one of our heads; nil when the head does not reach that far.
    public func inclusionProof(sequence: Int64, in head: AuditHead) async throws -> AuditProof? {
        guard sequence > 0, sequence <= head.sequence else { return nil }
        return try await read { db in
            let rows = AuditTreeRows(db: db)
            let path = try rows.path(sequence - 1, in: 0..<head.sequence)
            return AuditProof(sequence: sequence, hash: try rows.hash(sequence), path: path)
        }
    }
}

/// The tree as it is stored: large subtrees as nodes, what is below them as entries.
struct AuditTreeRows {
    let db: Database

    /// The hash of an entry.
    func hash(_ sequence: Int64) throws -> [UInt8] {
        guard let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT hash FROM audit WHERE sequence = ?"), arguments: [sequence]) else {
            throw StorageError.corrupt("entry \(sequence) of the audit log is missing")
        }
        return try row.bytes(0)
    }

    func node(_ level: Int, _ position: Int64) throws -> [UInt8] {
        guard
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT hash FROM audit_nodes WHERE level = ? AND position = ?"), arguments: [level, position])
        else { throw StorageError.corrupt("a node of the audit log's tree is missing") }
        return try row.bytes(0)
    }

    /// The neighbours of a leaf in the tree over a range of leaves, from the leaf up.
    func path(_ leaf: Int64, in range: Range<Int64>) throws -> [[UInt8]] {
        guard range.count > 1 else { return [] }
        let middle = range.lowerBound + Self.split(Int64(range.count))
        return leaf < middle
            ? try path(leaf, in: range.lowerBound..<middle) + [root(middle..<range.upperBound)]
            : try path(leaf, in: middle..<range.upperBound) + [root(range.lowerBound..<middle)]
    }

    private func root(_ range: Range<Int64>) throws -> [UInt8] {
        let count = Int64(range.count)
        if count == 1 { return AuditTree.leaf(try hash(range.lowerBound + 1)) }
        if count & (count - 1) == 0, count >= 1 << Int64(AuditTree.storedLevel) {
            let level = count.trailingZeroBitCount
            return try node(level, range.lowerBound >> Int64(level))
        }
        let middle = range.lowerBound + Self.split(count)
        return AuditTree.node(try root(range.lowerBound..<middle), try root(middle..<range.upperBound))
    }

    /// The largest power of two below `count`.
    private static func split(_ count: Int64) -> Int64 { 1 << Int64(63 - (count - 1).leadingZeroBitCount) }
}
