/// A recoverable signature over secp256k1 whose r and s are within 1 ..< n and whose s is low (EIP-2), so that
/// a signature cannot be turned into a second one for the same digest.
public struct ECDSASignature: Hashable, Sendable {
    public let r: Bytes32
    public let s: Bytes32
    /// yParity: whether the y of the point behind r is odd. The recovery id 0 or 1.
    public let parity: Bool

    public init(r: Bytes32, s: Bytes32, parity: Bool) throws(ECDSASignatureError) {
        guard !r.isZero, r < Secp256k1.order else { throw .rOutOfRange }
        guard !s.isZero, s < Secp256k1.order else { throw .sOutOfRange }
        guard s <= Secp256k1.halfOrder else { throw .highS }
        (self.r, self.s, self.parity) = (r, s, parity)
    }

    /// 65 bytes r ‖ s ‖ v with v of 0, 1, 27 or 28; or the 64 bytes of EIP-2098, whose s carries the parity in its top bit.
    public init(parsing bytes: [UInt8]) throws(ECDSASignatureError) {
        guard bytes.count == 64 || bytes.count == 65 else { throw .length(bytes.count) }
        let (r, tail) = bytes.withUnsafeBytes { (Bytes32(loading: $0, at: 0), Bytes32(loading: $0, at: 32)) }
        guard bytes.count == 65 else {
            let s = Bytes32(tail.w0 & .max >> 1, tail.w1, tail.w2, tail.w3)
            try self.init(r: r, s: s, parity: tail.w0 >> 63 == 1)
            return
        }
        switch bytes[64] {
        case 0, 27: try self.init(r: r, s: tail, parity: false)
        case 1, 28: try self.init(r: r, s: tail, parity: true)
        default: throw .recoveryByte(bytes[64])
        }
    }

    /// 27 or 28, as the ecrecover precompile and Solidity take it.
    public var v: UInt8 { parity ? 28 : 27 }

    /// r ‖ s ‖ v with v of 27 or 28.
    public var serialized65: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(65)
        r.withUnsafeBytes { bytes.append(contentsOf: $0) }
        s.withUnsafeBytes { bytes.append(contentsOf: $0) }
        bytes.append(v)
        return bytes
    }
}
