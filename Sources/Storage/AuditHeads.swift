public import Domain
import Foundation
import GRDB

extension Reader {
    /// The newest signed head; nil while there is none.
    public func auditHead() async throws -> SignedAuditHead? {
        try await read { db in try Row.fetchOne(db, sql: "\(AuditHeadRows.select) ORDER BY sequence DESC LIMIT 1").map(AuditHeadRows.head) }
    }
}

extension ShopDatabase {
    private static let chunk = 8192

    /// Signs where the audit log stands now; nil when nothing has come since the newest head, which then still tells all.
    ///
    /// Reads what is new in pieces and writes the tree's nodes in as many, so that no sale waits for it. Cut off, it is done again from
    /// the newest head.
    /// - Throws: `StorageError.corrupt` when an entry is missing.
    public func makeHead(at now: Timestamp, signer: AuditSigner) async throws -> SignedAuditHead? {
        let before = try await reader.auditHead()?.head.sequence ?? 0
        let target = try await reader.read { db in try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM audit") ?? 0 }
        guard target > before else { return nil }
        // From the last stored subtree: what is smaller is not kept.
        let start = before & ~((1 << Int64(AuditTree.storedLevel)) - 1)
        var tree = try await reader.read { db in try AuditTree(count: start, node: AuditTreeRows(db: db).node) }
        var last: [UInt8] = []
        while tree.count < target {
            let from = tree.count
            let hashes = try await reader.read { db in try AuditHeadRows.hashes(db, after: from, through: min(target, from + Int64(Self.chunk))) }
            var nodes: [AuditTree.Node] = []
            for hash in hashes { tree.add(hash) { nodes.append($0) } }
            last = hashes.last ?? last
            let complete = nodes
            try await writer.write { db in try AuditHeadRows.store(db, complete) }
        }
        let head = AuditHead(sequence: target, hash: last, root: tree.root, at: now)
        let signed = SignedAuditHead(head: head, signature: try signer.sign(head.signedBytes), key: signer.publicKey)
        try await writer.write { db in
            try db.execute(
                sql: "INSERT INTO audit_heads(sequence, hash, root, at, signature, key) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [head.sequence, blob(head.hash), blob(head.root), now.milliseconds, blob(signed.signature), blob(signed.key)])
        }
        return signed
    }
}

extension Writer {
    /// Deletes heads from the time just before a newer one.
    func forgetHeads(before head: AuditHead, younger age: Duration) async throws {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM audit_heads WHERE sequence < ? AND at > ?", arguments: [head.sequence, (head.at - age).milliseconds])
        }
    }
}

enum AuditHeadRows {
    static let select = "SELECT sequence, hash, root, at, signature, key FROM audit_heads"

    static func head(_ row: Row) throws -> SignedAuditHead {
        SignedAuditHead(
            head: AuditHead(sequence: row[0], hash: try row.bytes(1), root: try row.bytes(2), at: Timestamp(milliseconds: row[3])),
            signature: try row.bytes(4), key: try row.bytes(5))
    }

    static func hashes(_ db: Database, after start: Int64, through end: Int64) throws -> [[UInt8]] {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT sequence, hash FROM audit WHERE sequence > ? AND sequence <= ? ORDER BY sequence", arguments: [start, end])
        var hashes: [[UInt8]] = []
        hashes.reserveCapacity(Int(end - start))
        while let row = try rows.next() {
            let expected = start + Int64(hashes.count) + 1
            guard row[0] == expected else { throw StorageError.corrupt("entry \(expected) of the audit log is missing") }
            hashes.append(try row.bytes(1))
        }
        guard hashes.count == Int(end - start) else { throw StorageError.corrupt("the audit log ends before entry \(end)") }
        return hashes
    }

    static func store(_ db: Database, _ nodes: [AuditTree.Node]) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO audit_nodes(level, position, hash) VALUES (?, ?, ?)")
        for node in nodes { try statement.execute(arguments: [node.level, node.position, blob(node.hash)]) }
    }
}
