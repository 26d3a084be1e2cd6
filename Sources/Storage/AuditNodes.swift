import Domain
import GRDB

/// The stored nodes of the audit log's tree beside those that a check computes from the entries. Only what is newer than the newest head
/// may be missing.
struct AuditNodes {
    private let db: Database
    private let statement: Statement
    /// How far the newest head reaches.
    private let covered: Int64

    init(_ db: Database) throws {
        self.db = db
        statement = try db.cachedStatement(sql: "SELECT hash FROM audit_nodes WHERE level = ? AND position = ?")
        covered = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM audit_heads") ?? 0
    }

    func check(_ node: AuditTree.Node) throws -> AuditFinding? {
        let last = (node.position + 1) << Int64(node.level)
        let row = try Row.fetchOne(statement, arguments: [node.level, node.position])
        let isRight = try row.map { try $0.bytes(0) == node.hash } ?? (last > covered)
        return isRight ? nil : .nodeChanged(level: Int64(node.level), position: node.position, last: last)
    }

    /// A node over entries that the log does not have.
    func beyond(_ end: Int64) throws -> AuditFinding? {
        // SQLite's shift by 64 and more gives 0, so that such levels have no place either.
        let row = try Row.fetchOne(
            db, sql: "SELECT level, position FROM audit_nodes WHERE position >= (? >> level) ORDER BY level, position LIMIT 1", arguments: [end])
        return row.map { .nodeChanged(level: $0[0], position: $0[1], last: end) }
    }
}
