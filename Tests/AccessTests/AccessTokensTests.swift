import Crypto
import Domain
import Foundation
import JSON
import Sealing
import Storage
import Testing

@testable import Access

@Suite struct AccessTokensTests {
    /// A token of whatever parts, signed by whoever.
    private static func forge(
        _ header: JSONValue, _ payload: JSONValue, sign: (Data) throws -> Data
    ) rethrows -> String {
        let signed = "\(Base64URL.encode(header.encoded())).\(Base64URL.encode(payload.encoded()))"
        return "\(signed).\(Base64URL.encode(try sign(Data(signed.utf8))))"
    }

    private static func parts(_ token: String) throws -> (header: JSONValue, payload: JSONValue) {
        let parts = token.split(separator: ".")
        return (
            try JSONValue(parsing: #require(Base64URL.decode(parts[0]))), try JSONValue(parsing: #require(Base64URL.decode(parts[1])))
        )
    }

    /// The key that signs now, taken out of the file as nobody else can.
    private static func signingKey(_ house: TestHouse) throws -> (kid: String, key: Curve25519.Signing.PrivateKey) {
        let row = try #require(try house.database.reader.signingKeys(now: house.clock.now).first)
        let bytes = try house.vault.open(row.privateKey, for: .shop, field: "token.key")
        return (row.kid, try Curve25519.Signing.PrivateKey(rawRepresentation: bytes))
    }

    @Test func `a token says who, for whom and until when, and its header what it is`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let signedIn = try await house.signedIn("ana@example.com")
        let (header, payload) = try Self.parts(signedIn.accessToken)
        let kid = try Self.signingKey(house).kid
        #expect(header == ["alg": "EdDSA", "typ": "at+jwt", "kid": .string(kid)])
        #expect(payload["iss"] == "https://shop.example" && payload["aud"] == "pushcart" && payload["sub"] == "\(signedIn.person)")
        #expect(payload["sid"] == "\(signedIn.session)" && payload["role"] == "owner" && payload["jti"]?.string?.utf8.count == 22)
        #expect(payload["exp"]?.int64 == house.clock.now.seconds + 600 && payload["iat"]?.int64 == house.clock.now.seconds)
    }

    @Test func `no other algorithm, key or type passes for ours`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let token = try await house.signedIn("ana@example.com").accessToken
        let (header, payload) = try Self.parts(token)
        let (kid, key) = try Self.signingKey(house)
        func altered(_ changes: (String, JSONValue?)...) -> JSONValue {
            var object = header.object ?? [:]
            for (name, value) in changes { object[name] = value }
            return .object(object)
        }
        let sign: (Data) throws -> Data = { try key.signature(for: $0) }
        let asBefore = try Self.forge(header, payload, sign: sign)
        #expect(try await house.principal(asBefore) != nil, "the forger's tools work")

        let publicKey = SymmetricKey(data: key.publicKey.rawRepresentation)
        let hmac: (Data) -> Data = { Data(HMAC<SHA256>.authenticationCode(for: $0, using: publicKey)) }
        let stranger = Curve25519.Signing.PrivateKey()
        let strange: (Data) throws -> Data = { try stranger.signature(for: $0) }
        var tokens = [
            "none, unsigned": Self.forge(altered(("alg", "none")), payload) { _ in Data() },
            "NONE, unsigned": Self.forge(altered(("alg", "NONE")), payload) { _ in Data() },
            "HS256 with the public key": Self.forge(altered(("alg", "HS256")), payload, sign: hmac),
            "EdDSA, HMAC with the public key": Self.forge(header, payload, sign: hmac),
        ]
        for (name, header) in [
            ("none, signed", altered(("alg", "none"))), ("another algorithm", altered(("alg", "ES256"))), ("lower case", altered(("alg", "eddsa"))),
            ("no algorithm", altered(("alg", nil))), ("an unknown kid", altered(("kid", "other"))), ("no kid", altered(("kid", nil))),
            ("an empty kid", altered(("kid", ""))), ("a kid that is no text", altered(("kid", 1))), ("typ JWT", altered(("typ", "JWT"))),
            ("no typ", altered(("typ", nil))), ("typ in capitals", altered(("typ", "AT+JWT"))), ("crit", altered(("crit", ["exp"]))),
            ("jku", altered(("jku", "https://evil.example/jwks.json"))), ("x5c", altered(("x5c", ["MIIB"]))),
            ("jwk", altered(("jwk", ["kty": "OKP", "crv": "Ed25519", "x": .string(Base64URL.encode(stranger.publicKey.rawRepresentation))]))),
            ("an array", ["EdDSA"]),
        ] as [(String, JSONValue)] { tokens[name] = try Self.forge(header, payload, sign: sign) }
        tokens["a stranger's signature"] = try Self.forge(header, payload, sign: strange)
        tokens["a stranger's signature and kid"] = try Self.forge(altered(("kid", "stranger")), payload, sign: strange)
        let twice = "{\"alg\":\"none\",\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"\(kid)\"}"
        let rest = token.split(separator: ".").dropFirst().joined(separator: ".")
        tokens["a key written twice"] = "\(Base64URL.encode(twice.utf8)).\(rest)"
        tokens["no signature"] = token.split(separator: ".").prefix(2).joined(separator: ".") + "."
        tokens["two parts"] = token.split(separator: ".").prefix(2).joined(separator: ".")
        tokens["four parts"] = token + ".AAAA"
        tokens["a blank"] = token + " "
        tokens["too long"] = token + String(repeating: "A", count: 3000)
        tokens["nothing"] = ""
        for (name, forged) in tokens { #expect(try await house.principal(forged) == nil, "\(name)") }
        #expect(try await house.principal(token) != nil)
    }

