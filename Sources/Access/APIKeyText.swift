/// A key as its holder has it: `pc_`, 8 characters by which it is found, `_`, and 43 of a secret, about 256 bits.
struct APIKeyText: Sendable {
    static let start = "pc_"
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    let prefix: String
    let text: String

    init(_ random: Randomness) {
        var digits: [UInt8] = []
        while digits.count < 51 {
            // What does not divide evenly is thrown away, so that all are equally likely.
            digits += random(64).filter { $0 < 62 * 4 }.map { Self.alphabet[Int($0) % 62] }
        }
        prefix = String(decoding: digits[..<8], as: UTF8.self)
        text = "\(Self.start)\(prefix)_\(String(decoding: digits[8..<51], as: UTF8.self))"
    }

    /// Nil for what cannot be a key, before any look at the file.
    init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(56))
        guard bytes.count == 55, bytes.starts(with: Self.start.utf8), bytes[11] == 0x5F,
            (bytes[3..<11] + bytes[12...]).allSatisfy(Self.alphabet.contains)
        else { return nil }
        prefix = String(decoding: bytes[3..<11], as: UTF8.self)
        self.text = text
    }
}
