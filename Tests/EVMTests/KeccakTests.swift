import EVM
import Testing

struct KeccakTests {
    @Test(
        "known answers",
        arguments: [
            ("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            ("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            ("testing", "0x5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
            ("The quick brown fox jumps over the lazy dog", "0x4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"),
        ])
    func knownAnswers(text: String, hash: String) {
        #expect(Keccak256.hash(utf8: text).hex == hash)
        #expect(Keccak256.hash([UInt8](text.utf8)).hex == hash)
    }

    @Test("hashes every length around a lane and a block as the reference does", arguments: ReferenceVectors.keccak)
    func lengths(length: Int, hash: String) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        #expect(Keccak256.hash(bytes).hex == hash)
    }

    @Test("hashes bytes that begin at an odd place in memory")
    func unaligned() {
        let bytes = (0..<301).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        let hash = ([0] + bytes).withUnsafeBytes { Keccak256.hash(UnsafeRawBufferPointer(rebasing: $0[1...])) }
        #expect(hash == Keccak256.hash(bytes))
    }
}
