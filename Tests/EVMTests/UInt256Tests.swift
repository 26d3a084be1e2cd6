import BigInt
import EVM
import Testing

struct UInt256Tests {
    static let maximum = "115792089237316195423570985008687907853269984665640564039457584007913129639935"

    @Test(
        "reads decimals as they are written",
        arguments: [
            "0", "1", "9", "10000", "9999999999999999999", "10000000000000000000", "18446744073709551616",
            "100000000000000000000000000000000000000", maximum,
        ])
    func decimals(text: String) throws {
        let value = try #require(BigUInt(strictDecimal: text))
        #expect(value.description == text)
        #expect(BigUInt(try #require(Bytes32(value))) == value)
    }

    @Test(
        "refuses every other spelling of a number, and more than 256 bits",
        arguments: [
            "", "00", "01", "+1", "-1", "-0", " 1", "1 ", "1.0", "1e2", "0x1", "1_000", "\u{661}", "1\n", "\u{ff11}",
            "115792089237316195423570985008687907853269984665640564039457584007913129639936",
            "999999999999999999999999999999999999999999999999999999999999999999999999999999",
            "1000000000000000000000000000000000000000000000000000000000000000000000000000000",
        ])
    func strangeDecimals(text: String) {
        #expect(BigUInt(strictDecimal: text) == nil)
    }

    @Test("a word is big-endian and holds 256 bits")
    func words() {
        #expect(Bytes32(BigUInt(0x0102))?.hex == "0x" + String(repeating: "0", count: 60) + "0102")
        #expect(Bytes32(BigUInt.maxUInt256)?.hex == "0x" + String(repeating: "f", count: 64))
        #expect(Bytes32(BigUInt.maxUInt256 + 1) == nil)
        #expect(BigUInt.maxUInt256.description == Self.maximum)
        for shift in stride(from: 0, to: 256, by: 13) {
            let value = BigUInt(0x1234_5678_9abc_def1) << shift & BigUInt.maxUInt256
            #expect(Bytes32(value).map { BigUInt($0) } == value)
        }
    }

    @Test("writes quantities without leading zeros and reads them with some")
    func quantities() {
        #expect(BigUInt(0).hexQuantity == "0x0")
        #expect(BigUInt(1024).hexQuantity == "0x400")
        #expect(UInt64(65).hexQuantity == "0x41")
        #expect(BigUInt(hexQuantity: "0x0") == 0)
        #expect(BigUInt(hexQuantity: "0x0400") == 1024)
        #expect(BigUInt(hexQuantity: "0xABc") == 0xabc)
        #expect(BigUInt(hexQuantity: "0x" + String(repeating: "f", count: 64)) == .maxUInt256)
        #expect(UInt64(hexQuantity: "0xffffffffffffffff") == .max)
        #expect(UInt64(hexQuantity: "0x10000000000000000") == nil)
    }

    @Test("refuses what is no quantity", arguments: ["", "0x", "0", "41", "0X41", "0x4g", "0x-1", "0x 1", "0x1" + String(repeating: "0", count: 64)])
    func strangeQuantities(text: String) {
        #expect(BigUInt(hexQuantity: text) == nil)
        #expect(UInt64(hexQuantity: text) == nil)
    }
}
