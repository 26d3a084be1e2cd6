import Crypto
public import Domain

/// A payer as entries of the audit log name it: by a hash with the receipt's random bits. Who has the receipt can check it; once the
/// payment's row has forgotten either, nobody can tell whose it was.
public enum PayerHash {
    /// SHA-256, 32 bytes.
    public static func of(payer: [UInt8], receipt: ReceiptID) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("pushcart payer 1\n".utf8))
        hash.update(data: receipt.token.bytes)
        hash.update(data: payer)
        return Array(hash.finalize())
    }
}
