import EVM
import Testing

struct EVMAddressTests {
    /// The examples of EIP-55.
    static let checksummed = [
        "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ]

    @Test("spells the examples of EIP-55 from any case", arguments: checksummed)
    func checksums(text: String) {
        let upper = "0x" + text.dropFirst(2).uppercased()
        for spelling in [text, text.lowercased(), upper] {
            #expect(EVMAddress(hex: spelling)?.checksummed == text)
            #expect(EVMAddress(hex: spelling)?.hex == text.lowercased())
        }
        #expect(EVMAddress.hasValidChecksum(text))
        #expect(AddressChecksum(of: text) == .correct)
    }

    @Test("a letter in the wrong case makes the checksum wrong")
    func wrongChecksum() {
        #expect(AddressChecksum(of: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD") == .wrong)
        #expect(!EVMAddress.hasValidChecksum("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"))
    }

    @Test("one case only claims nothing")
    func absentChecksum() {
        #expect(AddressChecksum(of: "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed") == .absent)
        #expect(AddressChecksum(of: "0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED") == .absent)
        #expect(!EVMAddress.hasValidChecksum("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"))
    }

    @Test(
        "refuses what is no address",
        arguments: [
            "", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed00", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
            " 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe\u{ff11}", "vitalik.eth",
        ])
    func refuses(text: String) {
        #expect(EVMAddress(hex: text) == nil)
        #expect(AddressChecksum(of: text) == nil)
    }

    @Test("is the low part of a word whose high bytes are zero")
    func words() throws {
        let address = try #require(EVMAddress(hex: "0x0102030405060708090a0b0c0d0e0f1011121314"))
        #expect(address.word.hex == "0x0000000000000000000000000102030405060708090a0b0c0d0e0f1011121314")
        #expect(EVMAddress(word: address.word) == address)
        #expect(address.bytes == [UInt8](1...20))
        #expect(EVMAddress([UInt8](1...20)) == address)
        for position in 0..<12 {
            var bytes = address.word.bytes
            bytes[position] = 1
            #expect(EVMAddress(word: try #require(Bytes32(bytes))) == nil)
        }
        #expect(EVMAddress([UInt8](1...19)) == nil)
        #expect(EVMAddress([UInt8](1...21)) == nil)
        #expect(EVMAddress.zero.hex == "0x" + String(repeating: "0", count: 40))
    }
}
