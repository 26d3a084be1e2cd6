/// The domain of a token's signatures (EIP-712, "Definition of domainSeparator"), with the four fields that EIP-3009 tokens use.
/// Hashes once, at the start: keep the value for the lifetime of the asset.
public struct EIP712Domain: Hashable, Sendable {
    public let name: String
    public let version: String
    public let chainID: UInt64
    public let verifyingContract: EVMAddress
    public let separator: Bytes32

    public init(name: String, version: String, chainID: UInt64, verifyingContract: EVMAddress) {
        self.name = name
        self.version = version
        self.chainID = chainID
        self.verifyingContract = verifyingContract
        separator = Keccak256.hash(count: 5 * 32) {
            $0.append(Self.typeHash)
            $0.append(Keccak256.hash(utf8: name))
            $0.append(Keccak256.hash(utf8: version))
            $0.append(Bytes32(chainID))
            $0.append(verifyingContract.word)
        }
    }

    private static let typeHash = EIP712.typeHash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
}
