/// Why bytes are not the ABI encoding of the values asked for.
public enum ABIError: Error, Hashable, Sendable {
    /// A word, an offset or a length reaches behind the end of the data.
    case truncated
    /// A word holds a number too great for its type.
    case outOfRange
    /// A byte of padding is not zero.
    case padding
    /// A string is not UTF-8.
    case notUTF8
}
