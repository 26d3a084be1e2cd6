import BigInt
import EVM
import JSON
import X402EVM

/// A payer, what he signs, and where.
enum ExactFixtures {
    /// The example key of EIP-2098.
    static let key = PrivateKey(hex: "0x1234567890123456789012345678901234567890123456789012345678901234")!
    static let shop = EVMAddress(hex: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C")!
    static let usdc = EVMAddress(hex: "0x036CbD53842c5426634e7929541eC2318f3dCF7e")!
    static let domain = EIP712Domain(name: "USDC", version: "2", chainID: 84_532, verifyingContract: usdc)
    static let nonce = Bytes32([UInt8](1...32))!

    static func authorization(
        from: EVMAddress = key.address, to: EVMAddress = shop, value: BigUInt = 10_000, nonce: Bytes32 = nonce
    ) -> TransferAuthorization {
        TransferAuthorization(from: from, to: to, value: value, validAfter: 1_740_672_089, validBefore: 1_740_672_154, nonce: nonce)!
    }

    static func payload(signature: [UInt8]? = nil) -> ExactPayload {
        let authorization = authorization()
        return ExactPayload(authorization: authorization, signature: signature ?? key.sign(authorization.digest(in: domain)).serialized65)
    }
}
