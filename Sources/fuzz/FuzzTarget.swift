/// Something that does not hold, in a sentence with the input that shows it.
struct FuzzFinding: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One property, tried on what a case's random numbers make.
struct FuzzTarget: Sendable {
    let name: String
    /// - Throws: `FuzzFinding`.
    let run: @Sendable (inout FuzzRandom) throws -> Void

    static let all = codecs + json + names + encodings + signatures
}

func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws(FuzzFinding) {
    guard holds else { throw FuzzFinding(what()) }
}
