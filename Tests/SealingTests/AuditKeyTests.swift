import Crypto
import Foundation
import Testing

@testable import Sealing

@Suite struct AuditKeyTests {
    @Test func `what it signs is verified by its public half and by no other`() throws {
        let key = try TemporaryVault.node.auditSigningKey
        let signature = try key.sign([1, 2, 3])
        let verifier = try Curve25519.Signing.PublicKey(rawRepresentation: key.publicKey)
        #expect(key.publicKey.count == 32 && signature.count == 64)
        #expect(verifier.isValidSignature(signature, for: Data([1, 2, 3])))
        #expect(!verifier.isValidSignature(signature, for: Data([1, 2, 4])))
        let other = try Curve25519.Signing.PublicKey(rawRepresentation: TemporaryVault.otherNode.auditSigningKey.publicKey)
        #expect(!other.isValidSignature(signature, for: Data([1, 2, 3])))
    }

    /// HKDF-SHA-256 (RFC 5869) of 32 bytes 0x01, spelled with HMAC, so that the derivation never changes unseen.
    @Test func `it is the node's key, derived for this purpose alone`() throws {
        let extracted = HMAC<SHA256>.authenticationCode(for: [UInt8](repeating: 1, count: 32), using: SymmetricKey(data: Data()))
        let seed = HMAC<SHA256>.authenticationCode(
            for: Array("pushcart audit head signing 1".utf8) + [1], using: SymmetricKey(data: Data(extracted)))
        let expected = try Curve25519.Signing.PrivateKey(rawRepresentation: Data(seed))
        #expect(try TemporaryVault.node.auditSigningKey.publicKey == Array(expected.publicKey.rawRepresentation))
    }

    @Test func `it changes with the node's key`() throws {
        let place = try TemporaryVault()
        let vault = try place.open()
        #expect(try vault.auditSigningKey.publicKey == TemporaryVault.node.auditSigningKey.publicKey)
        try vault.rotate(to: TemporaryVault.otherNode)
        #expect(try vault.auditSigningKey.publicKey == TemporaryVault.otherNode.auditSigningKey.publicKey)
        try vault.close()
    }

    @Test func `it is never printed`() throws {
        let key = try TemporaryVault.node.auditSigningKey
        #expect("\(key)" == "audit key \(HexDigits.text(of: key.publicKey))")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("PrivateKey"))
    }
}
