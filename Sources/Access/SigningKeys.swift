import Crypto
public import Domain
import Foundation
public import JSON
import JWTKit
public import Sealing
public import Storage
import Synchronization

/// The Ed25519 keys of access tokens. One signs; those of before verify until the last token that they signed is over.
public final class SigningKeys: Sendable {
    /// A new key so often.
    static let lifetime: Duration = .seconds(30 * 24 * 3600)

    struct Ring: Sendable {
        var signing: String?
        var madeAt = Timestamp(milliseconds: .min)
        var publicKeys: [(kid: String, key: [UInt8])] = []
        var collection = JWTKeyCollection()
    }

    private let reader: Reader
    private let writer: Writer
    private let vault: Vault
    private let now: WallClock
    private let random: Randomness
    private let ring = Mutex(Ring())

    /// Knows no key until `prepare`.
    public init(database: ShopDatabase, vault: Vault, random: @escaping Randomness = systemRandomness, now: @escaping WallClock) {
        reader = database.reader
        writer = database.writer
        self.vault = vault
        self.random = random
        self.now = now
    }

    /// Reads the keys and makes one where there is none that is young enough. Called at the start and every hour or so.
    public func prepare() async throws {
        try await load()
        if ring.withLock({ $0.signing == nil || $0.madeAt + Self.lifetime <= now() }) { try await rotate(actor: "pushcart") }
    }

    /// Makes a new key; the present ones verify for as long as their tokens live.
    public func rotate(actor: String) async throws {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: Data(random(32)))
        let kid = Base64URL.encode(random(12))
        let row = SigningKeyRow(
            kid: kid, publicKey: [UInt8](key.publicKey.rawRepresentation),
            privateKey: try vault.seal([UInt8](key.rawRepresentation), for: .shop, field: "token.key"), createdAt: now())
        // A minute more than a token lives: it may be signed while this is written.
        try await writer.makeSigningKey(row, retiring: now() + AccessTokens.lifetime + .seconds(60), actor: actor)
        try await load()
    }

    /// For `/.well-known/jwks.json` (RFC 7517, RFC 8037).
    public func jwks() -> JSONValue {
        let keys = ring.withLock { $0.publicKeys }
        return [
            "keys": .array(
                keys.map { kid, key in
                    [
                        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": .string(TokenHeader.algorithm), "kid": .string(kid),
                        "x": .string(Base64URL.encode(key)),
                    ]
                })
        ]
    }

    /// The key to sign with; nil before `prepare`.
    var signing: (kid: String, collection: JWTKeyCollection)? { ring.withLock { ring in ring.signing.map { ($0, ring.collection) } } }

    /// The keys to verify with, if that one is among them.
    func verifying(_ kid: String) -> JWTKeyCollection? {
        ring.withLock { ring in ring.publicKeys.contains { $0.kid == kid } ? ring.collection : nil }
    }

    private func load() async throws {
        var next = Ring()
        let rows = try reader.signingKeys(now: now())
        for row in rows {
            let id = JWKIdentifier(string: row.kid)
            if next.signing == nil {
                let bytes = try vault.open(row.privateKey, for: .shop, field: "token.key")
                let key = EdDSA.PrivateKey(backing: try Curve25519.Signing.PrivateKey(rawRepresentation: Data(bytes)))
                await next.collection.add(eddsa: key, kid: id)
                (next.signing, next.madeAt) = (row.kid, row.createdAt)
            } else {
                let key = EdDSA.PublicKey(backing: try Curve25519.Signing.PublicKey(rawRepresentation: Data(row.publicKey)))
                await next.collection.add(eddsa: key, kid: id)
            }
            next.publicKeys.append((row.kid, row.publicKey))
        }
        // No key answers for one that is not known.
        await next.collection.clearDefault()
        let loaded = next
        ring.withLock { $0 = loaded }
    }
}
