import Crypto
public import Domain
import Foundation
import GRDB

/// The entry of the audit log that a sale wrote, with all that its hash is made of, and the way from that hash to a signed head: what a
/// receipt needs to be checked without the shop.
public struct SaleProof: Hashable, Sendable {
    /// The hash of the entry before, 32 bytes.
    public let previous: [UInt8]
    public let event: Event
    /// The ledger's lines that were written with it, by ascending id; each at the entry's time.
    public let lines: [LedgerEntry]
    /// The entry's hash as stored, 32 bytes.
    public let hash: [UInt8]
    /// Neighbours from the leaf up (RFC 9162, section 2.1.3).
    public let path: [[UInt8]]
    public let head: SignedAuditHead

    public init(previous: [UInt8], event: Event, lines: [LedgerEntry], hash: [UInt8], path: [[UInt8]], head: SignedAuditHead) {
        self.previous = previous
        self.event = event
        self.lines = lines
        self.hash = hash
        self.path = path
        self.head = head
    }

    /// Whether the entry's hash is what its parts make.
    public var isHashRight: Bool {
        var expected = AuditHash(
            after: previous, sequence: event.sequence, kind: event.kind.rawValue, subject: event.subject, actor: event.actor,
            origin: event.origin, at: event.at.milliseconds, details: event.details.text)
        for line in lines {
            let movement = line.movement
            expected.add(
                entry: line.id, kind: movement.kind.rawValue, paymentID: movement.paymentID ?? 0, debit: AuditHash.bytes(of: movement.debit),
                credit: AuditHash.bytes(of: movement.credit), amount: movement.amount, at: line.at.milliseconds,
                reverses: movement.reverses ?? 0)
        }
        return expected.finish() == hash
    }

    /// Whether the entry is in the log that the head covers.
    public var isIncluded: Bool { AuditProof(sequence: event.sequence, hash: hash, path: path).isValid(for: head.head) }
}

extension SignedAuditHead {
    /// Whether the signature is that of the key beside it; whose key that is has to be known otherwise.
    public var isSigned: Bool {
        guard let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }  // no key has signed nothing
        return publicKey.isValidSignature(signature, for: head.signedBytes)
    }
}

extension Reader {
    /// What proves a paid payment's sale under the newest head; nil while no head reaches it, and for what was not paid.
    public func saleProof(paymentID: Int64) async throws -> SaleProof? {
        try await read { db in
            let found = try Int64.fetchOne(
                db, sql: "SELECT sequence FROM entries WHERE payment_id = ? AND kind = 'sale' ORDER BY id LIMIT 1", arguments: [paymentID])
            guard let sequence = found,
                let head = try Row.fetchOne(db, sql: "\(AuditHeadRows.select) ORDER BY sequence DESC LIMIT 1").map(AuditHeadRows.head),
                sequence <= head.head.sequence,
                let row = try Row.fetchOne(db, sql: "\(AuditRows.select) WHERE sequence = ?", arguments: [sequence]),
                let event = AuditRows.event(row)
            else { return nil }
            let accounts = try LedgerRows.accounts(db)
            // A sale's entry has lines of its payment only.
            let lines = try Row.fetchAll(
                db,
                sql: """
                    SELECT e.id, e.sequence, e.kind, e.payment_id, e.debit, e.credit, e.amount, e.at, e.reverses FROM entries e
                    WHERE e.payment_id = ? AND e.sequence = ? ORDER BY e.id
                    """, arguments: [paymentID, sequence]
            ).map { try LedgerRows.entry($0, accounts) }
            let tree = AuditTreeRows(db: db)
            return SaleProof(
                previous: sequence == 1 ? AuditHash.origin : try tree.hash(sequence - 1), event: event, lines: lines, hash: try row.bytes(7),
                path: try tree.path(sequence - 1, in: 0..<head.head.sequence), head: head)
        }
    }

    /// The public keys by which heads were ever signed, 32 bytes each, the newest first.
    public func auditKeys() async throws -> [[UInt8]] {
        try await read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT key FROM audit_heads GROUP BY key ORDER BY max(sequence) DESC LIMIT 64")
            return try rows.map { try $0.bytes(0) }
        }
    }

    /// How long the audit log is, and whether it still says what a mark noted; nil for a mark beyond its end.
    public func auditSays(_ mark: AuditMark) async throws -> (isSame: Bool?, last: Int64) {
        try await read { db in
            let last = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM audit") ?? 0
            let hash = try Row.fetchOne(db, sql: "SELECT hash FROM audit WHERE sequence = ?", arguments: [mark.sequence]).map { try $0.bytes(0) }
            return (hash.map { $0 == mark.hash }, last)
        }
    }
}
