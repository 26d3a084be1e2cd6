import Crypto
import Foundation

/// Codes of six digits that change every 30 seconds (RFC 6238 with SHA-1, which is what authenticator apps know).
enum TOTP {
    /// Seconds that a code stands for.
    static let period: Int64 = 30
    /// 160 bits, as RFC 4226 recommends.
    static let seedLength = 20

    private static let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@")

    static func step(at seconds: Int64) -> Int64 { seconds / period }

    /// RFC 4226, section 5.3.
    static func code(seed: [UInt8], step: Int64, digits: Int = 6) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { [UInt8]($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: seed)))
        let offset = Int(mac[19] & 0x0F)
        let number = mac[offset..<offset + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(1 as UInt32) { value, _ in value * 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// The step whose code this is, one step early or late allowed; nil for a wrong code, and for one whose step is not after `used`.
    static func match(_ given: String, seed: [UInt8], seconds: Int64, after used: Int64) -> Int64? {
        guard given.utf8.count == 6 else { return nil }
        let now = step(at: seconds)
        var found: Int64?
        for step in now - 1...now + 1 where SecretText.same(Array(code(seed: seed, step: step).utf8), Array(given.utf8)) && step > used {
            found = step
        }
        return found
    }

    /// What an authenticator app reads from a QR code.
    static func uri(seed: [UInt8], issuer: String, account: String) -> String {
        func quoted(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "" }
        let name = "\(quoted(issuer)):\(quoted(account))"
        return "otpauth://totp/\(name)?secret=\(Base32.encode(seed))&issuer=\(quoted(issuer))&algorithm=SHA1&digits=6&period=\(period)"
    }
}
