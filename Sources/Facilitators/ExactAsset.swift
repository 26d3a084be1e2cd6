import BigInt
import Domain
import EVM
import X402
import X402EVM

/// One way to be paid, with what its scheme needs worked out beforehand: reading and checking without a chain.
struct ExactAsset: Sendable {
    let option: PaymentOption
    let address: EVMAddress
    let domain: EIP712Domain

    init?(_ option: PaymentOption) {
        guard let address = EVMAddress(option.asset.address) else { return nil }
        self.option = option
        self.address = address
        domain = EIP712Domain(
            name: option.asset.domainName, version: option.asset.domainVersion, chainID: option.network.chainID, verifyingContract: address)
    }

    func read(_ payload: PaymentPayload) throws(WireError) -> Authorization {
        let exact = try ExactPayload(payload.payload)
        let transfer = exact.authorization
        // What no clock and no supply reaches is read as the largest value there is, and refused by the checks that follow.
        return Authorization(
            key: PaymentKey(
                network: option.network, asset: option.asset.address, payer: transfer.from.bytes, nonce: transfer.nonce.bytes),
            payTo: transfer.to.bytes, amount: AtomicAmount(UInt128(exactly: transfer.value) ?? .max),
            validAfter: UInt64(exactly: transfer.validAfter) ?? .max, validBefore: UInt64(exactly: transfer.validBefore) ?? .max,
            signature: exact.signature)
    }

    /// The authorization as the chain knows it; nil for a stored row that is no such thing.
    func payload(_ authorization: Authorization) -> ExactPayload? {
        guard let from = EVMAddress(authorization.key.payer), let to = EVMAddress(authorization.payTo), let nonce = Bytes32(authorization.key.nonce),
            let transfer = TransferAuthorization(
                from: from, to: to, value: BigUInt(authorization.amount.units), validAfter: BigUInt(authorization.validAfter),
                validBefore: BigUInt(authorization.validBefore), nonce: nonce)
        else { return nil }
        return ExactPayload(authorization: transfer, signature: authorization.signature)
    }

    func proves(_ authorization: Authorization) -> Bool {
        guard let payload = payload(authorization), case .recovers = ExactSignature(of: payload, in: domain) else { return false }
        return true
    }

    /// The checks that cost nothing, in the order of their price: window, then signature.
    /// - Throws: `WireError` with what is wrong.
    func check(_ authorization: Authorization, now: Timestamp) throws(WireError) -> (payload: ExactPayload, signature: ExactSignature) {
        let window = ExactWindow.problem(
            validAfter: BigUInt(authorization.validAfter), validBefore: BigUInt(authorization.validBefore), now: now.seconds)
        if let window { throw window }
        guard let payload = payload(authorization) else { throw Self.badSignature }
        let signature = ExactSignature(of: payload, in: domain)
        if signature == .undeployedWallet {
            throw WireError(.undeployedSmartWallet, "The wallet is not deployed yet (ERC-6492); deploy it first, then sign again.")
        }
        return (payload, signature)
    }

    static let badSignature = WireError(.invalidSignature, "The signature is not the payer's for this authorization.")
}
