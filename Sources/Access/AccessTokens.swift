public import Caching
import Crypto
public import Domain
import Foundation
import JWTKit
import Storage

/// Access tokens: signed for ten minutes, verified once and remembered. Whether the session behind one still stands is asked every time.
public final class AccessTokens: Sendable {
    static let lifetime: Duration = .seconds(600)
    static let audience = "pushcart"

    struct Verified: Hashable, Sendable {
        let person: Int64
        let session: Int64
        let role: Role
        let expiresAt: Timestamp
    }

    private let keys: SigningKeys
    private let issuer: String
    private let standings: Standings
    private let now: WallClock
    private let random: Randomness
    private let verified: Cache<[UInt8], Verified>

    /// - Parameter issuer: the shop's public origin.
    public init(
        keys: SigningKeys, issuer: String, standings: Standings, random: @escaping Randomness = systemRandomness, now: @escaping WallClock,
        remembered: Int = 10_000
    ) {
        self.keys = keys
        self.issuer = issuer
        self.standings = standings
        self.random = random
        self.now = now
        verified = Cache("access-tokens", limit: remembered, bytes: 8 << 20, lifetime: Self.lifetime) { hash, _ in 32 + hash.count }
    }

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [verified.meter] }

    /// - Throws: `SigningKeyMissing` before the keys are prepared.
    func issue(person: Int64, session: Int64, role: Role) async throws -> (token: String, expiresAt: Timestamp) {
        guard let (kid, collection) = keys.signing else { throw SigningKeyMissing() }
        let issued = now().seconds
        let expires = issued + Self.lifetime.components.seconds
        let claims = AccessClaims(
            iss: issuer, aud: Self.audience, sub: "\(person)", sid: "\(session)", role: role.rawValue, iat: issued, exp: expires,
            jti: Base64URL.encode(random(16)))
        let token = try await collection.sign(claims, kid: JWKIdentifier(string: kid), header: ["typ": .string(TokenHeader.type)])
        return (token, Timestamp(seconds: expires))
    }

    /// Nil for what is no token of ours, is over, or whose session or role is no longer what it says.
    func principal(_ token: String) async throws -> Principal? {
        guard token.utf8.count <= TokenHeader.longest else { return nil }
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        let known: Verified
        if let remembered = verified.value(hash) {
            known = remembered
        } else {
            guard let fresh = await verify(token) else { return nil }
            known = fresh
            verified.store(fresh, for: hash)
        }
        guard now() < known.expiresAt else {
            verified.remove(hash)
            return nil
        }
        guard let session = try await standings.session(known.session), session.isGood(at: now()), session.personID == known.person,
            let person = try await standings.person(known.person), person.state == .active, person.role == known.role
        else {
            verified.remove(hash)
            return nil
        }
        return Principal(.person(id: known.person, session: known.session), role: known.role)
    }

    private func verify(_ token: String) async -> Verified? {
        guard let header = TokenHeader(of: token), let collection = keys.verifying(header.kid),
            let claims = try? await collection.verify(token, as: AccessClaims.self)  // whatever is said against a token, it is none
        else { return nil }
        guard claims.iss == issuer, claims.aud == Self.audience, let person = Int64(claims.sub), let session = Int64(claims.sid),
            let role = Role(rawValue: claims.role), claims.iat <= now().seconds + 60, claims.exp - claims.iat == Self.lifetime.components.seconds
        else { return nil }
        return Verified(person: person, session: session, role: role, expiresAt: Timestamp(seconds: claims.exp))
    }
}

/// A token was asked for before the keys were prepared.
struct SigningKeyMissing: Error, CustomStringConvertible {
    var description: String { "There is no key to sign access tokens with yet." }
}
