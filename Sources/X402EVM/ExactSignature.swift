public import EVM

/// What a signature says by itself, without asking a chain.
public enum ExactSignature: Hashable, Sendable {
    /// It recovers to the payer.
    case recovers(ECDSASignature)
    /// It does not; if the payer is a contract, the contract decides (ERC-1271).
    case needsContract
    /// The wallet is not deployed yet (ERC-6492); its signature cannot be settled.
    case undeployedWallet

    /// Reads the payload's signature in the asset's domain (EIP-712).
    public init(of payload: ExactPayload, in domain: EIP712Domain) {
        if ERC6492Signature.isWrapped(payload.signature) {
            self = .undeployedWallet
        } else if let signature = try? ECDSASignature(parsing: payload.signature),  // whatever is no signature of a key may be one of a contract
            signature.recoverAddress(payload.authorization.digest(in: domain)) == payload.authorization.from
        {
            self = .recovers(signature)
        } else {
            self = .needsContract
        }
    }
}
