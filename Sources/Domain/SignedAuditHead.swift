/// A head with the shop's signature under it.
public struct SignedAuditHead: Hashable, Sendable {
    public let head: AuditHead
    /// Ed25519 (RFC 8032) over the head's signed bytes, 64 bytes.
    public let signature: [UInt8]
    /// The public key, 32 bytes.
    public let key: [UInt8]

    public init(head: AuditHead, signature: [UInt8], key: [UInt8]) {
        self.head = head
        self.signature = signature
        self.key = key
    }
}
