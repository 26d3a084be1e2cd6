/// What is left out of a 402 whose header would become too long: a way to pay is worth more than what saves paying.
enum TermsCut: Int, Comparable {
    case nothing
    /// What the sign-in's schema says of each field.
    case fields
    /// The sign-in.
    case signIn
    /// The payment identifier too.
    case identifier

    var next: TermsCut? { TermsCut(rawValue: rawValue + 1) }

    static func < (a: TermsCut, b: TermsCut) -> Bool { a.rawValue < b.rawValue }
}
