import Crypto
public import Domain
import Foundation

/// Nonces with which wallets sign in: made without remembering them, known again by their seal. On the wire one is 32 hexadecimal digits
/// (sign-in-with-x, "Message Metadata"): the second in which it expires, 40 random bits and an HMAC-SHA-256 over these cut to 56 bits.
/// Whoever guessed a seal would have gained nothing: a nonce proves freshness, the wallet's signature over it proves the wallet.
extension OfferSealer {
    /// For how long a nonce is good.
    public static let nonceLifetime: Duration = .seconds(300)

    /// A fresh nonce that expires a lifetime after `now`.
    public func nonce(at now: Timestamp) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: (now + Self.nonceLifetime).seconds).bigEndian) { bytes += $0 }
        var generator = SystemRandomNumberGenerator()
        withUnsafeBytes(of: generator.next() as UInt64) { bytes += $0.prefix(5) }
        bytes += nonceTag(bytes)
        return lowercaseHex(bytes)
    }

    /// A nonce of ours in bytes and when it expires; nil for any other text, and for one that has expired.
    public func judge(nonce text: String, at now: Timestamp) -> (bytes: [UInt8], expires: Timestamp)? {
        guard text.utf8.count == 32, text == text.lowercased(), let bytes = hexBytes(text), bytes.count == 16 else { return nil }
        guard zip(bytes[9...], nonceTag(Array(bytes[..<9]))).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        let expires = Timestamp(seconds: bytes[..<4].reduce(Int64(0)) { $0 << 8 | Int64($1) })
        return expires > now ? (bytes, expires) : nil
    }

    private func nonceTag(_ head: [UInt8]) -> [UInt8] {
        // No offer's seal begins with these words: it begins with its version.
        var authentication = keyed
        authentication.update(data: Array("pushcart sign-in nonce".utf8))
        authentication.update(data: head)
        return authentication.finalize().withUnsafeBytes { [UInt8]($0.prefix(7)) }
    }
}
