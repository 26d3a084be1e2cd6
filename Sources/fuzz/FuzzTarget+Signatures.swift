import BigInt
import EVM

extension FuzzTarget {
    static let signatures = [
        FuzzTarget(name: "signature") { random in
            guard let key = PrivateKey(random.word32()) else { return }
            let digest = random.word32()
            let signature = key.sign(digest)
            try expect(signature.recoverAddress(digest) == key.address, "a signature of \(key.address.hex) recovers somebody else")
            let whole = signature.serialized65
            let spellings = [whole, Array(whole.dropLast()) + [signature.parity ? 1 : 0], compact(signature)]
            for spelling in spellings { try expect(try ECDSASignature(parsing: spelling) == signature, "\(Hex.encode(spelling)) is another") }
            let changed = random.mutated(random.pick(spellings))
            // A second signature of the same digest by the same key, made without the key, would be a second payment.
            guard let read = try? ECDSASignature(parsing: changed), read != signature else { return }  // refused is right
            try expect(read.recoverAddress(digest) != key.address, "\(Hex.encode(changed)) is a second signature of \(digest.hex)")
        },
        FuzzTarget(name: "malleable") { random in
            guard let key = PrivateKey(random.word32()) else { return }
            let digest = random.word32()
            let signature = key.sign(digest)
            guard let high = Bytes32(order - BigUInt(signature.s)) else { return }
            let forged = signature.r.bytes + high.bytes + [signature.parity ? 27 : 28]
            guard (try? ECDSASignature(parsing: forged)) != nil else { return }  // refused is right
            throw FuzzFinding("the high s of \(Hex.encode(forged)) was taken")
        },
        FuzzTarget(name: "signature-bytes") { random in
            let bytes = random.bytes(random.chance(8) ? random.below(80) : 64 + random.below(2))
            let digest = random.word32()
            guard let read = try? ECDSASignature(parsing: bytes) else { return }  // refused is right
            try expect(!read.r.isZero && !read.s.isZero && BigUInt(read.s) * 2 <= order, "\(Hex.encode(bytes)) was taken")
            guard let key = read.recover(digest) else { return }
            try expect(read.recoverAddress(digest) == key.address, "two recoveries of \(Hex.encode(bytes)) differ")
        },
    ]

    /// n of secp256k1 (SEC 2, section 2.4.1).
    private static let order = BigUInt("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", radix: 16) ?? 0

    /// 64 bytes (EIP-2098).
    private static func compact(_ signature: ECDSASignature) -> [UInt8] {
        var bytes = signature.r.bytes + signature.s.bytes
        if signature.parity { bytes[32] |= 0x80 }
        return bytes
    }
}
