import Crypto
public import Domain
import EVM
public import Payments
public import X402
import X402EVM

/// Practice money: everything is checked exactly as for real money, nothing is broadcast, no chain is asked.
public struct SandboxFacilitator: Facilitator {
    private let asset: ExactAsset
    private let now: WallClock

    /// - Parameter option: a way to be paid with `sandbox` set.
    public init(_ option: PaymentOption, now: @escaping WallClock) {
        guard let asset = ExactAsset(option), option.sandbox else { preconditionFailure("practice money needs a practice option") }
        self.asset = asset
        self.now = now
    }

    public var options: [PaymentOption] { [asset.option] }
    public func shortfall(_ option: PaymentOption) -> String? { nil }

    public func read(_ payload: PaymentPayload, for option: PaymentOption) throws(WireError) -> Authorization { try asset.read(payload) }
    public func proves(_ authorization: Authorization, for option: PaymentOption) -> Bool { asset.proves(authorization) }

    public func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict {
        do {
            guard case .recovers = try asset.check(authorization, now: now()).signature else { return .invalid(ExactAsset.badSignature) }
            return .valid
        } catch { return .invalid(error) }
    }

    /// There is no chain to ask, so that only keys sign in.
    public func signer(_ proof: WalletProof) async -> SignInVerdict {
        guard case .recovers(let address) = SignInSignature(of: proof) else { return .invalid(SignInSignature.refusal) }
        return .key(address.bytes)
    }

    /// A hash that looks like a transaction's and belongs to this authorization alone.
    public func practiceTransaction(_ authorization: Authorization) -> [UInt8]? {
        var hash = SHA256()
        hash.update(data: Array("pushcart practice transaction".utf8))
        hash.update(data: authorization.key.payer)
        hash.update(data: authorization.key.nonce)
        return Array(hash.finalize())
    }

    // A practice payment is paid in its claim's write, so neither of these finds anything to do.
    public func settle(_ payment: Payment, for option: PaymentOption) async -> Settlement { settled(payment) }
    public func resolve(_ payment: Payment, for option: PaymentOption) async -> Settlement { settled(payment) }

    private func settled(_ payment: Payment) -> Settlement {
        practiceTransaction(payment.authorization).map { .settled(transaction: $0) } ?? .unknown
    }
}
