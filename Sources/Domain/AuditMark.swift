/// A place in the audit log that somebody wrote down, such as `4711:9f86d081…`: enough to notice that the log has been shortened or
/// written anew since.
public struct AuditMark: Hashable, Sendable, CustomStringConvertible {
    /// An entry of the log.
    public let sequence: Int64
    /// The hash that it had, 32 bytes.
    public let hash: [UInt8]

    public init(sequence: Int64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }

    /// Reads the text form; nil for anything else, and for entries beyond 15 digits, which no log reaches and not every reader of JSON can hold.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count <= 15, let sequence = Int64(parts[0]), sequence > 0, String(sequence) == parts[0],
            let hash = hexBytes(parts[1]),
            hash.count == 32
        else { return nil }
        self.init(sequence: sequence, hash: hash)
    }

    public var description: String { "\(sequence):\(lowercaseHex(hash))" }
}

extension AuditHead {
    /// The head in a form that people can write down.
    public var mark: AuditMark { AuditMark(sequence: sequence, hash: hash) }
}
