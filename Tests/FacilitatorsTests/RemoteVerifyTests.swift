import Crypto
import Domain
import EVM
import Foundation
import JSON
import NIOHTTP1
import Testing

@testable import Facilitators

/// What is looked at before a payment is claimed for a service to settle, and how a service is reached.
@Suite struct RemoteVerifyTests {
    @Test func `what is wrong with a payment is found here, and nobody is asked`() async throws {
        let desk = try await RemoteDesk()
        #expect(await desk.remote.confirm())
        let stranger = desk.desk.authorization(signature: desk.desk.authorization(by: ChainDesk.settler).signature)
        #expect(await desk.verify(stranger) == "invalid: invalid_exact_evm_payload_signature")
        #expect(await desk.verify(desk.desk.authorization(signature: [1])) == "invalid: invalid_exact_evm_payload_signature")
        #expect(await desk.verify(desk.desk.authorization(seconds: 1)) == "invalid: invalid_exact_evm_payload_authorization_valid_before")
        #expect(try desk.asked("/verify").isEmpty)
    }

    static let answers: [(reply: NodeServer.Reply, told: String)] = [
        (.body(#"{"isValid":true}"#), "valid"), (.body(#"{"isValid":true,"payer":"\#(ChainDesk.payer.address.checksummed)"}"#), "valid"),
        (.body(#"{"isValid":true,"payer":"\#(ChainDesk.settler.address.checksummed)"}"#), "unavailable"),
        (.body(#"{"isValid":true}"#, status: .badRequest), "unavailable"), (.body(#"{"isValid":"true"}"#), "unavailable"),
        (.body(#"{"isValid":false,"invalidReason":"insufficient_funds"}"#), "invalid: insufficient_funds"),
        (.body(#"{"isValid":false,"invalidReason":"insufficient_funds"}"#, status: .badRequest), "invalid: insufficient_funds"),
        (.body(#"{"isValid":false,"invalidReason":"<b>Pay & go</b>"}"#), "invalid: unexpected_verify_error"),
        (.body(#"{"isValid":false}"#), "invalid: unexpected_verify_error"), (.body("{}"), "unavailable"), (.body("no"), "unavailable"),
        (.body(#"{"isValid":true}"#, status: .internalServerError), "unavailable"), (.cut, "unavailable"),
    ]

    @Test(arguments: answers) func `without a node the service is asked, and believed no further than it makes sense`(
        _ row: (reply: NodeServer.Reply, told: String)
    ) async throws {
        let desk = try await RemoteDesk()
        #expect(await desk.remote.confirm())
        desk.set { $0.verify = row.reply }
        let told = await desk.verify(desk.desk.authorization())
        #expect(told == row.told || (row.told == "unavailable" && told.hasPrefix("unavailable: ")), "\(told)")
        #expect(try desk.asked("/verify").count == 1)
    }

    @Test func `with a node the chain is asked instead`() async throws {
        let desk = try await RemoteDesk(hasNode: true)
        #expect(await desk.remote.confirm())
        #expect(await desk.verify(desk.desk.authorization()) == "valid")
        desk.desk.chain.set { $0.balances[ChainDesk.payer.address] = 1 }
        #expect(await desk.verify(desk.desk.authorization()) == "proven, but insufficient_funds")
        let used = desk.desk.authorization(nonce: 2)
        try desk.desk.useElsewhere(used)
        #expect(await desk.verify(used) == "spent elsewhere")
        #expect(try desk.asked("/verify").isEmpty)
    }

    @Test func `a node on another chain withholds everything`() async throws {
        let desk = try await RemoteDesk(hasNode: true)
        desk.desk.chain.set { $0.chainID = 1 }
        #expect(await !desk.remote.confirm())
        #expect(desk.remote.shortfall(ChainDesk.option)?.contains("another chain") == true)
        desk.desk.chain.set { $0.chainID = 8453 }
        #expect(await desk.remote.confirm())
    }

    // MARK: How it is reached

    @Test func `a token goes with every request`() async throws {
        let desk = try await RemoteDesk(credential: FacilitatorCredential(" secret-token\n"))
        #expect(await desk.remote.confirm())
        _ = await desk.verify(desk.desk.authorization())
        #expect(desk.authorizations == ["Bearer secret-token", "Bearer secret-token"])
        #expect(desk.remote.service(ChainDesk.option) == desk.url.replacing("http://", with: ""))
        #expect(!desk.desk.logBook.all.contains { $0.contains("secret") })
    }

    @Test func `a key signs a token of its own for each request`() throws {
        let key = Curve25519.Signing.PrivateKey()
        let whole = (key.rawRepresentation + key.publicKey.rawRepresentation).base64EncodedString()
        let credential = try #require(FacilitatorCredential(#"{"id":"organizations/1","privateKey":"\#(whole)"}"#))
        let value = try #require(
            credential.authorization(
                method: "POST", host: "api.example", path: "/v2/settle", nonce: "n1", now: Timestamp(seconds: 1_800_000_000)))
        let parts = value.dropFirst("Bearer ".count).split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        func decoded(_ part: String) throws -> Data {
            let text = part.replacing("-", with: "+").replacing("_", with: "/")
            return try #require(Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4)))
        }
        #expect(key.publicKey.isValidSignature(try decoded(parts[2]), for: Data("\(parts[0]).\(parts[1])".utf8)))
        let header = try JSONValue(parsing: Array(try decoded(parts[0])))
        #expect(header == ["alg": "EdDSA", "typ": "JWT", "kid": "organizations/1", "nonce": "n1"])
        let claims = try JSONValue(parsing: Array(try decoded(parts[1])))
        #expect(claims["iss"]?.string == "cdp" && claims["sub"]?.string == "organizations/1")
        #expect(claims["uris"]?.array == ["POST api.example/v2/settle"])
        #expect(claims["nbf"]?.int64 == 1_800_000_000 && claims["exp"]?.int64 == 1_800_000_120)
    }

    @Test(arguments: [
        "", "two words", "ü", "{", "{}", #"{"id":"x","privateKey":"AAAA"}"#, #"{"privateKey":"\#(Data(count: 32).base64EncodedString())"}"#,
        #"{"id":"x","privateKey":"\#(Data(count: 64).base64EncodedString())"}"#,
    ])
    func `what is neither token nor key is refused`(_ text: String) {
        #expect(FacilitatorCredential(text) == nil)
    }

    @Test(
        arguments: [
            ("https://x402.example", "x402.example"), ("https://x402.example:8443/a/b/", "x402.example:8443"), ("http://127.0.0.1:9/", "127.0.0.1:9"),
            ("http://localhost", "localhost"), ("http://[::1]:80/x", "[::1]:80"), ("http://x402.example", nil), ("http://127.0.0.1.example", nil),
            ("https://user@x402.example", nil), ("https://x402.example/?key=1", nil), ("https://x402.example/#a", nil), ("https://", nil),
            ("ftp://x402.example", nil), ("https://a b", nil), ("http://localhost@evil.example", nil), ("https://:443", nil),
        ] as [(String, String?)])
    func `a service is reached by TLS, or on this machine`(_ text: String, _ host: String?) {
        #expect(FacilitatorAddress(text)?.host == host)
    }
}
