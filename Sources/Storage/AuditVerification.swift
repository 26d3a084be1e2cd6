public import Domain
import GRDB

extension Reader {
    /// Checks the whole audit log: each entry's place and hash with its lines of the ledger, and all signed heads. Reads all of it once,
    /// in the same memory for any length.
    /// - Parameters:
    ///   - mark: what was noted of the log outside the shop: the only way to notice that its end was cut off with its heads.
    ///   - key: the shop's public key of today, 32 bytes.
    ///   - progress: told after each piece how many entries have been checked.
    public func verifyAudit(
        mark: AuditMark? = nil, key: [UInt8]? = nil, progress: @Sendable (Int64) -> Void = { _ in }
    ) async throws -> AuditVerdict {
        var walk = AuditWalk(mark: mark, key: key)
        while !walk.isOver {
            try Task.checkCancellation()
            let before = walk
            let (after, finding) = try await read { db in
                var walk = before
                let finding = try walk.go(db)
                return (walk, finding)
            }
            if let finding { return .broken(finding) }
            walk = after
            progress(walk.sequence)
        }
        return walk.verdict
    }
}
