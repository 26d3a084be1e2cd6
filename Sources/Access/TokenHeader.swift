import JSON

/// The head of an access token, read strictly before any library sees the token: only what we write ourselves is a token at all.
///
/// jwt-kit takes an unknown `kid` for the default key and does not compare `alg`; whoever relies on it verifies what the sender chose.
struct TokenHeader: Hashable {
    static let algorithm = "EdDSA"
    /// RFC 9068, section 2.1.
    static let type = "at+jwt"
    /// Bytes that a token has at most.
    static let longest = 2048

    let kid: String

    /// Nil for what is none of our tokens: three parts, a header of exactly `alg`, `kid` and `typ`, a signature of 64 bytes.
    init?(of token: String) {
        guard token.utf8.count <= Self.longest else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, parts[2].utf8.count == 86, Base64URL.decode(parts[1]) != nil,
            Base64URL.decode(parts[2])?.count == 64, let bytes = Base64URL.decode(parts[0]),
            let header = try? JSONValue(parsing: bytes, limits: JSONLimits(maxBytes: 512, maxDepth: 2, maxNodes: 16)).object,  // no JSON, no token
            header.count == 3, header["alg"]?.string == Self.algorithm, header["typ"]?.string == Self.type, let kid = header["kid"]?.string
        else { return nil }
        self.kid = kid
    }
}
