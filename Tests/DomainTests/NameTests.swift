import Domain
import Testing

@Suite struct NameTests {
    @Test(
        arguments: [("eip155:1", 1), ("eip155:8453", 8453), ("eip155:84532", 84532), ("eip155:9223372036854775807", 9_223_372_036_854_775_807)]
            as [(String, UInt64)])
    func `a chain of the eip155 namespace is read`(_ text: String, _ chainID: UInt64) {
        #expect(Network(caip2: text)?.chainID == chainID)
        #expect(Network(caip2: text) == Network(chainID: chainID))
        #expect(Network(chainID: chainID)?.description == text)
    }

    @Test(arguments: [
        "", "1", "eip155", "eip155:", "eip155:0", "eip155:01", "eip155:-1", "eip155:+1", "eip155: 1", " eip155:1", "eip155:1 ", "EIP155:1",
        "Eip155:1", "eip155:0x1", "eip155:1e3", "eip155:９", "eip155:٣", "eip155::1", "eip155:1:2", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
        "eip155:9223372036854775808", "eip155:18446744073709551616", "eip155:340282366920938463463374607431768211456", "base",
    ])
    func `any other text is no network`(_ text: String) {
        #expect(Network(caip2: text) == nil)
    }

    @Test(arguments: [0, UInt64(Int64.max) + 1, .max]) func `a chain id is above zero and fits what it is stored in`(_ chainID: UInt64) {
        #expect(Network(chainID: chainID) == nil)
    }

    @Test(arguments: ["a", "0", "hello", "hello-world", "a-b-c", "2026", "x1", String(repeating: "a", count: 80)])
    func `small letters, digits and single inner hyphens are a slug`(_ text: String) {
        #expect(Slug(text)?.text == text)
        #expect(Slug(text)?.description == text)
    }

    @Test(arguments: [
        "", "-", "-a", "a-", "a--b", "A", "Hello", "a b", " a", "a ", "a_b", "a.b", "a/b", "..", "%2f", "a;x=1", "é", "e\u{301}", "ａ", "а", "١",
        "a\u{0}", "a\n", String(repeating: "a", count: 81),
    ])
    func `nothing else is a slug`(_ text: String) {
        #expect(Slug(text) == nil)
    }

    @Test(
        arguments: [
            (1, "1-000102030405060708090a0b"), (35, "z-000102030405060708090a0b"), (36, "10-000102030405060708090a0b"),
            (Int64.max, "1y2p0ij32e8e7-000102030405060708090a0b"),
        ] as [(Int64, String)])
    func `a receipt's address is the payment's number and its token`(_ id: Int64, _ text: String) throws {
        let receipt = ReceiptID(paymentID: id, token: try #require(PaymentToken(Array(0..<12))))
        #expect(receipt.description == text)
        #expect(ReceiptID(text) == receipt)
    }

    @Test(arguments: [
        "", "-", "1", "1-", "-000102030405060708090a0b", "0-000102030405060708090a0b", "-1-000102030405060708090a0b",
        "+1-000102030405060708090a0b", "01-000102030405060708090a0b", "Z-000102030405060708090a0b", "1-000102030405060708090A0B",
        "1-000102030405060708090a0", "1-000102030405060708090a0b0", "1-000102030405060708090a0b-", "1-000102030405060708090a0g",
        " 1-000102030405060708090a0b", "1-000102030405060708090a0b ", "١-000102030405060708090a0b", "1-００0102030405060708090a0b",
        "1y2p0ij32e8e8-000102030405060708090a0b", "zzzzzzzzzzzzzz-000102030405060708090a0b", "1–000102030405060708090a0b",
    ])
    func `every other spelling of a receipt's address is refused`(_ text: String) {
        #expect(ReceiptID(text) == nil)
    }

    @Test(arguments: [0, 11, 13, 24]) func `a token has 96 bits`(_ count: Int) {
        #expect(PaymentToken([UInt8](repeating: 0, count: count)) == nil)
    }

    @Test func `a token matches itself and no token that differs in one bit`() throws {
        let token = try #require(PaymentToken([UInt8](repeating: 0xA5, count: 12)))
        #expect(token.matches(token))
        for bit in 0..<96 {
            var bytes = token.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let other = try #require(PaymentToken(bytes))
            #expect(!token.matches(other))
        }
    }

    @Test func `tokens come from the generator that is given`() {
        struct Counting: RandomNumberGenerator {
            var last: UInt64 = 0
            mutating func next() -> UInt64 {
                last += 1
                return last << 56 | last
            }
        }
        var (one, other) = (Counting(), Counting())
        let first = PaymentToken.random(using: &one)
        #expect(first == PaymentToken.random(using: &other))
        #expect(first != PaymentToken.random(using: &one))
        #expect(first.bytes.count == 12)
    }

    @Test(arguments: [0, 31, 33]) func `a content's digest has 32 bytes`(_ count: Int) {
        #expect(ContentDigest([UInt8](repeating: 0, count: count)) == nil)
    }

    @Test func `a digest is read from 64 hexadecimal digits of either case`() throws {
        let digest = try #require(ContentDigest((0..<32).map { $0 * 8 + 7 }))
        #expect(ContentDigest(hex: digest.description) == digest)
        #expect(ContentDigest(hex: digest.description.uppercased()) == digest)
        let rest = String(repeating: "1c", count: 31)
        let starts = ["", "1", "1c1", "1c1c", "0x", "g1", "1G", " 1", "1+", "é", "１"]
        let wrong = starts.map { $0 + rest } + [""]
        for text in wrong { #expect(ContentDigest(hex: text) == nil) }
    }

    @Test func `bytes are written in small hexadecimal digits`() {
        #expect(lowercaseHex([] as [UInt8]) == "")
        #expect(lowercaseHex([0x00, 0x0F, 0xF0, 0xAB, 0xFF] as [UInt8]) == "000ff0abff")
        #expect(ContentDigest([UInt8](repeating: 0x1C, count: 32))?.description == String(repeating: "1c", count: 32))
    }
}
