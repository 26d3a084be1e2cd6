import CArgon2

/// Passwords as Argon2id PHC strings (RFC 9106; parameters of OWASP's password storage recommendation: 19 MiB, two passes, one lane).
public enum PasswordHash {
    /// Characters that a password has at least.
    public static let characters = 12
    /// Bytes that it has at most.
    public static let bytes = 512

    private static let passes: UInt32 = 2
    private static let kibibytes: UInt32 = 19 * 1024
    private static let saltLength = 16
    private static let hashLength = 32

    /// Hashes with a fresh salt. Takes about 50 ms of processor time: never on a thread that serves requests.
    /// - Throws: `PasswordError`.
    public static func make(_ password: String) throws(PasswordError) -> String {
        guard password.count >= characters, password.utf8.count <= bytes else { throw .length }
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<saltLength).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var encoded = [CChar](
            repeating: 0,
            count: argon2_encodedlen(passes, kibibytes, 1, UInt32(saltLength), UInt32(hashLength), Argon2_id))
        let bytes = Array(password.utf8)
        let status = argon2id_hash_encoded(passes, kibibytes, 1, bytes, bytes.count, salt, salt.count, hashLength, &encoded, encoded.count)
        guard status == ARGON2_OK.rawValue else { throw .failed(Int(status)) }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The hash of nothing that anybody knows, for people who have none: comparing costs the same.
    static let dummy = "$argon2id$v=19$m=19456,t=2,p=1$UHVzaGNhcnREdW1teVNhbA$W8rYyVZ2w5m1p3o5n0bq4u8r1xkQ0y7c2m9d6s3f4g0"

    /// Whether a password is the one behind a PHC string. Takes as long as `make`.
    public static func matches(_ password: String, _ encoded: String) -> Bool {
        let bytes = Array(password.utf8)
        return argon2id_verify(encoded, bytes, bytes.count) == ARGON2_OK.rawValue
    }
}

public enum PasswordError: Error, Hashable, CustomStringConvertible {
    case length
    case failed(Int)

    public var description: String {
        switch self {
        case .length: "A password has at least \(PasswordHash.characters) characters and at most \(PasswordHash.bytes) bytes."
        case .failed(let code): "The password could not be hashed (libargon2: \(code)); is there enough memory?"
        }
    }
}
