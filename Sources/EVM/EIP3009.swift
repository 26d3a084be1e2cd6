/// The type hashes and functions of tokens that take signed authorizations (EIP-3009, as in Circle's FiatToken v2.2).
public enum EIP3009 {
    public static let transferTypeHash = EIP712.typeHash(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)")
    public static let receiveTypeHash = EIP712.typeHash(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)")
    public static let cancelTypeHash = EIP712.typeHash("CancelAuthorization(address authorizer,bytes32 nonce)")

    /// transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)
    public static let transferWithVRS = FunctionSelector(rawValue: 0xe3ee_160e)
    /// transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)
    public static let transferWithBytes = FunctionSelector(rawValue: 0xcf09_2995)
    /// authorizationState(address,bytes32)
    public static let authorizationState = FunctionSelector(rawValue: 0xe94a_0102)

    /// Returns a bool: whether the authorization is used or cancelled. It does not say which of the two.
    public static func authorizationStateCallData(authorizer: EVMAddress, nonce: Bytes32) -> [UInt8] {
        var encoder = ABIEncoder(authorizationState)
        encoder.append(authorizer)
        encoder.append(nonce)
        return encoder.encoded
    }
}
