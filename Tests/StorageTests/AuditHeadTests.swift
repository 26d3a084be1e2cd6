import Crypto
import Domain
import GRDB
import Storage
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
