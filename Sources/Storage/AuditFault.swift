import Domain
import Foundation
import GRDB

/// An entry as it stands, apart from its place: what a search for its right place tries.
struct AuditStep {
    let kind: String
    let subject: Int64
    let actor: String
    let origin: String
    let at: Int64
    let details: String

    init(_ row: Row) {
        kind = row[1]
        subject = row[2]
        actor = row[3]
        origin = row[4]
        at = row[5]
        details = row[6]
    }

    /// The entry's hash without its lines, were it in that place.
    func hash(after previous: [UInt8], at sequence: Int64) -> AuditHash {
        AuditHash(after: previous, sequence: sequence, kind: kind, subject: subject, actor: actor, origin: origin, at: at, details: details)
    }
}

/// What was done to the log where its chain breaks, as far as the entries around the place tell. Entries cannot be made to fit another
/// place without the hash showing it, so one that fits a place other than its own was moved.
struct AuditFault {
    private static let window = 64

    private struct Candidate {
        let sequence: Int64
        let step: AuditStep
        let stored: [UInt8]
    }

    let finding: AuditFinding

    /// - Parameters:
    ///   - previous: the hash of the last entry that is right.
    ///   - sequence: the entry whose hash is wrong.
    init(_ db: Database, after previous: [UInt8], at sequence: Int64) throws {
        let candidates = try Row.fetchAll(
            db, sql: "\(AuditRows.select) WHERE sequence >= ? ORDER BY sequence LIMIT ?", arguments: [sequence, Self.window]
        ).map { Candidate(sequence: $0[0], step: AuditStep($0), stored: try $0.bytes(7)) }
        /// Whether a candidate fits right after `previous` as entry `place`, with the lines that name it now or those of that place.
        func fits(_ candidate: Candidate, after previous: [UInt8], as place: Int64) throws -> Bool {
            for owner in Set([candidate.sequence, place]) {
                var hash = candidate.step.hash(after: previous, at: place)
                if let first = try Int64.fetchOne(db, sql: "SELECT min(id) FROM entries WHERE sequence = ?", arguments: [owner]) {
                    var lines = try AuditLines(db, after: first - 1)
                    guard try lines.take(sequence: owner, into: &hash) else { continue }
                }
                if hash.finish() == candidate.stored { return true }
            }
            return false
        }
        for (index, candidate) in candidates.enumerated().dropFirst() where try fits(candidate, after: previous, as: sequence) {
            // The entry of this place stands further down. What follows it says whether others were put before it or changed places with it.
            let follower = index + 1 < candidates.count ? candidates[index + 1] : candidates[0]
            let follows = try fits(follower, after: candidate.stored, as: sequence + 1)
            finding = (index + 1 < candidates.count) == follows ? .inserted(sequence) : .reordered(sequence)
            return
        }
        if candidates.count > 1 {
            for gap in 1...Int64(Self.window) where try fits(candidates[1], after: candidates[0].stored, as: sequence + 1 + gap) {
                finding = .removed(sequence)
                return
            }
        }
        finding = .changed(sequence)
    }
}
