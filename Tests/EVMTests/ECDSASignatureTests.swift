import BigInt
import EVM
import Testing

struct ECDSASignatureTests {
    /// The examples of EIP-2098.
    static let key = PrivateKey(hex: "0x1234567890123456789012345678901234567890123456789012345678901234")!
    static let r = "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
    static let s = "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
    static let order = BigUInt("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", radix: 16)!

    static func message(_ text: String) -> Bytes32 {
        Keccak256.hash(utf8: "\u{19}Ethereum Signed Message:\n\(text.utf8.count)\(text)")
    }

    static func bytes(_ r: BigUInt, _ s: BigUInt, _ tail: [UInt8]) -> [UInt8] {
        Bytes32(r)!.bytes + Bytes32(s)!.bytes + tail
    }

    @Test(
        "reads the compact examples of EIP-2098",
        arguments: [
            ("Hello World", r + s, r + s + "1b", false),
            (
                "It's a small(er) world",
                "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793",
                "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f5507931c",
                true
            ),
        ])
    func compact(text: String, compact: String, long: String, parity: Bool) throws {
        let signature = try ECDSASignature(parsing: try #require(Hex.decode(compact, prefix: .forbidden)))
        #expect(signature.parity == parity)
        #expect(Hex.encode(signature.serialized65, prefix: false) == long)
        #expect(try ECDSASignature(parsing: signature.serialized65) == signature)
        #expect(signature.recoverAddress(Self.message(text)) == Self.key.address)
        #expect(Self.key.sign(Self.message(text)) == signature)
    }

    @Test("v of 0 and 27, of 1 and 28 are the same")
    func recoveryBytes() throws {
        let rs = try #require(Hex.decode(Self.r + Self.s, prefix: .forbidden))
        #expect(try ECDSASignature(parsing: rs + [0]) == ECDSASignature(parsing: rs + [27]))
        #expect(try ECDSASignature(parsing: rs + [1]) == ECDSASignature(parsing: rs + [28]))
        #expect(try ECDSASignature(parsing: rs + [0]).v == 27)
        #expect(try ECDSASignature(parsing: rs + [1]).v == 28)
    }

    @Test("refuses every other v", arguments: (UInt8.min...UInt8.max).filter { ![0, 1, 27, 28].contains($0) })
    func strangeRecoveryByte(v: UInt8) throws {
        let rs = try #require(Hex.decode(Self.r + Self.s, prefix: .forbidden))
        #expect(throws: ECDSASignatureError.recoveryByte(v)) { try ECDSASignature(parsing: rs + [v]) }
    }

    @Test("refuses other lengths", arguments: [0, 1, 32, 63, 66, 96, 130])
    func lengths(length: Int) {
        #expect(throws: ECDSASignatureError.length(length)) { try ECDSASignature(parsing: [UInt8](repeating: 1, count: length)) }
    }

    @Test("refuses r and s of zero, of the order and above")
    func ranges() {
        let n = Self.order
        for wrong in [0, n, n + 1, BigUInt.maxUInt256] {
            #expect(throws: ECDSASignatureError.rOutOfRange) { try ECDSASignature(parsing: Self.bytes(wrong, 1, [27])) }
            #expect(throws: ECDSASignatureError.sOutOfRange) { try ECDSASignature(parsing: Self.bytes(1, wrong, [27])) }
        }
        #expect(throws: Never.self) { try ECDSASignature(parsing: Self.bytes(n - 1, 1, [27])) }
        #expect(throws: ECDSASignatureError.rOutOfRange) { try ECDSASignature(parsing: Self.bytes(0, 1, [])) }
        #expect(throws: ECDSASignatureError.sOutOfRange) { try ECDSASignature(parsing: Self.bytes(1, 0, [])) }
        #expect(throws: ECDSASignatureError.sOutOfRange) { try ECDSASignature(parsing: Self.bytes(1, BigUInt(1) << 255, [])) }
    }

    @Test("refuses the malleable twin of a signature, and allows half of the order exactly")
    func highS() throws {
        let s = try #require(BigUInt(Self.s, radix: 16))
        let r = try #require(BigUInt(Self.r, radix: 16))
        #expect(throws: ECDSASignatureError.highS) { try ECDSASignature(parsing: Self.bytes(r, Self.order - s, [28])) }
        #expect(throws: ECDSASignatureError.highS) { try ECDSASignature(parsing: Self.bytes(r, Self.order / 2 + 1, [27])) }
        #expect(throws: Never.self) { try ECDSASignature(parsing: Self.bytes(r, Self.order / 2, [27])) }
    }

    @Test("another digest, or the other parity, gives another address")
    func wrongDigest() throws {
        let digest = Self.message("Hello World")
        let signature = Self.key.sign(digest)
        let other = try #require(signature.recoverAddress(Self.message("Hello World!")))
        #expect(other != Self.key.address)
        let turned = try ECDSASignature(r: signature.r, s: signature.s, parity: !signature.parity)
        #expect(turned.recoverAddress(digest) != Self.key.address)
    }

    @Test("an r that is not on the curve recovers nothing")
    func notOnCurve() throws {
        // 5 is no x of secp256k1: 5^3 + 7 is not a square.
        let signature = try ECDSASignature(r: Bytes32(5), s: Bytes32(1), parity: false)
        #expect(signature.recover(.zero) == nil)
    }
}
