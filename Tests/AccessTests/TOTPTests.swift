import Foundation
import Testing

@testable import Access

@Suite struct TOTPTests {
    private static let seed = Array("12345678901234567890".utf8)

    @Test(
        arguments: zip(
            0...9, ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]))
    func `codes are those of RFC 4226, appendix D`(_ counter: Int, _ code: String) {
        #expect(TOTP.code(seed: Self.seed, step: Int64(counter)) == code)
    }

    @Test(
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"), (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func `codes are those of RFC 6238, appendix B`(_ seconds: Int64, _ code: String) {
        #expect(TOTP.code(seed: Self.seed, step: TOTP.step(at: seconds), digits: 8) == code)
    }

    @Test func `a code is good one step early and one late, and no further`() {
        let now: Int64 = 1_800_000_000
        for offset in -3...3 as ClosedRange<Int64> {
            let code = TOTP.code(seed: Self.seed, step: TOTP.step(at: now) + offset)
            let found = TOTP.match(code, seed: Self.seed, seconds: now, after: 0)
            #expect(found == (abs(offset) <= 1 ? TOTP.step(at: now) + offset : nil))
        }
    }

    @Test func `a used step is used, and so are those before it`() {
        let now: Int64 = 1_800_000_000
        let step = TOTP.step(at: now)
        #expect(TOTP.match(TOTP.code(seed: Self.seed, step: step), seed: Self.seed, seconds: now, after: step) == nil)
        #expect(TOTP.match(TOTP.code(seed: Self.seed, step: step - 1), seed: Self.seed, seconds: now, after: step) == nil)
        #expect(TOTP.match(TOTP.code(seed: Self.seed, step: step + 1), seed: Self.seed, seconds: now, after: step) == step + 1)
    }

    @Test(arguments: ["", "12345", "1234567", "abcdef", "００００００"]) func `what is no code matches nothing`(_ text: String) {
        #expect(TOTP.match(text, seed: Self.seed, seconds: 59, after: 0) == nil)
    }

    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func `Base32 is that of RFC 4648, without padding`(_ plain: String, _ text: String) {
        #expect(Base32.encode(Array(plain.utf8)) == text)
    }

    @Test func `an app reads shop, person and seed from the address`() throws {
        let uri = TOTP.uri(seed: Self.seed, issuer: "Ana's shop & café", account: "ana@example.com")
        #expect(uri.hasPrefix("otpauth://totp/Ana%27s%20shop%20%26%20caf%C3%A9:ana@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&"))
        #expect(uri.hasSuffix("&issuer=Ana%27s%20shop%20%26%20caf%C3%A9&algorithm=SHA1&digits=6&period=30"))
        #expect(URL(string: uri) != nil)
    }

    @Test func `recovery codes are ten different characters each, whatever their spelling`() {
        let codes = (0..<200).map { _ in RecoveryCode.make(systemRandomness) }
        #expect(Set(codes).count == 200)
        for code in codes {
            #expect(code.utf8.count == 11 && code.split(separator: "-").map(\.utf8.count) == [5, 5])
            #expect(RecoveryCode.normal(code) == RecoveryCode.normal(" \(code.uppercased().replacingOccurrences(of: "-", with: " ")) "))
            #expect(!code.contains { "il1o0".contains($0) })
        }
        for wrong in ["", "abcde", "abcde-fghi", "abcde-fghijk", "abcde-fgh1j", String(repeating: "a", count: 100)] {
            #expect(RecoveryCode.normal(wrong) == nil)
        }
    }
}
