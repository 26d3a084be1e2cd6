import Crypto
import Foundation

/// The key with which a node signs heads of its audit log, Ed25519 (RFC 8032). Derived from the node's key for this purpose alone, so that
/// it needs no place of its own and changes with the node's key.
public struct AuditKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: Curve25519.Signing.PrivateKey

    init(_ node: NodeKey) throws(SealingError) {
        let seed = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: node.key, info: Data("pushcart audit head signing 1".utf8), outputByteCount: 32)
        do { key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed.withUnsafeBytes { Data($0) }) } catch {
            // Any 32 bytes are a seed.
            throw .keyLength(32)
        }
    }

    /// 32 bytes.
    public var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// 64 bytes.
    public func sign(_ bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes)) }

    /// The public half; the key itself is never printed.
    public var description: String { "audit key \(HexDigits.text(of: publicKey))" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension NodeKey {
    /// The key that signs heads of the audit log.
    public var auditSigningKey: AuditKey { get throws(SealingError) { try AuditKey(self) } }
}
