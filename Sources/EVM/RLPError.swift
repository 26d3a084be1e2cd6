/// Why bytes are not one canonical RLP item.
public enum RLPError: Error, Hashable, Sendable {
    /// A length reaches behind the end of the bytes, or of the list around it.
    case truncated
    case trailingBytes
    /// The same item has a shorter encoding.
    case notCanonical
    /// Lists nest more deeply than ``RLP/maximumDepth``.
    case tooDeep
}
