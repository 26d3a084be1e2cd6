import Testing

@testable import Access

@Suite struct PasswordHashTests {
    private static let password = "correct horse battery staple"

    @Test func `a password matches its own hash and no other password does`() throws {
        let hash = try PasswordHash.make(Self.password)
        #expect(PasswordHash.matches(Self.password, hash))
        for wrong in ["", "correct horse battery stapl", "correct horse battery staple ", "Correct horse battery staple", hash] {
            #expect(!PasswordHash.matches(wrong, hash))
        }
    }

    @Test func `a hash is a PHC string with the parameters that are recommended`() throws {
        let hash = try PasswordHash.make(Self.password)
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        try #require(parts.count == 6)
        #expect(parts[0] == "" && parts[1] == "argon2id" && parts[2] == "v=19" && parts[3] == "m=19456,t=2,p=1")
        // Base64 without padding: 16 bytes of salt, 32 of hash.
        #expect(parts[4].utf8.count == 22 && parts[5].utf8.count == 43)
        #expect(!hash.contains("correct"))
    }

    @Test func `one password has a new hash each time`() throws {
        let (first, second) = (try PasswordHash.make(Self.password), try PasswordHash.make(Self.password))
        #expect(first != second)
        #expect(first.split(separator: "$")[3] != second.split(separator: "$")[3])
        #expect(PasswordHash.matches(Self.password, first) && PasswordHash.matches(Self.password, second))
    }

    @Test func `a hash made elsewhere is understood`() {
        // From the test suite of the reference implementation (src/test.c of libargon2): t=2, m=2^16, p=1.
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(PasswordHash.matches("password", hash))
        #expect(!PasswordHash.matches("differentpassword", hash))
    }

    @Test(arguments: [
        "", "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA", "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAA",
        "correct horse battery staple",
    ])
    func `what is no hash matches nothing`(_ encoded: String) {
        #expect(!PasswordHash.matches(Self.password, encoded))
    }

    @Test(arguments: [0, 1, 11, 513, 5000]) func `a password that is too short or too long is refused`(_ length: Int) {
        #expect(throws: PasswordError.length) { try PasswordHash.make(String(repeating: "a", count: length)) }
    }

    @Test(arguments: [
        "aaaaaaaaaaaa", "пароль-сел-мель", "😀😀😀😀😀😀😀😀😀😀😀😀", "nul\u{0}inside it", String(repeating: "a", count: 512),
        String(repeating: "😀", count: 128),
    ])
    func `characters count at the short end and bytes at the long, and each matters`(_ password: String) throws {
        let hash = try PasswordHash.make(password)
        #expect(PasswordHash.matches(password, hash))
        #expect(!PasswordHash.matches(String(password.dropLast()), hash))
    }

    @Test func `errors say what to do`() {
        #expect(PasswordError.length.description == "A password has at least 12 characters and at most 512 bytes.")
        #expect(PasswordError.failed(-22).description.contains("-22"))
    }

    @Test func `nobody's hash is one that is really compared, and nothing matches it`() {
        #expect(!PasswordHash.matches(Self.password, PasswordHash.dummy))
        let other = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzYWx0MTIzNA$" + String(repeating: "A", count: 43)
        let clock = ContinuousClock()
        let real = clock.measure { _ = PasswordHash.matches(Self.password, other) }
        let dummy = clock.measure { _ = PasswordHash.matches(Self.password, PasswordHash.dummy) }
        #expect(dummy > real / 4, "what cannot be read is not compared, and quick")
    }
}
