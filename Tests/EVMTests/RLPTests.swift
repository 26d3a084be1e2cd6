import EVM
import Testing

struct RLPTests {
    static let lorem = "Lorem ipsum dolor sit amet, consectetur adipisicing elit"

    @Test(
        "encodes and decodes the published examples",
        arguments: [
            (.bytes([UInt8]("dog".utf8)), "83646f67"),
            (.list([.bytes([UInt8]("cat".utf8)), .bytes([UInt8]("dog".utf8))]), "c88363617483646f67"),
            (.bytes([]), "80"), (.list([]), "c0"), (.number(0 as UInt64), "80"), (.bytes([0]), "00"), (.bytes([0x0f]), "0f"),
            (.bytes([0x7f]), "7f"), (.bytes([0x80]), "8180"), (.number(1024 as UInt64), "820400"),
            (.list([.list([]), .list([.list([])]), .list([.list([]), .list([.list([])])])]), "c7c0c1c0c3c0c1c0"),
            (.bytes([UInt8](lorem.utf8)), "b838" + Hex.encode([UInt8](lorem.utf8), prefix: false)),
            (.bytes([UInt8](repeating: 1, count: 55)), "b7" + String(repeating: "01", count: 55)),
            (.bytes([UInt8](repeating: 1, count: 1024)), "b90400" + String(repeating: "01", count: 1024)),
            (.list([RLPItem](repeating: .bytes([1]), count: 56)), "f838" + String(repeating: "01", count: 56)),
        ] as [(RLPItem, String)])
    func examples(item: RLPItem, encoded: String) throws {
        #expect(Hex.encode(RLP.encode(item), prefix: false) == encoded)
        #expect(try RLP.decode(try #require(Hex.decode(encoded, prefix: .forbidden))) == item)
    }

    @Test(
        "refuses what is not canonical, cut off or too long",
        arguments: [
            ("", .truncated), ("8100", .notCanonical), ("817f", .notCanonical), ("b800", .notCanonical), ("b801ff", .notCanonical),
            ("b837" + String(repeating: "01", count: 55), .notCanonical), ("b90038" + String(repeating: "01", count: 56), .notCanonical),
            ("f837" + String(repeating: "01", count: 55), .notCanonical), ("f90001c0", .notCanonical),
            ("81", .truncated), ("83646f", .truncated), ("b8", .truncated), ("b838", .truncated), ("c1", .truncated), ("c883636174", .truncated),
            ("c28201", .truncated), ("c18201", .truncated), ("bfffffffffffffffff", .truncated), ("ffffffffffffffffff", .truncated),
            ("bf7fffffffffffffff", .truncated), ("f8", .truncated),
            ("0000", .trailingBytes), ("c000", .trailingBytes), ("83646f6700", .trailingBytes),
        ] as [(String, RLPError)])
    func refuses(encoded: String, error: RLPError) throws {
        let bytes = try #require(Hex.decode(encoded, prefix: .forbidden))
        #expect(throws: error) { try RLP.decode(bytes) }
    }

    @Test("lists nest to the limit and no further")
    func depth() {
        func nested(_ depth: Int) -> [UInt8] { RLP.encode((1..<depth).reduce(.list([])) { item, _ in .list([item]) }) }
        #expect(throws: Never.self) { try RLP.decode(nested(RLP.maximumDepth)) }
        #expect(throws: RLPError.tooDeep) { try RLP.decode(nested(RLP.maximumDepth + 1)) }
        #expect(throws: RLPError.tooDeep) { try RLP.decode(nested(50)) }
    }

    @Test("whatever decodes encodes to the same bytes")
    func canonical() {
        let alphabet: [UInt8] = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0xb8, 0xc0, 0xc1, 0xc2, 0xc3, 0xf8]
        var inputs: [[UInt8]] = [[]]
        var accepted = 0
        for _ in 1...4 {
            inputs = inputs.flatMap { input in alphabet.map { input + [$0] } }
            for input in inputs {
                guard let item = try? RLP.decode(input) else { continue }
                accepted += 1
                #expect(RLP.encode(item) == input)
            }
        }
        #expect(accepted > 100)
    }
}
