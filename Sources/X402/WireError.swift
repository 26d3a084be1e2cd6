/// What is wrong with a piece of x402 from outside: a code and one sentence for whoever sent it.
public struct WireError: Error, Hashable, CustomStringConvertible {
    public let reason: ErrorReason
    public let sentence: String

    public init(_ reason: ErrorReason, _ sentence: String) {
        self.reason = reason
        self.sentence = sentence
    }

    public var description: String { sentence }
}
