import Crypto
import Foundation

/// AES-256-GCM: a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes.
///
/// Random nonces are safe for 2^32 uses of one key (NIST SP 800-38D, 8.3); no subject comes near.
enum SealedBox {
    /// How many bytes more than the plain ones there are.
    static let overhead = 12 + 16

    /// - Parameter context: what must be the same for opening; not part of the result.
    static func seal(_ plain: some DataProtocol, _ key: SymmetricKey, context: [UInt8]) -> [UInt8] {
        guard let sealed = try? AES.GCM.seal(plain, using: key, authenticating: context).combined else {
            preconditionFailure("a key of 256 bits seals anything that fits into memory")
        }
        return [UInt8](sealed)
    }

    /// Nil when it was not sealed so, for any reason.
    static func open(_ sealed: some DataProtocol, _ key: SymmetricKey, context: [UInt8]) -> Data? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed) else { return nil }
        return try? AES.GCM.open(box, using: key, authenticating: context)
    }
}
