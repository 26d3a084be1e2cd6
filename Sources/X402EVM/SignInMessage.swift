public import EVM
public import X402

/// The message that a wallet signs to sign in: EIP-4361 of what a proof says (sign-in-with-x, "Message Format").
public struct SignInMessage: Hashable, Sendable {
    public let text: String

    /// Nil unless the chain is one of `eip155`.
    public init?(_ proof: WalletProof) {
        guard proof.chainID.hasPrefix("eip155:"), let chain = UInt64(proof.chainID.dropFirst(7)), "eip155:\(chain)" == proof.chainID else {
            return nil
        }
        var lines = ["\(proof.domain) wants you to sign in with your Ethereum account:", proof.address, ""]
        if let statement = proof.statement { lines.append(statement) }
        lines += [
            "", "URI: \(proof.uri)", "Version: \(proof.version)", "Chain ID: \(chain)", "Nonce: \(proof.nonce)", "Issued At: \(proof.issuedAt)",
        ]
        if let expirationTime = proof.expirationTime { lines.append("Expiration Time: \(expirationTime)") }
        if let notBefore = proof.notBefore { lines.append("Not Before: \(notBefore)") }
        if let requestID = proof.requestID { lines.append("Request ID: \(requestID)") }
        if let resources = proof.resources { lines += ["Resources:"] + resources.map { "- \($0)" } }
        text = lines.joined(separator: "\n")
    }

    /// What is signed: EIP-191, version 0x45.
    public var digest: Bytes32 {
        Keccak256.hash(utf8: "\u{19}Ethereum Signed Message:\n\(text.utf8.count)\(text)")
    }
}
