import Crypto
import Domain
import GRDB
import Storage
import Synchronization
import Testing

@Suite struct AuditHeadTests {
    typealias Shop = TemporaryShop

    static func signer(_ key: Curve25519.Signing.PrivateKey = .init()) -> AuditSigner {
        AuditSigner(publicKey: Array(key.publicKey.rawRepresentation)) { Array(try key.signature(for: $0)) }
    }

    /// The root as RFC 9162 (section 2.1.1) defines it, by its own recursion.
    private static func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        if leaves.count == 1, let leaf = leaves.first { return Array(SHA256.hash(data: [0] + leaf)) }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return Array(SHA256.hash(data: [1] + root(leaves[..<middle]) + root(leaves[middle...])))
    }

    private static func leaves(_ shop: Shop) async throws -> [[UInt8]] {
        try await shop.reader.audit(limit: 10_000).map(\.hash).reversed()
    }

    @Test func `a head signs the last entry and the root of the tree, and the next one goes on from there`() async throws {
        let shop = try Shop()
        let key = Curve25519.Signing.PrivateKey()
        #expect(try await shop.database.makeHead(at: Shop.now, signer: Self.signer(key)) == nil)
        var number = 0
        for count in [1, 2, 15, 16, 17, 31, 64, 100, 101] {
            while number < count {
                _ = try await shop.product("product-\(number)")
                number += 1
            }
            let made = try #require(await shop.database.makeHead(at: Shop.now, signer: Self.signer(key)))
            let leaves = try await Self.leaves(shop)
            #expect(made.head.sequence == Int64(count) && made.head.hash == leaves.last && made.head.root == Self.root(leaves[...]))
            #expect(key.publicKey.isValidSignature(made.signature, for: made.head.signedBytes))
            #expect(try await shop.reader.auditHead() == made)
            #expect(try await shop.database.makeHead(at: Shop.now, signer: Self.signer(key)) == nil)
        }
        guard case .intact(_, _, let heads, let others) = try await shop.reader.verifyAudit(key: Array(key.publicKey.rawRepresentation)) else {
            Issue.record("the log is broken")
            return
        }
        #expect(heads == 9 && others == 0)
        guard case .intact(_, _, _, 9) = try await shop.reader.verifyAudit(key: Shop.bytes(1, 32)) else {
            Issue.record("heads of another key are not counted")
            return
        }
    }

    @Test func `every entry is proved to be in every head, and none that is not`() async throws {
        let shop = try Shop()
        var heads: [AuditHead] = []
        for number in 1...70 {
            _ = try await shop.product("product-\(number)")
            if [1, 3, 16, 37, 70].contains(number) {
                heads.append(try #require(await shop.database.makeHead(at: Shop.now, signer: Self.signer())).head)
            }
        }
        for head in heads {
            for sequence in 1...head.sequence {
                let proof = try #require(await shop.reader.inclusionProof(sequence: sequence, in: head))
                #expect(proof.isValid(for: head))
                let other = AuditProof(sequence: sequence, hash: Shop.bytes(1, 32), path: proof.path)
                #expect(!other.isValid(for: head))
                let elsewhere = AuditProof(sequence: sequence % head.sequence + 1, hash: proof.hash, path: proof.path)
                #expect(head.sequence == 1 || !elsewhere.isValid(for: head))
                #expect(!AuditProof(sequence: sequence, hash: proof.hash, path: proof.path + [proof.hash]).isValid(for: head))
            }
            #expect(try await shop.reader.inclusionProof(sequence: head.sequence + 1, in: head) == nil)
            #expect(try await shop.reader.inclusionProof(sequence: 0, in: head) == nil)
        }
    }

    @Test(arguments: ["hash = randomblob(32)", "root = randomblob(32)", "at = at + 1", "signature = randomblob(64)", "key = randomblob(32)"])
    func `a changed head is found`(_ change: String) async throws {
        let shop = try await AuditLogTests.shop()
        _ = try await shop.database.makeHead(at: Shop.now, signer: Self.signer())
        _ = try await shop.product("other")
        try shop.tamper("UPDATE audit_heads SET \(change)")
        #expect(try await shop.reader.verifyAudit() == .broken(.headChanged(8)))
    }

    @Test func `a cut end is found by the heads beyond it`() async throws {
        let shop = try await AuditLogTests.shop()
        let head = try #require(await shop.database.makeHead(at: Shop.now, signer: Self.signer())).head
        try shop.tamper("DELETE FROM audit WHERE sequence > 5; DELETE FROM entries WHERE sequence > 5")
        #expect(try await shop.reader.verifyAudit() == .broken(.cut(head.mark, last: 5)))
    }

    /// Forty entries under a head, so that there are nodes of two levels.
    private static func grown() async throws -> Shop {
        let shop = try Shop()
        for number in 1...40 { _ = try await shop.product("product-\(number)") }
        _ = try await shop.database.makeHead(at: Shop.now, signer: signer())
        return shop
    }

    @Test(arguments: [
        ("UPDATE audit_nodes SET hash = randomblob(32) WHERE level = 4 AND position = 1", 4, 1, 32),
        ("UPDATE audit_nodes SET hash = randomblob(32) WHERE level = 5", 5, 0, 32),
        ("DELETE FROM audit_nodes WHERE level = 4 AND position = 0", 4, 0, 16),
        ("UPDATE audit_nodes SET position = 2 WHERE level = 4 AND position = 1", 4, 1, 32),
        ("INSERT INTO audit_nodes VALUES (4, 2, randomblob(32))", 4, 2, 40), ("INSERT INTO audit_nodes VALUES (70, 0, randomblob(32))", 70, 0, 40),
    ]) func `a node of the tree that was changed, removed or added is found`(_ change: (sql: String, level: Int64, position: Int64, last: Int64))
        async throws
    {
        let shop = try await Self.grown()
        #expect(try await shop.integer("SELECT count(*) FROM audit_nodes") == 3)
        guard case .intact = try await shop.reader.verifyAudit() else {
            Issue.record("the untouched log is broken")
            return
        }
        try shop.tamper(change.sql)
        let finding = AuditFinding.nodeChanged(level: change.level, position: change.position, last: change.last)
        #expect(try await shop.reader.verifyAudit() == .broken(finding))
    }

    @Test func `nodes that a cut-off signing left are no fault, and none is missed before the newest head`() async throws {
        let shop = try await Self.grown()
        try shop.tamper("DELETE FROM audit_heads; DELETE FROM audit_nodes WHERE level = 5")
        guard case .intact = try await shop.reader.verifyAudit() else {
            Issue.record("without a head, nodes are not needed")
            return
        }
    }

    // MARK: The noted head

    private static func notary(_ shop: Shop, _ noted: NotedHead, at moment: Timestamp = Shop.now) -> AuditNotary {
        let key = Curve25519.Signing.PrivateKey()
        return AuditNotary(database: shop.database, notebook: noted.notebook, now: { moment }) { signer(key) }
    }

    @Test func `a log that was cut with its heads is found by the head that was noted, which stays noted`() async throws {
        let (shop, noted) = (try await AuditLogTests.shop(), NotedHead())
        let notary = Self.notary(shop, noted)
        let head = try #require(await notary.signInTurn())
        #expect(noted.value == head)
        #expect(try await notary.finding() == nil)
        try shop.tamper(
            "DELETE FROM audit WHERE sequence > 5; DELETE FROM entries WHERE sequence > 5; DELETE FROM audit_heads; DELETE FROM audit_nodes")
        guard case .intact = try await shop.reader.verifyAudit() else {
            Issue.record("what is left is whole in itself")
            return
        }
        #expect(try await notary.finding() == .cut(head.head.mark, last: 5))
        for number in 1...9 { _ = try await shop.product("product-\(number)") }
        _ = try await notary.signInTurn()
        #expect(try await notary.finding() == .rewritten(head.head.mark) && noted.value == head)
    }

    @Test func `a noted head that is damaged, or whose signature is not right, is told`() async throws {
        let (shop, noted) = (try await AuditLogTests.shop(), NotedHead())
        let notary = Self.notary(shop, noted)
        let head = try #require(await notary.signInTurn())
        noted.value = SignedAuditHead(head: head.head, signature: Shop.bytes(1, 64), key: head.key)
        #expect(try await notary.finding() == .noteDamaged)
        noted.isDamaged = true
        #expect(try await notary.finding() == .noteDamaged)
        noted.isDamaged = false
        noted.value = nil
        #expect(try await notary.finding() == nil)
        _ = try await notary.signInTurn()
        #expect(noted.value == head)
    }

    @Test func `a proof makes a head at most every few seconds, and the next head in turn takes the place of those`() async throws {
        let (shop, noted) = (try Shop(), NotedHead())
        let product = try await shop.product("hello", repeatable: true)
        let key = Curve25519.Signing.PrivateKey()
        let clock = Mutex(Shop.now)
        let notary = AuditNotary(database: shop.database, notebook: noted.notebook, now: { clock.withLock { $0 } }) { Self.signer(key) }
        func proof(_ nonce: UInt8) async throws -> SaleProof? {
            let payment = try await shop.sold(Shop.claim(product, payer: nonce, nonce: nonce))
            return try await notary.proof(paymentID: payment.id)
        }
        let first = try #require(try await proof(1))
        #expect(first.isHashRight && first.isIncluded && first.head.isSigned && first.event.sequence == 2 && first.lines.count == 1)
        #expect(try await proof(2) == nil)
        clock.withLock { $0 = $0 + AuditNotary.pause }
        #expect(try await proof(3) != nil)
        #expect(try await notary.proof(paymentID: 2)?.isIncluded == true)
        #expect(try await notary.proof(paymentID: 99) == nil)
        #expect(try await shop.integer("SELECT count(*) FROM audit_heads") == 2)
        _ = try await shop.product("another")
        clock.withLock { $0 = $0 + .seconds(500) }
        _ = try await notary.signInTurn()
        #expect(try await shop.integer("SELECT count(*) FROM audit_heads") == 1)
        #expect(try await notary.proof(paymentID: 1)?.isIncluded == true)
    }

    @Test func `no head is made of a log in which an entry is missing`() async throws {
        let shop = try await AuditLogTests.shop()
        try shop.tamper("DELETE FROM audit WHERE sequence = 3")
        await #expect(throws: StorageError.self) { try await shop.database.makeHead(at: Shop.now, signer: Self.signer()) }
        #expect(try await shop.reader.auditHead() == nil)
    }

    @Test(arguments: ["", "8", "8:", "08:\(String(repeating: "ab", count: 32))", "0:\(String(repeating: "ab", count: 32))", "8:abcd", "8:x:y"])
    func `what is no mark is not taken for one`(_ text: String) {
        #expect(AuditMark(text) == nil)
    }

    @Test func `a mark reads what it writes`() {
        let mark = AuditMark(sequence: 8, hash: Shop.bytes(0xAB, 32))
        #expect(AuditMark(mark.description) == mark)
    }
}

/// Keeps the newest head in memory, as the daemon does in a file.
private final class NotedHead: Sendable {
    private let kept = Mutex<(head: SignedAuditHead?, isDamaged: Bool)>((nil, false))
    var value: SignedAuditHead? {
        get { kept.withLock { $0.head } }
        set { kept.withLock { $0.head = newValue } }
    }
    var isDamaged: Bool {
        get { kept.withLock { $0.isDamaged } }
        set { kept.withLock { $0.isDamaged = newValue } }
    }
    var notebook: AuditNotary.Notebook {
        AuditNotary.Notebook(
            read: { [self] in
                if isDamaged { throw AuditNotary.Damaged() }
                return value
            }, write: { [self] in value = $0 })
    }
}
