import Domain
import Testing

@Suite struct LedgerTypesTests {
    private static let network = Network(chainID: 8453)!
    private static let asset = LedgerAsset(network: network, address: [UInt8](repeating: 1, count: 20), sandbox: false)

    private static func balance(_ kind: LedgerAccountKind, debits: UInt128, credits: UInt128) -> LedgerBalance {
        LedgerBalance(
            accountID: 1, account: LedgerAccount(kind, of: asset), unit: nil, debits: AtomicAmount(debits), credits: AtomicAmount(credits))
    }

    @Test func `what we have and spent is counted by debits, what came in by credits`() {
        let debits: Set<LedgerAccountKind> = [.wallet, .settler, .gas, .refundWallet, .refunds, .fees, .payouts, .reorganised]
        for kind in LedgerAccountKind.allCases {
            let balance = Self.balance(kind, debits: 7, credits: 5)
            #expect(balance.amount == AtomicAmount(2) && balance.isNegative != debits.contains(kind), "\(kind)")
        }
        #expect(!Self.balance(.wallet, debits: .max, credits: .max).isNegative)
        #expect(Self.balance(.sales, debits: .max, credits: 0).amount == AtomicAmount(.max))
    }

    @Test func `amounts are written with the asset's decimals`() {
        let unit = LedgerUnit(symbol: "ETH", decimals: 18)
        #expect(unit.text(AtomicAmount(21_000_000_000_000)) == "0.000021 ETH")
        #expect(unit.decimal(AtomicAmount(0)) == "0.00")
    }

    @Test func `practice money is another asset than real money of the same contract`() {
        let practice = LedgerAsset(network: Self.network, address: Self.asset.address, sandbox: true)
        #expect(practice != Self.asset && LedgerAccount(.wallet, of: practice) != LedgerAccount(.wallet, of: Self.asset))
    }

    @Test func `every finding has a word, a place and a sentence that names it`() {
        let mark = AuditMark(sequence: 7, hash: [UInt8](repeating: 0, count: 32))
        let findings: [AuditFinding] = [
            .changed(7), .removed(7), .inserted(7), .reordered(7), .lineMisplaced(7), .cut(mark, last: 3), .rewritten(mark), .headChanged(7),
        ]
        #expect(findings.allSatisfy { $0.place == 7 && $0.sentence.contains("7") && $0.sentence.hasSuffix(".") })
        #expect(Set(findings.map(\.name)).count == findings.count && Set(findings.map(\.sentence)).count == findings.count)
    }
}
