public import BigInt

/// An item of Ethereum's recursive length prefix (Yellow Paper, appendix B): bytes, or a list of items.
public enum RLPItem: Hashable, Sendable {
    case bytes([UInt8])
    case list([RLPItem])

    /// A number without leading zeros; zero is no bytes.
    public static func number(_ value: UInt64) -> RLPItem {
        .bytes(withUnsafeBytes(of: value.bigEndian) { [UInt8]($0.drop { $0 == 0 }) })
    }

    /// A number without leading zeros; zero is no bytes. It must fit 256 bits.
    public static func number(_ value: BigUInt) -> RLPItem {
        guard let word = Bytes32(value) else { preconditionFailure("a number of more than 256 bits") }
        return .number(word)
    }

    /// The word as a big-endian number.
    static func number(_ word: Bytes32) -> RLPItem {
        .bytes(word.withUnsafeBytes { [UInt8]($0.drop { $0 == 0 }) })
    }
}
