import Foundation

/// Somebody's mail address: as it is kept, and as it is compared.
public struct MailAddress: Hashable, Sendable {
    /// As it was given, without blanks around it, composed (NFC).
    public let text: String
    /// Lowercased; two spellings of one address are one address.
    let normal: String

    /// What a mail address looks like, as documents of the API say it.
    public static let pattern = #"^[^@\s\u0000-\u001f\u007f-\u009f]+@[^@\s\u0000-\u001f\u007f-\u009f]+$"#

    /// Nil for what cannot be one: it has one `@` between two parts, no blanks, and at most 254 bytes.
    public init?(_ given: String) {
        guard given.utf8.count <= 1000 else { return nil }
        text = given.trimmingCharacters(in: .whitespacesAndNewlines).precomposedStringWithCanonicalMapping
        normal = text.lowercased().precomposedStringWithCanonicalMapping
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), text.utf8.count <= 254,
            text.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.properties.generalCategory != .control })
        else { return nil }
    }

    /// One that was taken before there was a rule.
    init(unchecked given: String) {
        text = given
        normal = given.lowercased().precomposedStringWithCanonicalMapping
    }
}
