public import EVM
public import X402

/// What a sign-in's signature says by itself, without asking a chain (sign-in-with-x, "Verify Signature").
public enum SignInSignature: Hashable, Sendable {
    /// It recovers to the wallet's address (EIP-191).
    case recovers(EVMAddress)
    /// It does not; if the address is a contract, the contract decides about these (ERC-1271).
    case needsContract(EVMAddress, digest: Bytes32, signature: [UInt8])
    /// No signature, no address or no chain of Ethereum's at all.
    case malformed

    public init(of proof: WalletProof) {
        // An address whose letters contradict themselves was mistyped or made up (EIP-55).
        guard let message = SignInMessage(proof), let address = EVMAddress(hex: proof.address), AddressChecksum(of: proof.address) != .wrong,
            let signature = Hex.decode(proof.signature), !signature.isEmpty, signature.count <= ExactPayload.maximumSignatureLength
        else {
            self = .malformed
            return
        }
        let digest = message.digest
        if let parsed = try? ECDSASignature(parsing: signature),  // whatever is no signature of a key may be one of a contract
            parsed.recoverAddress(digest) == address
        {
            self = .recovers(address)
        } else {
            self = .needsContract(address, digest: digest, signature: signature)
        }
    }
}
