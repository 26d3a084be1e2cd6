import Domain
import Testing

@testable import Access

@Suite struct NameTests {
    @Test(arguments: [
        ("ana@example.com", "ana@example.com"), ("  Ana@Example.COM \n", "ana@example.com"),
        ("o'ana+shop@xn--bcher-kva.example", "o'ana+shop@xn--bcher-kva.example"),
        ("Jose\u{301}@example.com", "jos\u{E9}@example.com"), ("a@b", "a@b"),
    ])
    func `two spellings of a mail address are one address`(_ given: String, _ normal: String) throws {
        #expect(Array(try #require(MailAddress(given)).normal.unicodeScalars) == Array(normal.unicodeScalars))
    }

    @Test(arguments: ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\u{0}c", "ana", String(repeating: "a", count: 250) + "@b.example"])
    func `what is no mail address is none`(_ given: String) { #expect(MailAddress(given) == nil) }

    @Test(arguments: [
        ("short", PasswordRefusal.short), ("elevenchars", .short),
        (String(repeating: "aé1!", count: 128), .long), ("ANA.long.name@example.com", .mailAddress), ("ana.long.name", .mailAddress),
        ("123456789012", .worn), ("PasswordPassword", .worn), ("aaaaaaaaaaaaaaa", .worn), ("abababababababab", .worn),
    ])
    func `a password that anybody would try is refused with a sentence`(_ password: String, _ refusal: PasswordRefusal) {
        #expect(PasswordRule.refusal(password, email: MailAddress("Ana.Long.Name@example.com")) == refusal)
        #expect(refusal.description.hasSuffix("."))
        #expect(!refusal.description.contains(password))
    }

    @Test(arguments: ["correct horse battery staple", "x9$Kq2!mZ7pL", "пароль-сел-мель", String(repeating: "aé1!", count: 100)])
    func `a password that is long enough is taken`(_ password: String) {
        #expect(PasswordRule.refusal(password, email: MailAddress("ana@example.com")) == nil)
    }

    @Test func `senders are counted by what one of them has at will`() {
        #expect(AddressName.of("2001:db8::1") == AddressName.of("2001:db8::ffff:1"))
        #expect(AddressName.of("2001:db8:0:1::1") != AddressName.of("2001:db8::1"))
        #expect(AddressName.of("192.0.2.1") != AddressName.of("192.0.2.2"))
        #expect(AddressName.of("local") == "local")
    }

    @Test func `a text of secrets is not a secret of its own spelling`() {
        #expect(Base64URL.decode("-_8") == [0xFB, 0xFF])
        for wrong in ["+/8", "-_9", "-_8=", "a", "é", "-_ 8"] { #expect(Base64URL.decode(wrong) == nil, "\(wrong)") }
        for count in 0..<70 {
            let bytes = systemRandomness(count)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test func `hashes are the same or not, whatever their lengths`() {
        #expect(SecretText.same([1, 2], [1, 2]))
        #expect(!SecretText.same([1, 2], [1, 3]))
        #expect(!SecretText.same([1, 2], [1, 2, 3]))
        #expect(SecretText.hash(given: "short") == nil)
    }
}
