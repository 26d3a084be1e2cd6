/// A signed withdrawal of an authorization that has not been used (EIP-3009).
public struct CancelAuthorization: Hashable, Sendable {
    public let authorizer: EVMAddress
    public let nonce: Bytes32

    public init(authorizer: EVMAddress, nonce: Bytes32) {
        self.authorizer = authorizer
        self.nonce = nonce
    }

    public var structHash: Bytes32 {
        Keccak256.hash(count: 3 * 32) {
            $0.append(EIP3009.cancelTypeHash)
            $0.append(authorizer.word)
            $0.append(nonce)
        }
    }

    /// What the authorizer signs.
    public func digest(in domain: EIP712Domain) -> Bytes32 {
        EIP712.digest(domainSeparator: domain.separator, structHash: structHash)
    }
}
