/// Why bytes are not a signature that we take. Says nothing of who signed what.
public enum ECDSASignatureError: Error, Hashable, Sendable {
    /// Neither 64 nor 65 bytes; how many they were.
    case length(Int)
    /// v is none of 0, 1, 27, 28.
    case recoveryByte(UInt8)
    /// r is zero, or not below the order of the curve.
    case rOutOfRange
    /// s is zero, or not below the order of the curve.
    case sOutOfRange
    /// s is above half of the order: the malleable twin of a proper signature (EIP-2), which USDC's contract refuses as well.
    case highS
}
