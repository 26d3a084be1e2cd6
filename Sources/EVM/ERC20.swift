public import BigInt

/// Calls of a token (ERC-20, with the extensions that we ask for).
public enum ERC20 {
    /// Returns a uint256 of atomic units.
    public static func balanceOfCallData(_ owner: EVMAddress) -> [UInt8] {
        var encoder = ABIEncoder(balanceOf)
        encoder.append(owner)
        return encoder.encoded
    }

    /// The number must fit 256 bits. Returns a bool.
    public static func transferCallData(to: EVMAddress, value: BigUInt) -> [UInt8] {
        var encoder = ABIEncoder(transfer)
        encoder.append(to)
        encoder.append(value)
        return encoder.encoded
    }

    /// Returns a uint8.
    public static let decimalsCallData = FunctionSelector(rawValue: 0x313c_e567).bytes
    /// Returns a string.
    public static let nameCallData = FunctionSelector(rawValue: 0x06fd_de03).bytes
    /// Returns a string.
    public static let symbolCallData = FunctionSelector(rawValue: 0x95d8_9b41).bytes
    /// FiatToken's version(): the string of the EIP-712 domain.
    public static let versionCallData = FunctionSelector(rawValue: 0x54fd_4d50).bytes
    /// DOMAIN_SEPARATOR() of ERC-2612: returns the bytes32 to compare with ``EIP712Domain/separator``.
    public static let domainSeparatorCallData = FunctionSelector(rawValue: 0x3644_e515).bytes

    private static let balanceOf = FunctionSelector(rawValue: 0x70a0_8231)
    private static let transfer = FunctionSelector(rawValue: 0xa905_9cbb)
}
