import EVM
import JSON
import Testing
import X402
import X402EVM

struct SignInSignatureTests {
    static let key = PrivateKey(hex: "0x" + String(repeating: "0", count: 63) + "2")!

    static func json(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONObject {
        var json: JSONObject = [
            "domain": "api.example.com", "address": "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF", "uri": "https://api.example.com/premium-data",
            "version": "1", "chainId": "eip155:8453", "type": "eip191", "nonce": "a1b2c3d4e5f67890a1b2c3d4e5f67890",
            "issuedAt": "2024-01-15T10:30:00.000Z", "signature": "0x00",
        ]
        change(&json)
        return json
    }

    /// What the reference client's libraries (siwe and eth-account) make of the same challenge.
    static let full = json {
        $0["statement"] = "Sign in to access premium data"
        $0["expirationTime"] = "2024-01-15T10:35:00.000Z"
        $0["resources"] = ["https://api.example.com/premium-data"]
        $0["signature"] =
            "0xf392a3711cf739ee0bcadd9710925329d3f4f672a8092b6c8b3bdfd959f2495c342d71bf73f3c7359be5196718ca32d1815672bb8e9872a09f48d267d6af68211b"
    }
    static let sparse = json {
        $0["notBefore"] = "2024-01-15T10:30:00.000Z"
        $0["requestId"] = "r1"
        $0["signature"] =
            "0x2a493e6e3eda0175a822f48fdc743556685a915f0cb93afecda4bbb76a278e186b05df365b258e5236fc08c952d0bb021d56d365bd4074a1c83f4e2d42e8a7e21c"
    }

    @Test func `the message is EIP-4361's, byte for byte`() throws {
        let full = try #require(SignInMessage(try WalletProof(Self.full)))
        #expect(
            full.text == """
                api.example.com wants you to sign in with your Ethereum account:
                0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF

                Sign in to access premium data

                URI: https://api.example.com/premium-data
                Version: 1
                Chain ID: 8453
                Nonce: a1b2c3d4e5f67890a1b2c3d4e5f67890
                Issued At: 2024-01-15T10:30:00.000Z
                Expiration Time: 2024-01-15T10:35:00.000Z
                Resources:
                - https://api.example.com/premium-data
                """)
        #expect(full.digest.hex == "0xcd5e2eef7ecf3d22b4b87ab9cd9874402b9932244e6eaabc466ec6b8eab17beb")
        let sparse = try #require(SignInMessage(try WalletProof(Self.sparse)))
        #expect(sparse.text.hasPrefix("api.example.com wants you to sign in with your Ethereum account:\n\(Self.key.address)\n\n\nURI: "))
        #expect(sparse.text.hasSuffix("\nNot Before: 2024-01-15T10:30:00.000Z\nRequest ID: r1"))
        #expect(sparse.digest.hex == "0x94c84f805cbf8585ffd7a753c8b31603ef61240928ab88c5762a6877156e3ffc")
    }

    @Test(arguments: [full, sparse]) func `the reference client's signature recovers to its wallet, in 65 bytes and in EIP-2098's 64`(
        _ json: JSONObject
    ) throws {
        #expect(try SignInSignature(of: WalletProof(json)) == .recovers(Self.key.address))
        let parsed = try ECDSASignature(parsing: try #require(Hex.decode(json["signature"]?.string ?? "")))
        var compact = parsed.r.bytes + parsed.s.bytes
        if parsed.parity { compact[32] |= 0x80 }
        var short = json
        short["signature"] = .string(Hex.encode(compact))
        #expect(try SignInSignature(of: WalletProof(short)) == .recovers(Self.key.address))
    }

    @Test(arguments: ["domain", "statement", "uri", "version", "chainId", "nonce", "issuedAt", "expirationTime", "resources", "address"])
    func `a message with one field changed is no longer what the key signed`(_ name: String) throws {
        var json = Self.full
        json[name] =
            switch name {
            case "chainId": "eip155:1"
            case "address": .string(PrivateKey(hex: "0x" + String(repeating: "0", count: 63) + "3")!.address.checksummed)
            case "resources": ["https://api.example.com/other"]
            default: "other"
            }
        guard case .needsContract = SignInSignature(of: try WalletProof(json)) else {
            Issue.record("a changed \(name) passed")
            return
        }
    }

    @Test func `a signature with a high s is no key's`() throws {
        var json = Self.full
        // n − s, with the other recovery byte: the same curve point.
        json["signature"] =
            "0xf392a3711cf739ee0bcadd9710925329d3f4f672a8092b6c8b3bdfd959f2495ccbd28e408c0c38ca641ae698e735cd2d39586a2b20b02d9b20898c24f986d9201c"
        guard case .needsContract = SignInSignature(of: try WalletProof(json)) else {
            Issue.record("a high s passed")
            return
        }
    }

    @Test func `what is no signature, address or chain of Ethereum's is malformed`() throws {
        for (name, value) in [
            ("signature", "0x"), ("signature", "00"), ("signature", "0xzz"), ("signature", "0x" + String(repeating: "00", count: 4097)),
            ("address", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6c"), ("address", "0x2b5AD5c4795c026514f8317c7a215E218DcCD6cF"),
            ("chainId", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"), ("chainId", "eip155:08453"), ("chainId", "eip155:"), ("chainId", "eip155:-1"),
        ] {
            var json = Self.full
            json[name] = .string(value)
            #expect(try SignInSignature(of: WalletProof(json)) == .malformed, "\(name) \(value)")
        }
    }
}
