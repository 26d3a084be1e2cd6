/// Signs heads of the audit log with Ed25519; the key never comes here.
public struct AuditSigner: Sendable {
    /// 32 bytes.
    public let publicKey: [UInt8]
    let sign: @Sendable ([UInt8]) throws -> [UInt8]

    /// - Parameter sign: gives the 64 bytes of the signature.
    public init(publicKey: [UInt8], sign: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        self.publicKey = publicKey
        self.sign = sign
    }
}
