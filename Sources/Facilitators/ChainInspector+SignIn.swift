import EVM
import Foundation
import Logging
public import Payments
public import X402
import X402EVM

extension LocalFacilitator {
    public func signer(_ proof: WalletProof) async -> SignInVerdict { await inspector.signer(proof, log) }
}

extension RemoteFacilitator {
    /// Without a node only keys sign in.
    public func signer(_ proof: WalletProof) async -> SignInVerdict {
        if let inspector { return await inspector.signer(proof, log) }
        guard case .recovers(let address) = SignInSignature(of: proof) else { return .invalid(SignInSignature.refusal) }
        return .key(address.bytes)
    }
}

extension ChainInspector {
    /// Whose a sign-in is, with the chain's help where a contract has to be asked.
    func signer(_ proof: WalletProof, _ log: Logger) async -> SignInVerdict {
        switch SignInSignature(of: proof) {
        // A key is its account's on every chain, also where the account has code beside (EIP-7702).
        case .recovers(let address): return .key(address.bytes)
        case .malformed: return .invalid(SignInSignature.refusal)
        case .needsContract(let address, let digest, let signature):
            do {
                switch try await codes.hasCode(address) {
                case true?: break
                case false?: return .invalid(SignInSignature.refusal)
                case nil: return .unavailable("Too many sign-ins with unclear signatures came in; try again in a moment.")
                }
                return try await contract(address, digest, signature) ? .contract(address.bytes) : .invalid(SignInSignature.refusal)
            } catch {
                log.warning("a sign-in could not be verified: \(error)")
                return .unavailable("The network cannot be asked just now; try to sign in again in a moment.")
            }
        }
    }

    /// Whether a contract stands by a signature (ERC-1271).
    private func contract(_ address: EVMAddress, _ digest: Bytes32, _ signature: [UInt8]) async throws -> Bool {
        let answers = try await witness.rpc.batch([
            .read(address, ERC1271.callData(digest: digest, signatureBytes: signature), gas: LocalFacilitator.gasForContract)
        ])
        switch answers[0] {
        case .success(let answer): return answer.data.map(ERC1271.isMagic) ?? false
        case .failure(let refusal):
            guard refusal.isRevert else { throw refusal }
            return false
        }
    }
}

extension SignInSignature {
    static let refusal = WireError(.signInSignature, "The signature is not the wallet's for this message.")
}