    @Test func `no other issuer, audience or time passes, though our key signed it`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let token = try await house.signedIn("ana@example.com").accessToken
        let (header, payload) = try Self.parts(token)
        let key = try Self.signingKey(house).key
        let seconds = house.clock.now.seconds
        for (name, value) in [
            ("iss", "https://evil.example"), ("iss", nil), ("aud", "other"), ("aud", ["pushcart"]), ("sub", "1x"), ("sub", nil), ("sid", "99"),
            ("sid", ""), ("role", "king"), ("role", "manager"), ("exp", .integer(seconds - 1)), ("exp", .integer(seconds + 100_000)),
            ("iat", .integer(seconds + 100_000)), ("sub", "2"),
        ] as [(String, JSONValue?)] {
            var object = payload.object ?? [:]
            object[name] = value
            let forged = try Self.forge(header, .object(object)) { try key.signature(for: $0) }
            #expect(try await house.principal(forged) == nil, "\(name)")
        }
    }

    @Test func `a token ends after ten minutes, also one that is remembered`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let token = try await house.signedIn("ana@example.com").accessToken
        house.clock.move(.seconds(599))
        #expect(try await house.principal(token) != nil)
        house.clock.move(.seconds(1))
        #expect(try await house.principal(token) == nil)
        #expect(try await house.principal(token) == nil)
    }

    @Test func `what ends a session or changes a person counts at once`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("owner@example.com")
        let ana = try await house.person("ana@example.com", role: .manager)
        func fresh() async throws -> SignedIn {
            let signedIn = try await house.signedIn("ana@example.com")
            #expect(try await house.principal(signedIn.accessToken)?.role != nil)
            return signedIn
        }
        let ended = try await fresh()
        #expect(try await house.sessions.end(id: ended.session, person: ana.id, as: .signedOut, by: TestHouse.local))
        #expect(try await house.principal(ended.accessToken) == nil)

        let demoted = try await fresh()
        guard case .done = try await house.people.changeRole(id: ana.id, to: .analyst, by: TestHouse.local) else { throw TestHouse.Missing() }
        #expect(try await house.principal(demoted.accessToken) == nil)
        guard case .refreshed(let again) = try await house.sessions.refresh(demoted.refreshToken) else { throw TestHouse.Missing() }
        #expect(try await house.principal(again.accessToken)?.role == .analyst)

        guard case .done = try await house.people.disable(id: ana.id, by: TestHouse.local) else { throw TestHouse.Missing() }
        #expect(try await house.principal(again.accessToken) == nil)
        guard case .done = try await house.people.enable(id: ana.id, by: TestHouse.local) else { throw TestHouse.Missing() }
        #expect(try await house.principal(again.accessToken) == nil, "the sessions of before stay ended")
        #expect(try await house.principal(fresh().accessToken) != nil)
    }

    @Test func `a new key signs, and the old one verifies until its last token is over`() async throws {
        let house = try await TestHouse()
        _ = try await house.person("ana@example.com")
        let old = try await house.signedIn("ana@example.com")
        try await house.signingKeys.rotate(actor: "local:0")
        let new = try await house.signedIn("ana@example.com")
        #expect(try Self.parts(old.accessToken).header["kid"] != Self.parts(new.accessToken).header["kid"])
        for token in [old.accessToken, new.accessToken] { #expect(try await house.principal(token) != nil) }
        #expect(house.signingKeys.jwks()["keys"]?.array?.count == 2)
        house.clock.move(.seconds(700))
        try await house.signingKeys.prepare()
        #expect(house.signingKeys.jwks()["keys"]?.array?.count == 1)
        let (_, key) = try Self.signingKey(house)
        let published = try #require(house.signingKeys.jwks()["keys"]?.array?.first)
        #expect(published["x"]?.string == Base64URL.encode(key.publicKey.rawRepresentation))
        #expect(published["d"] == nil && published["kty"] == "OKP" && published["crv"] == "Ed25519" && published["alg"] == "EdDSA")
    }

    @Test func `after thirty days there is a new key, before that none`() async throws {
        let house = try await TestHouse()
        let kid = try Self.signingKey(house).kid
        house.clock.move(.seconds(30 * 86_400 - 1))
        try await house.signingKeys.prepare()
        #expect(try Self.signingKey(house).kid == kid)
        house.clock.move(.seconds(1))
        try await house.signingKeys.prepare()
        #expect(try Self.signingKey(house).kid != kid)
    }

    @Test func `without a key nothing is signed`() async throws {
        let house = try await TestHouse()
        let keys = SigningKeys(database: house.database, vault: house.vault, now: { [clock = house.clock] in clock.now })
        let tokens = AccessTokens(keys: keys, issuer: "x", standings: house.standings, now: { [clock = house.clock] in clock.now })
        let error = await #expect(throws: SigningKeyMissing.self) { try await tokens.issue(person: 1, session: 1, role: .owner) }
        #expect(error?.description.hasSuffix(".") == true)
        #expect(keys.jwks()["keys"]?.array?.isEmpty == true)
    }
}
