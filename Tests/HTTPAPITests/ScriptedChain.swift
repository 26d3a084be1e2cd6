import Domain
import Facilitators
import Payments
import Storage
import Synchronization
import X402

/// Takes real money in name: payments are checked as ever, and settle as the test says.
final class ScriptedChain: Facilitator {
    static let transaction = [UInt8](repeating: 0xCC, count: 32)

    private let checks: SandboxFacilitator
    private let writer: Writer
    private let now: WallClock
    private let state: Mutex<(settlement: Settlement, shortfall: String?)>
    let options = [TestShop.option(sandbox: false)]

    init(_ settlement: Settlement, shortfall: String? = nil, _ writer: Writer, _ now: @escaping WallClock) {
        checks = SandboxFacilitator(TestShop.option(sandbox: true), now: now)
        self.writer = writer
        self.now = now
        state = Mutex((settlement, shortfall))
    }

    /// A shop on such a chain.
    static func shop(_ settlement: Settlement, shortfall: String? = nil, origin: String = TestShop.published) throws -> TestShop {
        try TestShop(origin: origin, isPractice: false) { ScriptedChain(settlement, shortfall: shortfall, $0, $1) }
    }

    func shortfall(_ option: PaymentOption) -> String? { state.withLock { $0.shortfall } }
    func read(_ payload: PaymentPayload, for option: PaymentOption) throws(WireError) -> Authorization { try checks.read(payload, for: option) }
    func proves(_ authorization: Authorization, for option: PaymentOption) -> Bool { checks.proves(authorization, for: option) }
    func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict { await checks.verify(authorization, for: option) }
    func signer(_ proof: WalletProof) async -> SignInVerdict { await checks.signer(proof) }
    func practiceTransaction(_ authorization: Authorization) -> [UInt8]? { nil }

    func settle(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        let settlement = state.withLock { $0.settlement }
        if case .notSent = settlement { return settlement }
        do {
            guard
                try await writer.addAttempt(
                    paymentID: payment.id, transaction: Self.transaction, raw: [2], settler: [UInt8](repeating: 0x5E, count: 20), accountNonce: 0,
                    feeLimit: 1, at: now())
            else { return .unknown }
        } catch { return .notSent(WireError(.unexpectedSettleError, "\(error)")) }
        return settlement
    }

    func resolve(_ payment: Payment, for option: PaymentOption) async -> Settlement { state.withLock { $0.settlement } }
}
