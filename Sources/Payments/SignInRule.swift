import Domain
import X402

/// What a sign-in must say to be one for a product of ours, whoever signed it (sign-in-with-x, "Validate Message Fields").
struct SignInRule: Sendable {
    /// Host and port of the shop's configured origin; nothing that a request says decides it.
    let domain: String
    /// The product's address under that origin.
    let url: String

    /// - Parameter origin: scheme, host and port.
    init(origin: String, url: String) {
        domain = Self.domain(origin: origin)
        self.url = url
    }

    /// Host and port as an origin has them.
    static func domain(origin: String) -> String {
        guard let start = origin.firstRange(of: "://") else { return origin }
        return String(origin[start.upperBound...])
    }

    /// Nil when all is well. The nonce and the signature are judged elsewhere.
    func problem(_ proof: WalletProof, now: Timestamp) -> WireError? {
        guard proof.domain == domain else { return WireError(.signInDomain, "The sign-in is for another domain than \(domain).") }
        guard proof.uri == url else { return WireError(.signInURI, "The sign-in is for another address than \(url).") }
        guard proof.version == SignInExtension.version else {
            return WireError(.signInOther, "The sign-in is of another version than \(SignInExtension.version).")
        }
        guard proof.resources.map({ $0 == [url] }) ?? true else { return WireError(.signInOther, "The sign-in is for other resources.") }
        guard let issuedAt = Timestamp(rfc3339: proof.issuedAt) else { return WireError(.signInIssuedAt, "“issuedAt” is no moment.") }
        guard issuedAt <= now else { return WireError(.signInFromFuture, "“issuedAt” lies in the future.") }
        guard now - issuedAt <= .seconds(SignInExtension.lifetimeSeconds) else {
            return WireError(.signInTooOld, "The sign-in is older than \(SignInExtension.lifetimeSeconds) seconds; sign a new one.")
        }
        if let text = proof.expirationTime {
            guard let end = Timestamp(rfc3339: text) else { return WireError(.signInExpirationTime, "“expirationTime” is no moment.") }
            guard end > now else { return WireError(.signInExpired, "The sign-in has expired; sign a new one.") }
        }
        if let text = proof.notBefore {
            guard let start = Timestamp(rfc3339: text) else { return WireError(.signInNotBefore, "“notBefore” is no moment.") }
            guard start <= now else { return WireError(.signInTooEarly, "The sign-in is not valid yet.") }
        }
        return nil
    }
}
