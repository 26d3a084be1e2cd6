import JSON
import Testing
import X402

struct WalletProofTests {
    /// The specification's example ("Client Request").
    static let example: JSONObject = [
        "domain": "api.example.com", "address": "0x857b06519E91e3A54538791bDbb0E22373e36b66", "uri": "https://api.example.com/premium-data",
        "version": "1", "chainId": "eip155:8453", "type": "eip191", "nonce": "a1b2c3d4e5f67890a1b2c3d4e5f67890",
        "issuedAt": "2024-01-15T10:30:00.000Z", "expirationTime": "2024-01-15T10:35:00.000Z", "statement": "Sign in to access premium data",
        "resources": ["https://api.example.com/premium-data"], "signatureScheme": "eip191",
        "signature":
            "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
    ]

    /// As the specification prints it, in base64.
    static let header =
        "eyJkb21haW4iOiJhcGkuZXhhbXBsZS5jb20iLCJhZGRyZXNzIjoiMHg4NTdiMDY1MTlFOTFlM0E1NDUzODc5MWJEYmIwRTIyMzczZTM2YjY2IiwidXJpIjoiaHR0cHM6Ly9hcGkuZXhhbXBsZS5jb20vcHJlbWl1bS1kYXRhIiwidmVyc2lvbiI6IjEiLCJjaGFpbklkIjoiZWlwMTU1Ojg0NTMiLCJ0eXBlIjoiZWlwMTkxIiwibm9uY2UiOiJhMWIyYzNkNGU1ZjY3ODkwYTFiMmMzZDRlNWY2Nzg5MCIsImlzc3VlZEF0IjoiMjAyNC0wMS0xNVQxMDozMDowMC4wMDBaIiwiZXhwaXJhdGlvblRpbWUiOiIyMDI0LTAxLTE1VDEwOjM1OjAwLjAwMFoiLCJzdGF0ZW1lbnQiOiJTaWduIGluIHRvIGFjY2VzcyBwcmVtaXVtIGRhdGEiLCJyZXNvdXJjZXMiOlsiaHR0cHM6Ly9hcGkuZXhhbXBsZS5jb20vcHJlbWl1bS1kYXRhIl0sInNpZ25hdHVyZVNjaGVtZSI6ImVpcDE5MSIsInNpZ25hdHVyZSI6IjB4MmQ2YTc1ODhkNmFjY2E1MDVjYmYwZDlhNGEyMjdlMGM1MmM2YzM0MDA4YzhlODk4NmExMjgzMjU5NzY0MTczNjA4YTJjZTY0OTY2NDJlMzc3ZDZkYThkYmJmNTgzNmU5YmQxNTA5MmY5ZWNhYjA1ZGVkM2Q2MjkzYWYxNDhiNTcxYyJ9"

    @Test func `the specification's example is read`() throws {
        let proof = try WalletProof(header: Self.header)
        #expect(try proof == WalletProof(Self.example))
        #expect(proof.domain == "api.example.com" && proof.chainID == "eip155:8453" && proof.resources == ["https://api.example.com/premium-data"])
        #expect(proof.statement == "Sign in to access premium data" && proof.notBefore == nil && proof.requestID == nil)
    }

    @Test(arguments: ["domain", "address", "uri", "version", "chainId", "type", "nonce", "issuedAt", "signature"])
    func `a proof without a required field is refused`(_ name: String) throws {
        for value: JSONValue? in [nil, "", 1, .null, "two\nlines"] {
            var json = Self.example
            json[name] = value
            #expect(throws: WireError.self) { try WalletProof(json) }
        }
    }

    @Test func `fields that may be missing may be missing, but nothing else than a line`() throws {
        for name in ["statement", "expirationTime", "notBefore", "requestId", "resources"] {
            var json = Self.example
            json[name] = nil
            _ = try WalletProof(json)
            json[name] = .null
            _ = try WalletProof(json)
            for value: JSONValue in [7, "two\nlines", ["two\nlines"], [7]] where name != "resources" || value.array != nil || value.int64 != nil {
                json[name] = value
                #expect(throws: WireError.self) { try WalletProof(json) }
            }
        }
    }

    @Test(arguments: ["", "!!!", "e30", "W10=", "eyJ", Base64.encode(Array("{".utf8)), String(repeating: "A", count: 16_388)])
    func `what is no proof is refused with the reason`(_ header: String) {
        let error = #expect(throws: WireError.self) { try WalletProof(header: header) }
        #expect(error?.reason == .invalidPayload)
        #expect(error?.sentence.contains("SIGN-IN-WITH-X") == true)
    }

    @Test func `a challenge declares what the specification wants, also when it is terse`() {
        for terse in [false, true] {
            let declaration = SignInExtension.declaration(
                domain: "shop.example", uri: "https://shop.example/p/song", statement: "Sign in.", nonce: "n", issuedAt: "a", expirationTime: "b",
                chains: ["eip155:8453", "eip155:137"], terse: terse)
            #expect(declaration["info"]?["resources"] == ["https://shop.example/p/song"])
            #expect(
                declaration["supportedChains"] == [
                    ["chainId": "eip155:8453", "type": "eip191"], ["chainId": "eip155:137", "type": "eip191"],
                ])
            #expect((declaration["schema"]?["properties"] == nil) == terse)
            #expect(declaration["schema"]?["required"]?.array?.count == 9)
        }
    }
}
