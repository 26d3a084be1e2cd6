/// One of ten codes for the day on which the telephone is gone, each good once: `abcde-fghij` of an alphabet without look-alikes.
enum RecoveryCode {
    static let count = 10
    private static let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789!".utf8.dropLast())

    static func make(_ random: Randomness) -> String {
        var digits: [UInt8] = []
        while digits.count < 10 {
            // What does not divide evenly is thrown away, so that all are equally likely.
            digits += random(16).filter { $0 < 31 * 8 }.map { alphabet[Int($0) % 31] }
        }
        return String(decoding: digits[..<5] + [0x2D] + digits[5..<10], as: UTF8.self)
    }

    /// As it is hashed: without regard to case, blanks and hyphens; nil for what cannot be one.
    static func normal(_ given: String) -> String? {
        guard given.utf8.count <= 40 else { return nil }
        let digits = given.lowercased().filter { $0 != "-" && !$0.isWhitespace }
        return digits.utf8.count == 10 && digits.utf8.allSatisfy(alphabet.contains) ? digits : nil
    }
}
