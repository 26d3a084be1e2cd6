import Catalogue
import Domain
import Testing

struct SignInNonceTests {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let sealer = OfferSealer(key: [UInt8](repeating: 7, count: 32))

    @Test func `a nonce is 32 hexadecimal digits, differs each time and is good for five minutes`() throws {
        let nonce = Self.sealer.nonce(at: Self.now)
        #expect(nonce.wholeMatch(of: /[0-9a-f]{32}/) != nil)
        #expect(nonce != Self.sealer.nonce(at: Self.now))
        let judged = try #require(Self.sealer.judge(nonce: nonce, at: Self.now))
        #expect(judged.bytes.count == 16 && judged.expires == Self.now + .seconds(300))
        #expect(Self.sealer.judge(nonce: nonce, at: Self.now + .seconds(299)) != nil)
        #expect(Self.sealer.judge(nonce: nonce, at: Self.now + .seconds(300)) == nil)
    }

    @Test func `a nonce with one digit changed, in capitals, of another shop or of another form is none of ours`() {
        let nonce = Self.sealer.nonce(at: Self.now)
        for index in 0..<32 {
            var digits = Array(nonce)
            digits[index] = digits[index] == "0" ? "1" : "0"
            #expect(Self.sealer.judge(nonce: String(digits), at: Self.now) == nil)
        }
        for text in ["", nonce + "00", String(nonce.dropLast(2)), "0x" + nonce.dropLast(2), String(repeating: "é", count: 16)] {
            #expect(Self.sealer.judge(nonce: text, at: Self.now) == nil)
        }
        let lettered = (0..<64).map { _ in Self.sealer.nonce(at: Self.now) }.first { $0 != $0.uppercased() }
        #expect(lettered.map { Self.sealer.judge(nonce: $0.uppercased(), at: Self.now) == nil } == true)
        #expect(OfferSealer(key: [UInt8](repeating: 8, count: 32)).judge(nonce: nonce, at: Self.now) == nil)
    }
}
