import BigInt
import EVM
import Testing

struct ABITests {
    @Test("encodes the example baz(69, true) of the specification")
    func baz() {
        var encoder = ABIEncoder(FunctionSelector(signature: "baz(uint32,bool)"))
        encoder.append(69 as UInt64)
        encoder.append(true)
        let zeros = String(repeating: "0", count: 62)
        #expect(Hex.encode(encoder.encoded) == "0xcdcd77c0" + zeros + "45" + zeros + "01")
    }

    @Test("encodes and decodes as eth-abi does", arguments: ReferenceVectors.encodings)
    func reference(vector: ReferenceVectors.Encoding) throws {
        let address = try #require(EVMAddress(hex: vector.address))
        let number = try #require(BigUInt(strictDecimal: vector.uint256))
        let word = try #require(Bytes32(hex: vector.bytes32))
        let bytes = try #require(Hex.decode(vector.bytes))
        // A selector in front must not move the offsets.
        for selector in [nil, FunctionSelector(rawValue: 0xdead_beef)] {
            var encoder = ABIEncoder(selector)
            encoder.append(address)
            encoder.append(number)
            encoder.append(word)
            encoder.append(vector.bool)
            encoder.append(bytes)
            encoder.append(vector.string)
            #expect(Hex.encode(encoder.encoded) == (selector == nil ? "0x" : "0xdeadbeef") + vector.encoded.dropFirst(2))

            var decoder = try #require(selector.map { ABIDecoder(callData: encoder.encoded, of: $0) } ?? ABIDecoder(encoder.encoded))
            #expect(try decoder.address() == address)
            #expect(try decoder.uint256() == number)
            #expect(try decoder.bytes32() == word)
            #expect(try decoder.bool() == vector.bool)
            #expect(try decoder.bytes() == bytes)
            #expect(try decoder.string() == vector.string)
            #expect(throws: ABIError.self) { for _ in 0..<20 { _ = try decoder.bytes32() } }
        }
    }

    @Test("every shortened encoding is truncated, never read past its end", arguments: ReferenceVectors.encodings)
    func truncated(vector: ReferenceVectors.Encoding) throws {
        let encoded = try #require(Hex.decode(vector.encoded))
        for length in 0..<encoded.count {
            var decoder = ABIDecoder([UInt8](encoded.prefix(length)))
            #expect(throws: ABIError.truncated) {
                _ = try decoder.address()
                _ = try decoder.uint256()
                _ = try decoder.bytes32()
                _ = try decoder.bool()
                _ = try decoder.bytes()
                _ = try decoder.string()
            }
        }
    }

    @Test(
        "refuses offsets and lengths that point outside",
        arguments: [
            ["00000000000000000000000000000000000000000000000000000000000000ff"],
            ["ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"],
            ["0000000000000000000000000000000000000000000000007fffffffffffffff"],
            ["0000000000000000000000000000000000000000000000000000000000000020"],
            [
                "0000000000000000000000000000000000000000000000000000000000000020",
                "0000000000000000000000000000000000000000000000000000000000000001",
            ],
            [
                "0000000000000000000000000000000000000000000000000000000000000020",
                "0000000000000000000000000000000000000000000000007fffffffffffffe0",
            ],
            [
                "0000000000000000000000000000000000000000000000000000000000000020",
                "0000000000000000000000000000000000000000000000000000000000000021",
                "0000000000000000000000000000000000000000000000000000000000000000",
            ],
        ])
    func outside(words: [String]) throws {
        let data = try #require(Hex.decode(words.joined(), prefix: .forbidden))
        #expect(throws: ABIError.truncated) { try ABIDecoder.bytes(data) }
    }

    @Test("refuses numbers too great for their type")
    func outOfRange() throws {
        let two = Bytes32(2).bytes
        #expect(throws: ABIError.outOfRange) { try ABIDecoder.bool(two) }
        #expect(try ABIDecoder.uint64(two) == 2)
        let great = [UInt8](repeating: 0xff, count: 32)
        #expect(throws: ABIError.outOfRange) { try ABIDecoder.address(great) }
        #expect(throws: ABIError.outOfRange) { try ABIDecoder.uint64(great) }
        #expect(throws: ABIError.outOfRange) { try ABIDecoder.bool(great) }
        #expect(try ABIDecoder.uint256(great) == .maxUInt256)
    }

    @Test("refuses padding that is not zero, and strings that are not UTF-8")
    func padding() {
        var encoder = ABIEncoder()
        encoder.append([0xff, 0xfe] as [UInt8])
        var data = encoder.encoded
        #expect(throws: ABIError.notUTF8) { try ABIDecoder.string(data) }
        #expect(throws: Never.self) { try ABIDecoder.bytes(data) }
        data[data.count - 1] = 1
        #expect(throws: ABIError.padding) { try ABIDecoder.bytes(data) }
    }

    @Test("a call of another function has no arguments for us")
    func otherFunction() {
        let data = ERC20.balanceOfCallData(.zero)
        #expect(ABIDecoder(callData: data, of: EIP3009.authorizationState) == nil)
        #expect(ABIDecoder(callData: [0x70, 0xa0, 0x82], of: EIP3009.authorizationState) == nil)
        #expect(FunctionSelector(callData: data) == FunctionSelector(signature: "balanceOf(address)"))
    }
}
