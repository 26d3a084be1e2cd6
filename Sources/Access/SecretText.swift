import Crypto
import Foundation

/// 256 random bits that somebody keeps, of which the shop stores only the hash.
struct SecretText: Sendable {
    let text: String
    let hash: [UInt8]

    init(_ random: Randomness) {
        text = Base64URL.encode(random(32))
        hash = Self.hash(text)
    }

    /// SHA-256: with 256 random bits behind it nothing slower is needed.
    static func hash(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// Nil for what cannot be one, before any look at the file.
    static func hash(given text: String) -> [UInt8]? { text.utf8.count == 43 ? hash(text) : nil }

    /// Without telling by its time where two hashes part.
    static func same(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0 }
}
