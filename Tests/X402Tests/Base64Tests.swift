import Testing
import X402

@Suite struct Base64Tests {
    // RFC 4648, section 10.
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
    func `the vectors of RFC 4648 are encoded and decoded`(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test func `every character of the alphabet stands for its value`() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        #expect(Base64.decode(alphabet).map(Base64.encode) == alphabet)
        for (value, character) in alphabet.enumerated() {
            #expect(Base64.decode("AAA\(character)") == [0, 0, UInt8(value)])
        }
    }

    @Test func `bytes of every length up to 70 survive, with padding and without`() {
        for length in 0...70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length &* 101) }
            let text = Base64.encode(bytes)
            #expect(text.utf8.count == (length + 2) / 3 * 4)
            #expect(Base64.decode(text) == bytes)
            #expect(Base64.decode(text.replacing("=", with: "")) == bytes)
        }
    }

    @Test(arguments: [
        "A", "AAAAA", "=", "==", "===", "====", "A===", "AA=", "AA=A", "A=AA", "=AAA", "AAA==", "AAAA=", "AAAA====", "Zg==Zg==", "Zg=\n", "Zg==\n",
        " Zg==", "Zm 8=", "Zm9v\r\n", "Zm9-", "Zm9_", "Zm9.", "Zm9\u{0}", "Zm9é", "Ｚm9v", "Zm9v\u{301}",
    ])
    func `cut groups, odd padding, blanks and other alphabets are refused`(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zh==", "Zh", "Zm9=", "Zm9", "//==", "AAB=", "AB=="]) func `stray bits after the last byte are refused`(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
