/// Money that moves between two accounts of one asset: a line of the ledger before it is written. What one account gives, the other
/// takes, so that the ledger balances by construction.
public struct LedgerMovement: Hashable, Sendable {
    public let kind: LedgerEntryKind
    /// The payment that it belongs to, if any.
    public let paymentID: Int64?
    public let debit: LedgerAccount
    public let credit: LedgerAccount
    /// Above zero.
    public let amount: AtomicAmount
    /// The entry that it takes back: a sale for a reversal, a reversal for a sale that came true again.
    public let reverses: Int64?

    public init(
        _ kind: LedgerEntryKind, paymentID: Int64?, debit: LedgerAccount, credit: LedgerAccount, amount: AtomicAmount, reverses: Int64? = nil
    ) {
        precondition(debit.asset == credit.asset && debit != credit, "an entry moves one asset between two accounts")
        self.kind = kind
        self.paymentID = paymentID
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.reverses = reverses
    }

    /// What a paid payment moves: from sales into the wallet that was paid into.
    public static func sale(_ authorization: Authorization, sandbox: Bool, paymentID: Int64) -> LedgerMovement {
        income(.sale, from: .sales, authorization, sandbox: sandbox, paymentID: paymentID)
    }

    /// What came by an authorization that we had not claimed.
    public static func foreign(_ authorization: Authorization) -> LedgerMovement {
        income(.foreign, from: .foreignIncome, authorization, sandbox: false, paymentID: nil)
    }

    /// What came by a transfer that nobody had announced.
    public static func foreign(_ income: ChainIncome, on network: Network) -> LedgerMovement {
        let asset = LedgerAsset(network: network, address: income.asset, sandbox: false)
        return LedgerMovement(
            .foreign, paymentID: nil, debit: LedgerAccount(.wallet, of: asset, address: income.payTo),
            credit: LedgerAccount(.foreignIncome, of: asset), amount: income.amount)
    }

    /// What a chain charged the settler for a payment's transaction, in wei.
    /// - Parameter settler: 20 bytes.
    public static func gas(_ wei: AtomicAmount, settler: [UInt8], network: Network, paymentID: Int64) -> LedgerMovement {
        let coin = LedgerAsset.coin(of: network)
        return LedgerMovement(
            .gas, paymentID: paymentID, debit: LedgerAccount(.gas, of: coin), credit: LedgerAccount(.settler, of: coin, address: settler), amount: wei
        )
    }

    /// What a refund of a payment moves: out of the wallet that paid it back, into refunds.
    /// - Parameter source: the wallet's account: the refund wallet's, or the one that was paid into.
    public static func refund(_ amount: AtomicAmount, of payment: Payment, from source: LedgerAccount) -> LedgerMovement {
        LedgerMovement(
            .refund, paymentID: payment.id, debit: LedgerAccount(.refunds, of: source.asset), credit: source, amount: amount)
    }

    /// What a chain charged the refund wallet for a refund's transaction, in wei.
    /// - Parameter wallet: 20 bytes.
    public static func refundGas(_ wei: AtomicAmount, wallet: [UInt8], network: Network, paymentID: Int64) -> LedgerMovement {
        let coin = LedgerAsset.coin(of: network)
        return LedgerMovement(
            .gas, paymentID: paymentID, debit: LedgerAccount(.gas, of: coin), credit: LedgerAccount(.refundWallet, of: coin, address: wallet),
            amount: wei)
    }

    private static func income(
        _ kind: LedgerEntryKind, from source: LedgerAccountKind, _ authorization: Authorization, sandbox: Bool, paymentID: Int64?
    ) -> LedgerMovement {
        let asset = LedgerAsset(network: authorization.key.network, address: authorization.key.asset, sandbox: sandbox)
        return LedgerMovement(
            kind, paymentID: paymentID, debit: LedgerAccount(.wallet, of: asset, address: authorization.payTo),
            credit: LedgerAccount(source, of: asset), amount: authorization.amount)
    }
}
