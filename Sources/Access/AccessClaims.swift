import JWTKit

/// What an access token says (RFC 9068). Times are seconds since 1970.
struct AccessClaims: JWTPayload, Hashable {
    var iss: String
    var aud: String
    var sub: String
    var sid: String
    var role: String
    var iat: Int64
    var exp: Int64
    var jti: String

    /// Judged by `AccessTokens` with the shop's own clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}
