import BigInt
import EVM
import Testing

struct PrivateKeyTests {
    @Test("the key 1 has the generator as its public key")
    func generator() throws {
        let key = try #require(PrivateKey(Bytes32(1)))
        #expect(key.publicKey.x.hex == "0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
        #expect(key.publicKey.y.hex == "0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
        #expect(key.address.checksummed == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf")
    }

    @Test("zero, the order and more are no keys")
    func ranges() throws {
        let n = ECDSASignatureTests.order
        #expect(PrivateKey(.zero) == nil)
        #expect(PrivateKey(try #require(Bytes32(n))) == nil)
        #expect(PrivateKey(try #require(Bytes32(n + 1))) == nil)
        #expect(PrivateKey(try #require(Bytes32(n - 1))) != nil)
        #expect(PrivateKey(hex: "0x1234") == nil)
        #expect(PrivateKey(hex: "1234567890123456789012345678901234567890123456789012345678901234") == nil)
    }

    @Test("signs the same digest always the same, and recovers to its own address")
    func deterministic() {
        let key = ECDSASignatureTests.key
        for number in 0..<50 as Range<UInt64> {
            let digest = Keccak256.hash(Bytes32(number).bytes)
            let signature = key.sign(digest)
            #expect(signature == key.sign(digest))
            #expect(signature.recoverAddress(digest) == key.address)
            #expect(BigUInt(signature.s) <= ECDSASignatureTests.order / 2)
        }
    }

    @Test("never prints itself")
    func redacted() {
        let key = ECDSASignatureTests.key
        var dumped = ""
        dump(key, to: &dumped)
        dump([key], to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", "\(Optional(key) as Any)", dumped] {
            #expect(text.contains("redacted"))
            #expect(!text.contains("1234"))
            #expect(!text.contains(String(UInt64(0x1234_5678_9012_3456))))
        }
    }
}
