/// Asking a contract whether a signature is its own (ERC-1271).
public enum ERC1271 {
    /// isValidSignature(bytes32,bytes); a contract that agrees returns this selector itself.
    public static let magicValue = FunctionSelector(rawValue: 0x1626_ba7e)

    public static func callData(digest: Bytes32, signatureBytes: [UInt8]) -> [UInt8] {
        var encoder = ABIEncoder(magicValue)
        encoder.append(digest)
        encoder.append(signatureBytes)
        return encoder.encoded
    }

    /// Whether the return data says yes: a bytes4, left-aligned in a word whose rest is zero. Anything else is a no.
    public static func isMagic(_ returnData: [UInt8]) -> Bool {
        (try? ABIDecoder.bytes32(returnData)) == Bytes32(UInt64(magicValue.rawValue) << 32, 0, 0, 0)
    }
}
