import CSecp256k1

/// A point on secp256k1 by its two coordinates.
public struct PublicKey: Hashable, Sendable {
    public let x: Bytes32
    public let y: Bytes32

    init(_ key: inout secp256k1_pubkey) {
        (x, y) = withUnsafeTemporaryAllocation(byteCount: 65, alignment: 1) { buffer in
            var length = 65
            let output = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            // Always 1 for an initialised key (secp256k1.h): 0x04, x, y.
            _ = secp256k1_ec_pubkey_serialize(Secp256k1.context, output, &length, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
            let bytes = UnsafeRawBufferPointer(buffer)
            return (Bytes32(loading: bytes, at: 1), Bytes32(loading: bytes, at: 33))
        }
    }

    /// The last 20 bytes of the hash of x ‖ y (Yellow Paper, appendix F).
    public var address: EVMAddress {
        EVMAddress(
            truncating: Keccak256.hash(count: 64) {
                $0.append(x)
                $0.append(y)
            })
    }
}
