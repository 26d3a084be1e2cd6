public import Domain
import Synchronization

/// Signs heads of the audit log at intervals and when a receipt wants one, and keeps the newest outside the database as well: who cuts
/// the end of the log off has to change that, too.
public final class AuditNotary: Sendable {
    /// Where the newest head is kept besides.
    public struct Notebook: Sendable {
        let read: @Sendable () throws -> SignedAuditHead?
        let write: @Sendable (SignedAuditHead) throws -> Void

        public init(read: @escaping @Sendable () throws -> SignedAuditHead?, write: @escaping @Sendable (SignedAuditHead) throws -> Void) {
            self.read = read
            self.write = write
        }

        /// Keeps nothing.
        public static let none = Notebook(read: { nil }, write: { _ in })
    }

    /// What was kept outside the database is no signed head.
    public struct Damaged: Error {
        public init() {}
    }

    /// At most one head in so long is made because somebody asks.
    public static let pause: Duration = .seconds(5)

    private let database: ShopDatabase
    private let signer: @Sendable () throws -> AuditSigner
    private let notebook: Notebook
    private let now: WallClock
    private let asked = Mutex<Timestamp?>(nil)

    public init(database: ShopDatabase, notebook: Notebook = .none, now: @escaping WallClock, signer: @escaping @Sendable () throws -> AuditSigner) {
        self.database = database
        self.signer = signer
        self.notebook = notebook
        self.now = now
    }

    /// What is wrong with the log by the head that was noted outside the database; nil when nothing is, and when none was noted.
    public func finding() async throws -> AuditFinding? {
        let noted: SignedAuditHead
        do {
            guard let read = try notebook.read() else { return nil }
            noted = read
        } catch is Damaged { return .noteDamaged }
        guard noted.isSigned else { return .noteDamaged }
        let mark = noted.head.mark
        let (isSame, last) = try await database.reader.auditSays(mark)
        switch isSame {
        case true?: return nil
        case false?: return .rewritten(mark)
        case nil: return mark.sequence > last ? .cut(mark, last: last) : .removed(mark.sequence)
        }
    }

    /// Signs where the log stands, as is done every ten minutes; nil when nothing has come since the newest head. Heads that were made in
    /// between because somebody asked go: this one says all that they said.
    public func signInTurn() async throws -> SignedAuditHead? {
        guard let head = try await sign() else { return nil }
        try await database.writer.forgetHeads(before: head.head, younger: .seconds(590))
        return head
    }

    /// A head that was noted and is not in the log any more stays noted: it is the only trace.
    private func sign() async throws -> SignedAuditHead? {
        let isWhole = try await finding() == nil
        guard let head = try await database.makeHead(at: now(), signer: signer()) else {
            // A head whose note was lost is noted again.
            if isWhole, try notebook.read() == nil, let newest = try await database.reader.auditHead() { try notebook.write(newest) }
            return nil
        }
        if isWhole { try notebook.write(head) }
        return head
    }

    /// What proves a sale; makes a head for it where none reaches it yet and none was made a moment ago.
    public func proof(paymentID: Int64) async throws -> SaleProof? {
        if let proof = try await database.reader.saleProof(paymentID: paymentID) { return proof }
        let moment = now()
        let mayMake = asked.withLock { asked in
            if let before = asked, before <= moment, moment < before + Self.pause { return false }
            asked = moment
            return true
        }
        guard mayMake, try await sign() != nil else { return nil }
        return try await database.reader.saleProof(paymentID: paymentID)
    }
}
