import EVM
import Testing

struct HexTests {
    @Test("writes two lower-case digits a byte")
    func encodes() {
        #expect(Hex.encode([0x00, 0x0f, 0xa0, 0xff]) == "0x000fa0ff")
        #expect(Hex.encode([0xab], prefix: false) == "ab")
        #expect(Hex.encode([UInt8]()) == "0x")
    }

    @Test("reads what it writes, for every byte")
    func roundTrip() {
        let bytes = [UInt8](0...255)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes).uppercased().replacing("0X", with: "0x", maxReplacements: 1)) == bytes)
    }

    @Test("the prefix is there as asked, or nothing is read")
    func prefixes() {
        #expect(Hex.decode("ab") == nil)
        #expect(Hex.decode("ab", prefix: .optional) == [0xab])
        #expect(Hex.decode("0xab", prefix: .optional) == [0xab])
        #expect(Hex.decode("ab", prefix: .forbidden) == [0xab])
        #expect(Hex.decode("0xab", prefix: .forbidden) == nil)
        #expect(Hex.decode("0x") == [])
    }

    @Test(
        "refuses odd lengths and anything that is no digit",
        arguments: [
            "", "0", "0x0", "0xabc", "0Xab", "0xg0", "0x 1", "0x+1", "0x-1", "0x0x", " 0xab", "0xab ", "0xab\n", "0x\u{ff11}\u{ff11}", "0xá",
        ])
    func refuses(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test("32 bytes are 64 digits and not one more or less")
    func bytes32() throws {
        let hex = "0x" + String(repeating: "0123456789abcdef", count: 4)
        let value = try #require(Bytes32(hex: hex))
        #expect(value.hex == hex)
        #expect(Bytes32(value.bytes) == value)
        #expect(Bytes32(hex: "0x" + String(repeating: "0123456789ABCDEF", count: 4)) == value)
        #expect(Bytes32(hex: String(hex.dropLast())) == nil)
        #expect(Bytes32(hex: String(hex.dropLast(2))) == nil)
        #expect(Bytes32(hex: hex + "00") == nil)
        #expect(Bytes32(hex: String(hex.dropFirst(2))) == nil)
        #expect(Bytes32(hex: String(hex.dropLast()) + "g") == nil)
        #expect(Bytes32([UInt8](repeating: 1, count: 31)) == nil)
        #expect(Bytes32([UInt8](repeating: 1, count: 33)) == nil)
    }
}
