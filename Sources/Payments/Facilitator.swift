public import Domain
public import X402

/// What verifies and settles payments: the sandbox, our own settler on a chain, or a payment service elsewhere.
///
/// Declared here and not in X402 because it speaks of claimed payments; the wire's `/verify` and `/settle` are one implementation's matter.
public protocol Facilitator: Sendable {
    /// The ways to be paid that are set up, in the order of preference, whether they can be used now or not.
    var options: [PaymentOption] { get }

    /// Why nothing can be paid by that option now, in one sentence for people; nil when it can.
    func shortfall(_ option: PaymentOption) -> String?

    /// Why this much cannot be paid by that option now, in one sentence for people; nil when it can.
    func shortfall(_ option: PaymentOption, amount: AtomicAmount) -> String?

    /// The host of the service outside that settles; nil where nobody else does.
    func service(_ option: PaymentOption) -> String?

    /// The accounts that send transactions for that option, as they are written; none where nobody does.
    func settlers(_ option: PaymentOption) -> [String]

    /// Reads the scheme's part of a payload. Pure.
    /// - Throws: `WireError` with `invalid_payload` for what is malformed.
    func read(_ payload: PaymentPayload, for option: PaymentOption) throws(WireError) -> Authorization

    /// Whether the signature alone, without asking a chain, proves the payer. Pure.
    func proves(_ authorization: Authorization, for option: PaymentOption) -> Bool

    /// Local and free checks first, then the chain.
    func verify(_ authorization: Authorization, for option: PaymentOption) async -> Verdict

    /// Whose a sign-in is: by its signature alone, or by the word of the contract that the wallet is.
    /// Domain, address, times and nonce are the caller's to judge.
    func signer(_ proof: WalletProof) async -> SignInVerdict

    /// The hash of the practice transaction where settling needs no waiting; nil where a chain settles.
    func practiceTransaction(_ authorization: Authorization) -> [UInt8]?

    /// Settles a claimed payment and follows it for a while. Called once in a process for each claim.
    func settle(_ payment: Payment, for option: PaymentOption) async -> Settlement

    /// Finds out what became of a payment that another process, or an earlier call, left open; sends its bytes again where that helps.
    func resolve(_ payment: Payment, for option: PaymentOption) async -> Settlement

    /// Finds out how settled payments stand on the chain now, by their ids. Of one that is not among the answers nobody can tell; nil when
    /// nobody can be asked.
    /// - Parameter payments: paid by that option, at most 64.
    func standings(_ payments: [Payment], for option: PaymentOption) async -> [Int64: SettlementStanding]?

    /// The newest block that the chain can no longer take back.
    func finalBlock(for option: PaymentOption) async -> ChainAnswer<UInt64>

    /// All transfers of the option's asset to any of these addresses in these blocks, in the chain's order.
    func income(to addresses: [[UInt8]], in blocks: ClosedRange<UInt64>, for option: PaymentOption) async -> ChainAnswer<[ChainIncome]>
}

/// What a node said of a chain.
public enum ChainAnswer<Value: Sendable>: Sendable {
    case known(Value)
    /// It understood and does not tell, for instance of so many blocks at once.
    case refused(String)
    /// No answer that can be believed.
    case silent(String)
    /// Nobody can be asked, or what can be asked is another chain.
    case unavailable(String)
}

/// How a settlement stands on its chain.
public enum SettlementStanding: Hashable, Sendable {
    /// In that block, which the chain could still take back.
    case revocable(ChainBlock)
    /// In that block for good.
    case final(ChainBlock)
    /// The block in which it was has gone and the transaction with it, or it moved nothing in its new place.
    case gone
}

extension Facilitator {
    public func shortfall(_ option: PaymentOption, amount: AtomicAmount) -> String? { shortfall(option) }
    public func service(_ option: PaymentOption) -> String? { nil }
    public func standings(_ payments: [Payment], for option: PaymentOption) async -> [Int64: SettlementStanding]? { nil }
    public func finalBlock(for option: PaymentOption) async -> ChainAnswer<UInt64> { .unavailable("no node of it is known") }
    public func income(
        to addresses: [[UInt8]], in blocks: ClosedRange<UInt64>, for option: PaymentOption
    ) async -> ChainAnswer<[ChainIncome]> { .unavailable("no node of it is known") }
    public func settlers(_ option: PaymentOption) -> [String] { [] }
}

/// What verification found.
public enum Verdict: Sendable {
    case valid
    case invalid(WireError)
    /// The signature proves the wallet and the authorization is unused, but it cannot be settled: whoever owns the goods gets them.
    case proven(but: WireError)
    /// The same, for a reason that will pass; the sentence is for people.
    case provenUnavailable(String)
    /// Used on the chain already, and not by a claim of ours.
    case spentElsewhere
    /// Nobody can tell now; the sentence is for people.
    case unavailable(String)
}

/// What settling found. Not knowing is a case of its own.
public enum Settlement: Sendable {
    /// Proved by the asset's own logs in that transaction; where no node can be asked, on the word of a service that is trusted so far.
    /// - block: where it stands; nil where nobody told, or nothing is on a chain.
    case settled(transaction: [UInt8], block: ChainBlock? = nil)
    /// Nothing was stored or sent; the claim can be given back.
    case notSent(WireError)
    /// Certainly never charged.
    case failed(WireError)
    /// Sent or perhaps sent; ask again.
    case unknown
}
