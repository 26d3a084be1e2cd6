import CSecp256k1

/// A signing key. It never prints itself: not by description, not by reflection.
public struct PrivateKey: Sendable {
    private let scalar: Bytes32
    public let publicKey: PublicKey
    public let address: EVMAddress

    /// `nil` unless the number is within 1 ..< n.
    public init?(_ bytes: Bytes32) {
        var key = secp256k1_pubkey()
        guard bytes.withUnsafeBytes({ secp256k1_ec_pubkey_create(Secp256k1.context, &key, $0.bound) }) == 1 else { return nil }
        scalar = bytes
        publicKey = PublicKey(&key)
        address = publicKey.address
    }

    /// `nil` unless the string is 0x and 64 digits of a number within 1 ..< n.
    public init?(hex: String) {
        guard let bytes = Bytes32(hex: hex) else { return nil }
        self.init(bytes)
    }

    /// Signs with the nonce of RFC 6979, so the same digest always gives the same bytes, and with a low s.
    public func sign(_ digest: Bytes32) -> ECDSASignature {
        var signature = secp256k1_ecdsa_recoverable_signature()
        let isSigned = digest.withUnsafeBytes { digest in
            scalar.withUnsafeBytes { secp256k1_ecdsa_sign_recoverable(Secp256k1.context, &signature, digest.bound, $0.bound, nil, nil) }
        }
        precondition(isSigned == 1, "a checked key always signs")
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            var recoveryID: Int32 = 0
            let output = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            secp256k1_ecdsa_recoverable_signature_serialize_compact(Secp256k1.context, output, &recoveryID, &signature)
            let bytes = UnsafeRawBufferPointer(buffer)
            // Recovery ids 2 and 3 need an r above n, which has a probability of 2^-127: nobody will ever see one.
            guard recoveryID < 2,
                let signature = try? ECDSASignature(
                    r: Bytes32(loading: bytes, at: 0), s: Bytes32(loading: bytes, at: 32), parity: recoveryID == 1)
            else { preconditionFailure("secp256k1 gave a signature that Ethereum cannot hold") }
            return signature
        }
    }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "PrivateKey(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
