/// Topic 0 of a log: the hash of the event's canonical signature (ABI specification, "Events").
public enum EventTopic {
    /// The signature without names, blanks and "indexed", as in "Transfer(address,address,uint256)".
    public static func hash(signature: String) -> Bytes32 {
        Keccak256.hash(utf8: signature)
    }

    /// FiatToken's AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce), also named by EIP-3009.
    public static let authorizationUsed = hash(signature: "AuthorizationUsed(address,bytes32)")

    /// EIP-3009's AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce).
    public static let authorizationCanceled = hash(signature: "AuthorizationCanceled(address,bytes32)")

    /// ERC-20's Transfer(address indexed from, address indexed to, uint256 value).
    public static let transfer = hash(signature: "Transfer(address,address,uint256)")
}
