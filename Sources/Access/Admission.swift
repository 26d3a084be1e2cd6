public import Domain

/// Who a bearer is: a person by an access token, or a program by its key.
public struct Admission: Sendable {
    private let tokens: AccessTokens
    private let keys: APIKeys

    public init(tokens: AccessTokens, keys: APIKeys) {
        self.tokens = tokens
        self.keys = keys
    }

    /// Nil for whatever proves nobody: unknown, over, revoked, ended, or from an address that the key is not for.
    public func principal(bearer: String, address: String) async throws -> Principal? {
        bearer.hasPrefix(APIKeyText.start) ? try await keys.principal(bearer, address: address) : try await tokens.principal(bearer)
    }
}
