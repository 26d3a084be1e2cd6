import Crypto
import Domain
import Foundation
import JSON

/// What a payment service knows the shop by.
public struct FacilitatorCredential: Sendable {
    private enum Kind {
        /// Sent as it is.
        case bearer(String)
        /// A key that signs a token of its own for each request, good for two minutes (RFC 7519 with EdDSA, RFC 8037), as Coinbase's
        /// services want it.
        case signing(id: String, issuer: String, key: Curve25519.Signing.PrivateKey)
    }

    private let kind: Kind

    /// For how long a signed token is good, in seconds.
    private static let lifetime: Int64 = 120

    /// Reads a token, or the JSON file of a key: `id`, `privateKey` (base64 of an Ed25519 key, 32 bytes, or 64 with its public half)
    /// and, where it is not `cdp`, `issuer`. Nil for what is neither.
    public init?(_ text: String) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("{") else {
            guard !text.isEmpty, text.utf8.count <= 4096, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            kind = .bearer(text)
            return
        }
        guard let json = try? JSONValue(parsing: Array(text.utf8), limits: JSONLimits(maxBytes: 8192)),  // what is no JSON is no key
            let id = json["id"]?.string, let encoded = json["privateKey"]?.string, let bytes = Data(base64Encoded: encoded),
            bytes.count == 32 || bytes.count == 64,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32)),  // nil is told as a wrong token file
            bytes.count == 32 || key.publicKey.rawRepresentation == bytes.suffix(32)
        else { return nil }
        kind = .signing(id: id, issuer: json["issuer"]?.string ?? "cdp", key: key)
    }

    /// The value of `Authorization` for one request; nil when nothing can be signed.
    /// - Parameter nonce: never the same twice.
    func authorization(method: String, host: String, path: String, nonce: String, now: Timestamp) -> String? {
        switch kind {
        case .bearer(let token): return "Bearer \(token)"
        case .signing(let id, let issuer, let key):
            let header: JSONValue = ["alg": "EdDSA", "typ": "JWT", "kid": .string(id), "nonce": .string(nonce)]
            let uri = "\(method) \(host)\(path)"
            let claims: JSONValue = [
                "sub": .string(id), "iss": .string(issuer), "nbf": .integer(now.seconds), "iat": .integer(now.seconds),
                "exp": .integer(now.seconds + Self.lifetime), "uri": .string(uri), "uris": [.string(uri)],
            ]
            let text = "\(Self.base64URL(header.encoded())).\(Self.base64URL(claims.encoded()))"
            guard let signature = try? key.signature(for: Data(text.utf8)) else { return nil }  // the request then goes to nobody
            return "Bearer \(text).\(Self.base64URL(signature))"
        }
    }

    private static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
