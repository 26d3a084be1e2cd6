import EVM
import Testing

struct ContractSignatureTests {
    /// abi.encode(0x1111…, 0x010203, 65 bytes of 0xaa) as eth-abi writes it, and the suffix.
    static let wrapped: [UInt8] = {
        func word(_ digits: String) -> String { String(repeating: "0", count: 64 - digits.count) + digits }
        let ones = String(repeating: "1", count: 40)
        let body =
            word(ones) + word("60") + word("a0") + word("03") + "010203" + String(repeating: "0", count: 58) + word("41")
            + String(repeating: "aa", count: 65) + String(repeating: "0", count: 62)
        return Hex.decode(body + String(repeating: "6492", count: 16), prefix: .forbidden)!
    }()

    @Test("finds and unwraps the signature of a contract that is not deployed yet")
    func unwraps() throws {
        #expect(ERC6492Signature.isWrapped(Self.wrapped))
        let signature = try #require(try ERC6492Signature(unwrapping: Self.wrapped))
        #expect(signature.factory.hex == "0x" + String(repeating: "1", count: 40))
        #expect(signature.factoryCallData == [1, 2, 3])
        #expect(signature.signatureBytes == [UInt8](repeating: 0xaa, count: 65))
    }

    @Test("without the whole suffix nothing is wrapped")
    func notWrapped() throws {
        for bytes in [[], [0x64, 0x92], Self.wrapped.dropLast(1), Self.wrapped + [0], Self.wrapped.suffix(31)] as [[UInt8]] {
            #expect(!ERC6492Signature.isWrapped(bytes))
            #expect(try ERC6492Signature(unwrapping: bytes) == nil)
        }
    }

    @Test("the suffix behind something broken is an error, not another kind of signature")
    func broken() {
        #expect(throws: ABIError.truncated) { try ERC6492Signature(unwrapping: ERC6492Signature.magicSuffix.bytes) }
        #expect(throws: ABIError.truncated) {
            try ERC6492Signature(unwrapping: [UInt8](Self.wrapped.prefix(160)) + ERC6492Signature.magicSuffix.bytes)
        }
    }

    @Test("only the magic value in a whole word is a yes")
    func magic() {
        let yes: [UInt8] = [0x16, 0x26, 0xba, 0x7e] + [UInt8](repeating: 0, count: 28)
        #expect(ERC1271.isMagic(yes))
        #expect(!ERC1271.isMagic([]))
        #expect(!ERC1271.isMagic([0x16, 0x26, 0xba, 0x7e]))
        #expect(!ERC1271.isMagic([UInt8](repeating: 0, count: 28) + [0x16, 0x26, 0xba, 0x7e]))
        #expect(!ERC1271.isMagic([UInt8](repeating: 0xff, count: 32)))
        #expect(!ERC1271.isMagic([UInt8](yes.dropLast()) + [1]))
    }

    @Test("asks a contract with the digest and the signature bytes")
    func callData() throws {
        var decoder = try #require(
            ABIDecoder(callData: ERC1271.callData(digest: Bytes32(7), signatureBytes: [1, 2, 3]), of: ERC1271.magicValue))
        #expect(try decoder.bytes32() == Bytes32(7))
        #expect(try decoder.bytes() == [1, 2, 3])
    }
}
