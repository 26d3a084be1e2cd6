import Crypto
import Foundation

/// Finds sealed values again by an HMAC-SHA-256 that nobody can compute without the vault's index key.
struct BlindIndex: Sendable {
    /// Keyed once: each look-up starts from a copy.
    private let keyed: HMAC<SHA256>

    init(key: SymmetricKey) { keyed = HMAC<SHA256>(key: key) }

    /// 32 bytes.
    func value(_ value: String, field: String) -> [UInt8] {
        var authentication = keyed
        // The field's length goes first, so that no two pairs are spelled alike.
        authentication.update(data: withUnsafeBytes(of: UInt64(field.utf8.count).bigEndian) { [UInt8]($0) })
        authentication.update(data: Array(field.utf8))
        authentication.update(data: Array(value.utf8))
        return Array(authentication.finalize())
    }
}
