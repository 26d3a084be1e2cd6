public import JSON

/// The extension `sign-in-with-x` (specs/extensions/sign-in-with-x.md): whoever paid before proves the wallet and pays nothing again.
public enum SignInExtension {
    /// Its name in `extensions`.
    public static let key = "sign-in-with-x"
    /// The header with the client's proof: base64 of JSON ("Client Request").
    public static let header = "SIGN-IN-WITH-X"
    /// The longest header that is read, in bytes: a contract wallet's signature has up to 4096 bytes, two digits each, in base64.
    public static let maximumLength = 16_384
    /// The version of CAIP-122 ("Message Metadata").
    public static let version = "1"
    /// For how many seconds a challenge is good ("Validate Message Fields").
    public static let lifetimeSeconds: Int64 = 300

    /// What a 402 declares ("Server-Declared Fields").
    /// - Parameters:
    ///   - chains: CAIP-2 names of chains in `eip155`.
    ///   - terse: leaves out what the schema says of each field, where a header has no room for it.
    public static func declaration(
        domain: String, uri: String, statement: String, nonce: String, issuedAt: String, expirationTime: String, chains: [String], terse: Bool = false
    ) -> JSONValue {
        [
            "info": [
                "domain": .string(domain), "uri": .string(uri), "version": .string(version), "nonce": .string(nonce), "issuedAt": .string(issuedAt),
                "expirationTime": .string(expirationTime), "statement": .string(statement), "resources": [.string(uri)],
            ],
            "supportedChains": .array(chains.map { ["chainId": .string($0), "type": "eip191"] }),
            "schema": .object(schema(terse: terse)),
        ]
    }

    private static func schema(terse: Bool) -> JSONObject {
        let text: JSONValue = ["type": "string"]
        let uri: JSONValue = ["type": "string", "format": "uri"]
        let moment: JSONValue = ["type": "string", "format": "date-time"]
        var schema: JSONObject = ["$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"]
        if !terse {
            schema["properties"] = [
                "domain": text, "address": text, "statement": text, "uri": uri, "version": text, "chainId": text, "type": text, "nonce": text,
                "issuedAt": moment, "expirationTime": moment, "notBefore": moment, "requestId": text,
                "resources": ["type": "array", "items": uri], "signature": text,
            ]
        }
        schema["required"] = ["domain", "address", "uri", "version", "chainId", "type", "nonce", "issuedAt", "signature"]
        return schema
    }
}
