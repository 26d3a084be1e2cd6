/// Typed structured data (EIP-712): what a wallet hashes before it signs.
public enum EIP712 {
    /// keccak256(0x19 ‖ 0x01 ‖ domainSeparator ‖ structHash).
    public static func digest(domainSeparator: Bytes32, structHash: Bytes32) -> Bytes32 {
        Keccak256.hash(count: 66) {
            $0.append(0x19)
            $0.append(0x01)
            $0.append(domainSeparator)
            $0.append(structHash)
        }
    }

    /// The hash of an encoded type, such as "Mail(address to,string contents)".
    public static func typeHash(_ encodedType: String) -> Bytes32 {
        Keccak256.hash(utf8: encodedType)
    }

    /// hashStruct: keccak256(typeHash ‖ encodeData). Strings, bytes and inner structs go in as their hashes.
    public static func structHash(typeHash: Bytes32, fields: [Bytes32]) -> Bytes32 {
        Keccak256.hash(count: 32 + fields.count * 32) {
            $0.append(typeHash)
            for field in fields { $0.append(field) }
        }
    }
}
