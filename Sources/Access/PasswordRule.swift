/// What a password must be. Length counts for more than odd characters (NIST SP 800-63B).
public enum PasswordRule {
    /// What is refused first by anybody who guesses; compared without regard to case.
    private static let worn: Set<String> = [
        "123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456", "qwertyuiopas", "qwertyuiop[]", "qwertyuiop123",
        "1q2w3e4r5t6y", "1qaz2wsx3edc", "password1234", "password12345", "passwordpassword", "passw0rd1234", "administrator", "administrator1",
        "letmeinletmein", "iloveyou1234", "welcome12345", "changemechangeme", "changeme1234", "correcthorsebatterystaple", "pushcartpushcart",
        "abcdefghijkl", "abcdefghijklm", "qwertyqwerty", "asdfghjkl123", "zxcvbnmasdfgh", "dragondragon", "monkeymonkey", "trustno1trustno1",
    ]

    /// Nil for a password that may be used.
    public static func refusal(_ password: String, email: MailAddress?) -> PasswordRefusal? {
        if password.count < PasswordHash.characters { return .short }
        if password.utf8.count > PasswordHash.bytes { return .long }
        let plain = password.lowercased()
        if let email, plain == email.normal || plain == email.normal.prefix(while: { $0 != "@" }) { return .mailAddress }
        if worn.contains(plain) || Set(plain).count < 4 { return .worn }
        return nil
    }
}

/// Why a password may not be used.
public enum PasswordRefusal: Hashable, Sendable, CustomStringConvertible {
    case short
    case long
    case mailAddress
    case worn

    public var description: String {
        switch self {
        case .short: PasswordError.length.description
        case .long: "A password has \(PasswordHash.bytes) bytes at most."
        case .mailAddress: "The password is the mail address; choose another one."
        case .worn: "This password is among the first that anybody would try; choose another one, such as four words."
        }
    }
}
