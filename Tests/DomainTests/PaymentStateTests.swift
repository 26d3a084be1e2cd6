import Domain
import Testing

@Suite struct PaymentStateTests {
    /// DESIGN.md, "On disk", and two rules beside it: what was released may be claimed again, and practice money settles in its claim.
    static let transitions: [PaymentState: Set<PaymentState>] = [
        .claimed: [.released, .settling, .settled],
        .released: [.claimed],
        .settling: [.settled, .failed, .uncertain],
        .uncertain: [.settled, .failed],
        .settled: [.delivered, .uncertain],
        .delivered: [.uncertain],
        .failed: [],
    ]

    static let pairs = PaymentState.allCases.flatMap { one in PaymentState.allCases.map { (one, $0) } }

    @Test(arguments: pairs) func `a payment goes from state to state as the design says, and no other way`(_ from: PaymentState, _ to: PaymentState) {
        let isAllowed = Self.transitions[from]?.contains(to) == true
        #expect(from.successors.contains(to) == isAllowed)
        #expect(to.predecessors.contains(from) == isAllowed)
    }

    @Test(arguments: [
        (PaymentState.claimed, true, false), (.released, false, false), (.settling, true, false), (.uncertain, true, false), (.settled, false, true),
        (.delivered, false, true), (.failed, false, false),
    ])
    func `a payment is open, paid or neither`(_ state: PaymentState, _ isOpen: Bool, _ isPaid: Bool) {
        #expect(state.isOpen == isOpen)
        #expect(state.isPaid == isPaid)
    }

    @Test func `what was sent is never given back, and what was paid never fails`() {
        for state in PaymentState.allCases where state != .claimed { #expect(!state.successors.contains(.released)) }
        for state in PaymentState.allCases where state.isPaid { #expect(!state.successors.contains(.failed)) }
    }
}
