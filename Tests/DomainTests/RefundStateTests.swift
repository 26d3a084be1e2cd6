import Domain
import Testing

@Suite struct RefundStateTests {
    /// Every change of state that there is; what is not here never happens.
    private static let changes: Set<String> = [
        "requested approved", "requested cancelled", "approved sending", "approved settled", "approved cancelled", "sending settled",
        "sending failed", "sending uncertain", "uncertain settled", "uncertain failed",
    ]

    @Test func `a refund goes from state to state as the table says and no other way`() {
        for from in RefundState.allCases {
            for to in RefundState.allCases {
                #expect(from.successors.contains(to) == Self.changes.contains("\(from) \(to)"), "\(from) to \(to)")
            }
        }
    }

    @Test func `what was signed can no longer be declined, and only what certainly paid nothing counts no more`() {
        #expect(RefundState.allCases.filter(\.isUnderWay) == [.sending, .uncertain])
        #expect(RefundState.allCases.filter(\.isOpen) == [.approved, .sending, .uncertain])
        #expect(RefundState.allCases.filter { !$0.counts } == [.failed, .cancelled])
        #expect(RefundState.allCases.filter { $0.isUnderWay && $0.successors.contains(.cancelled) } == [])
    }

    @Test func `what is left of a payment is what was neither given back nor promised`() {
        func left(_ refunds: (RefundState, UInt128)...) -> UInt128 {
            RefundRules.left(of: AtomicAmount(100), after: refunds.map { (state: $0.0, amount: AtomicAmount($0.1)) }).units
        }
        #expect(left() == 100)
        #expect(left((.requested, 10), (.approved, 10), (.sending, 10), (.uncertain, 10), (.settled, 10)) == 50)
        #expect(left((.failed, 60), (.cancelled, 60), (.settled, 30)) == 70)
        #expect(left((.settled, 60), (.settled, 60)) == 0)
        #expect(left((.settled, .max), (.settled, .max)) == 0)
    }

    @Test func `access ends when nothing of the price remains, unless somebody says otherwise`() {
        #expect(RefundRules.endsAccess(giving: AtomicAmount(100), of: AtomicAmount(100)))
        #expect(!RefundRules.endsAccess(giving: AtomicAmount(99), of: AtomicAmount(100)))
    }
}

@Suite struct RefundLimitTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let limit = RefundLimit(count: 3, amount: AtomicAmount(100))

    private func judge(_ amount: UInt128, _ sent: (UInt128, hoursAgo: Int64)...) -> RefundLimit.Verdict {
        Self.limit.judge(
            AtomicAmount(amount), after: sent.map { (amount: AtomicAmount($0.0), at: Self.now - .seconds($0.hoursAgo * 3600)) }, now: Self.now)
    }

    private func hence(_ hours: Int64) -> RefundLimit.Verdict { .until(Self.now + .seconds(hours * 3600)) }

    @Test func `a day's count and amount are not exceeded, and it is told when there is room again`() {
        #expect(judge(100) == .allowed)
        #expect(judge(101) == .never)
        #expect(judge(40, (30, hoursAgo: 5), (30, hoursAgo: 2)) == .allowed)
        #expect(judge(41, (30, hoursAgo: 5), (30, hoursAgo: 2)) == hence(19))
        #expect(judge(71, (30, hoursAgo: 5), (30, hoursAgo: 2)) == hence(22))
        #expect(judge(1, (1, hoursAgo: 9), (1, hoursAgo: 8), (1, hoursAgo: 7)) == hence(15))
        #expect(judge(1, (1, hoursAgo: 24), (1, hoursAgo: 8), (1, hoursAgo: 7)) == .allowed)
        #expect(judge(100, (100, hoursAgo: 25)) == .allowed)
        #expect(judge(1, (.max, hoursAgo: 1), (.max, hoursAgo: 1)) == hence(23))
    }

    @Test func `a limit of none allows none`() {
        #expect(RefundLimit(count: 0, amount: AtomicAmount(100)).judge(AtomicAmount(1), after: [], now: Self.now) == .never)
    }
}
