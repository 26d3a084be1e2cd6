/// One thing that is wrong with one field of a document.
public struct JSONProblem: Sendable, Hashable, CustomStringConvertible {
    /// The field; for a missing one, where it should be.
    public let pointer: JSONPointer
    /// A plain sentence.
    public let reason: String

    public init(_ pointer: JSONPointer, _ reason: String) {
        self.pointer = pointer
        self.reason = reason
    }

    public var description: String { "\(pointer): \(reason)" }
}
