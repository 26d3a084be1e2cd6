/// Why bytes are not a signed transaction that we read.
public enum TransactionError: Error, Hashable, Sendable {
    /// Not of type 2; the first byte, if there was one.
    case type(UInt8?)
    case encoding(RLPError)
    /// Not the twelve fields of EIP-1559, or one of them out of its range.
    case fields
    /// The access list is not empty. We never send one.
    case accessList
    case signature(ECDSASignatureError)
    /// No key gives this signature.
    case sender
}
