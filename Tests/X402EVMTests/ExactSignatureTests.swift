import BigInt
import EVM
import Testing
import X402EVM

@Suite struct ExactSignatureTests {
    static let signature = ExactFixtures.key.sign(ExactFixtures.authorization().digest(in: ExactFixtures.domain))
    static var rs: [UInt8] { Array(signature.serialized65.prefix(64)) }
    static let order = BigUInt("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", radix: 16)!

    static func judge(_ bytes: [UInt8]) -> ExactSignature { ExactSignature(of: ExactFixtures.payload(signature: bytes), in: ExactFixtures.domain) }

    @Test func `a key's signature recovers to the payer with v of 27 or 28 and of 0 or 1`() {
        #expect(Self.judge(Self.rs + [Self.signature.v]) == .recovers(Self.signature))
        #expect(Self.judge(Self.rs + [Self.signature.v - 27]) == .recovers(Self.signature))
    }

    @Test func `the 64 bytes of EIP-2098 are the same signature`() {
        var compact = Self.rs
        if Self.signature.parity { compact[32] |= 0x80 }
        #expect(Self.judge(compact) == .recovers(Self.signature))
        compact[32] ^= 0x80
        #expect(Self.judge(compact) == .needsContract)
    }

    @Test func `the other v recovers to somebody else`() {
        #expect(Self.judge(Self.rs + [Self.signature.parity ? 27 : 28]) == .needsContract)
    }

    @Test(arguments: [UInt8(2), 26, 29, 255]) func `a v that does not exist is no key's signature`(_ v: UInt8) {
        #expect(Self.judge(Self.rs + [v]) == .needsContract)
    }

    @Test func `the malleable twin with a high s is no key's signature`() throws {
        let s = Self.order - BigUInt(Self.signature.s)
        let twin = Self.signature.r.bytes + (try #require(Bytes32(s))).bytes + [Self.signature.parity ? 27 : 28]
        #expect(Self.judge(twin) == .needsContract)
    }

    @Test func `one bit changed anywhere proves nothing`() {
        for bit in 0..<(64 * 8) {
            var bytes = Self.rs + [Self.signature.v]
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.judge(bytes) == .needsContract)
        }
    }

    @Test func `a signature over anything else proves nothing`() throws {
        let key = ExactFixtures.key
        let authorization = ExactFixtures.authorization()
        let domains = [
            EIP712Domain(name: "USD Coin", version: "2", chainID: 84_532, verifyingContract: ExactFixtures.usdc),
            EIP712Domain(name: "USDC", version: "1", chainID: 84_532, verifyingContract: ExactFixtures.usdc),
            EIP712Domain(name: "USDC", version: "2", chainID: 8453, verifyingContract: ExactFixtures.usdc),
            EIP712Domain(name: "USDC", version: "2", chainID: 84_532, verifyingContract: ExactFixtures.shop),
        ]
        for domain in domains { #expect(Self.judge(key.sign(authorization.digest(in: domain)).serialized65) == .needsContract) }
        let others = [
            ExactFixtures.authorization(from: ExactFixtures.shop), ExactFixtures.authorization(to: key.address),
            ExactFixtures.authorization(value: 10_001), ExactFixtures.authorization(nonce: .zero),
        ]
        for other in others { #expect(Self.judge(key.sign(other.digest(in: ExactFixtures.domain)).serialized65) == .needsContract) }
        let receive = EIP712.digest(domainSeparator: ExactFixtures.domain.separator, structHash: authorization.receiveStructHash)
        #expect(Self.judge(key.sign(receive).serialized65) == .needsContract)
    }

    @Test func `another key's signature proves nothing`() throws {
        let stranger = try #require(PrivateKey(Bytes32(7)))
        #expect(Self.judge(stranger.sign(ExactFixtures.authorization().digest(in: ExactFixtures.domain)).serialized65) == .needsContract)
    }

    @Test(arguments: [1, 32, 63, 66, 97, 130, 4096]) func `bytes that no key makes may be a contract's`(_ length: Int) {
        #expect(Self.judge([UInt8](repeating: 0x11, count: length)) == .needsContract)
    }

    @Test func `a signature with the suffix of ERC-6492 is an undeployed wallet's, whatever stands before it`() {
        let suffix = ERC6492Signature.magicSuffix.bytes
        for before in [[], [1], Self.rs + [Self.signature.v], [UInt8](repeating: 0, count: 33), [UInt8](repeating: 9, count: 500)] as [[UInt8]] {
            #expect(Self.judge(before + suffix) == .undeployedWallet)
        }
        #expect(Self.judge(suffix.dropLast() + [0]) == .needsContract)
    }
}
