import CSecp256k1

extension ECDSASignature {
    /// The key whose signature of `digest` this is (SEC 1, section 4.1.6). Every digest yields some key, so only comparing it with the
    /// expected one proves anything; `nil` when r is not on the curve or the key is the point at infinity.
    public func recover(_ digest: Bytes32) -> PublicKey? {
        var signature = secp256k1_ecdsa_recoverable_signature()
        let isParsed = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            var writer = ByteWriter(buffer)
            writer.append(r)
            writer.append(s)
            return secp256k1_ecdsa_recoverable_signature_parse_compact(
                Secp256k1.context, &signature, UnsafeRawBufferPointer(buffer).bound, parity ? 1 : 0)
        }
        guard isParsed == 1 else { return nil }
        var key = secp256k1_pubkey()
        guard digest.withUnsafeBytes({ secp256k1_ecdsa_recover(Secp256k1.context, &key, &signature, $0.bound) }) == 1 else { return nil }
        return PublicKey(&key)
    }

    /// The address of the key that ``recover(_:)`` finds: what the ecrecover precompile returns.
    public func recoverAddress(_ digest: Bytes32) -> EVMAddress? {
        recover(digest)?.address
    }
}
