import Domain
import Foundation
import GRDB

/// How far a check of the audit log has come. It goes on from piece to piece, each on a snapshot of its own, so that a log of any length
/// is checked in the same memory and without holding up the write-ahead log.
struct AuditWalk: Sendable {
    private static let piece = 8192

    /// The last entry that was checked, with its hash, and the last line of the ledger.
    private(set) var sequence: Int64 = 0
    private(set) var hash = AuditHash.origin
    private var line: Int64 = 0
    private var tree = AuditTree()
    private(set) var heads = 0
    private(set) var otherKeys = 0
    private(set) var isOver = false

    /// What somebody noted of the log.
    let mark: AuditMark?
    /// The shop's public key of today.
    let key: [UInt8]?

    init(mark: AuditMark?, key: [UInt8]?) {
        self.mark = mark
        self.key = key
    }

    var verdict: AuditVerdict {
        .intact(
            entries: sequence, last: sequence == 0 ? nil : AuditMark(sequence: sequence, hash: hash), heads: heads, otherKeys: otherKeys)
    }

    /// Checks the next entries; what is wrong, or nil.
    mutating func go(_ db: Database) throws -> AuditFinding? {
        let rows = try Row.fetchCursor(
            db, sql: "\(AuditRows.select) WHERE sequence > ? ORDER BY sequence LIMIT ?",
            arguments: [sequence == 0 ? .min : sequence, Self.piece])
        var lines = try AuditLines(db, after: line)
        var signed = try AuditHeadCursor(db, after: sequence)
        let kept = try AuditNodes(db)
        var nodes: [AuditTree.Node] = []
        var count = 0
        while let row = try rows.next() {
            count += 1
            let found: Int64 = row[0]
            if found < sequence + 1 { return .inserted(found) }
            if found > sequence + 1 { return .removed(sequence + 1) }
            if lines.isMisplaced(before: found) { return .lineMisplaced(lines.nextID ?? 0) }
            var expected = AuditStep(row).hash(after: hash, at: found)
            let stored = try row.bytes(7)
            guard try lines.take(sequence: found, into: &expected), expected.finish() == stored else {
                return try AuditFault(db, after: hash, at: found).finding
            }
            (sequence, hash) = (found, stored)
            nodes.removeAll(keepingCapacity: true)
            tree.add(stored) { nodes.append($0) }
            for node in nodes { if let finding = try kept.check(node) { return finding } }
            if let mark, mark.sequence == found, mark.hash != stored { return .rewritten(mark) }
            if let head = try signed.take(found) {
                if let finding = check(head) { return finding }
            }
        }
        line = lines.last
        if count < Self.piece {
            isOver = true
            // What is left belongs to entries that are not there.
            if let head = signed.next?.head { return .cut(head.mark, last: sequence) }
            if let mark, mark.sequence > sequence { return .cut(mark, last: sequence) }
            if let id = lines.nextID { return .lineMisplaced(id) }
            if let finding = try kept.beyond(sequence) { return finding }
        }
        return nil
    }

    private mutating func check(_ signed: SignedAuditHead) -> AuditFinding? {
        let head = signed.head
        guard head.hash == hash, head.root == tree.root, signed.isSigned else { return .headChanged(head.sequence) }
        heads += 1
        if let key, key != signed.key { otherKeys += 1 }
        return nil
    }
}

/// The stored heads in order, beside the log.
struct AuditHeadCursor {
    private let rows: RowCursor
    private(set) var next: SignedAuditHead?

    init(_ db: Database, after sequence: Int64) throws {
        rows = try Row.fetchCursor(db, sql: "\(AuditHeadRows.select) WHERE sequence > ? ORDER BY sequence", arguments: [sequence])
        next = try rows.next().map(AuditHeadRows.head)
    }

    /// The head at that entry, if there is one.
    mutating func take(_ sequence: Int64) throws -> SignedAuditHead? {
        guard let head = next, head.head.sequence == sequence else { return nil }
        next = try rows.next().map(AuditHeadRows.head)
        return head
    }
}
