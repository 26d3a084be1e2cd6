import Domain
import JSON
import Payments
import Storage
import Synchronization
import Testing
import X402

/// What the pay desk tells whoever counts.
@Suite struct PaymentMetricsTests {
    /// Keeps what it is told.
    private final class Tally: Sendable {
        private let told = Mutex<[String: Int]>([:])
        private let spans = Mutex<[String]>([])
        var counts: [String: Int] { told.withLock { $0 } }
        var settled: [String] { spans.withLock { $0 } }

        var metrics: PaymentMetrics {
            PaymentMetrics(
                count: { [self] outcome, sandbox, number in
                    told.withLock { $0["\(outcome)\(sandbox ? " in practice" : "")", default: 0] += number }
                },
                settled: { [self] network, took in spans.withLock { $0.append("\(network) \(took)") } })
        }
    }

    private let tally = Tally()

    private func gate(_ desk: PayDesk, wait: Duration = .seconds(60)) -> Paygate { desk.gate(wait: wait, metrics: tally.metrics) }

    @Test func `a sale is claimed and settled once, however often it is shown`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PayDesk.pay(try desk.offer(product))
        for _ in 0..<3 { _ = try await gate(desk).admit(payload, for: product) }
        #expect(tally.counts == ["claimed": 1, "settled": 1])
        #expect(tally.settled == ["eip155:8453 0.0 seconds"])
    }

    @Test func `the time of a settlement runs from its claim, and is told for chains only`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        desk.facilitator.set { $0.settlement = nil }
        async let admission = gate(desk).admit(PayDesk.payV1(), for: product)
        let held = await desk.facilitator.next()
        desk.clock.advance(.milliseconds(2500))
        held.answer.resume(returning: .settled(transaction: [UInt8](repeating: 1, count: 32)))
        #expect(try await admission.told == "admitted")
        #expect(tally.settled == ["eip155:8453 2.5 seconds"])

        let practice = try PayDesk(options: [PayDesk.option(sandbox: true)])
        practice.facilitator.set { $0.isPractice = true }
        #expect(try await gate(practice).admit(PayDesk.payV1(), for: practice.product()).told == "admitted")
        #expect(tally.counts == ["claimed": 1, "settled": 1, "claimed in practice": 1, "settled in practice": 1])
        #expect(tally.settled.count == 1)
    }

    @Test func `each way to end is counted as what it is`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product(repeatable: true)
        desk.facilitator.set { $0.settlement = .failed(WireError(.transactionFailed, "No.")) }
        _ = try await gate(desk).admit(PayDesk.payV1(nonce: 1), for: product)
        #expect(tally.counts == ["claimed": 1, "failed": 1, "refused": 1])
        desk.facilitator.set {
            $0.storesAttempt = false
            $0.settlement = .notSent(WireError(.transactionFailed, "No."))
        }
        _ = try await gate(desk).admit(PayDesk.payV1(nonce: 2), for: product)
        #expect(tally.counts == ["claimed": 2, "failed": 1, "refused": 1, "released": 1, "unavailable": 1])
        desk.facilitator.set {
            $0.storesAttempt = true
            $0.settlement = .unknown
        }
        #expect(try await gate(desk).admit(PayDesk.payV1(nonce: 3), for: product).told == "pending")
        #expect(tally.counts["uncertain"] == 1)
        // The reconciler asks again and again; only what changes is counted.
        let reconciler = Reconciler(gate: gate(desk), now: { [clock = desk.clock] in clock.now })
        for _ in 0..<3 { try await reconciler.pass() }
        #expect(tally.counts["uncertain"] == 1 && tally.counts["settled"] == nil)
        desk.facilitator.set { $0.resolution = .settled(transaction: [UInt8](repeating: 3, count: 32)) }
        for _ in 0..<2 { try await reconciler.pass() }
        #expect(tally.counts["settled"] == 1)
    }

    @Test func `what is no payment, or not one for us, is counted by whether the shop takes real money`() async throws {
        for sandbox in [false, true] {
            let desk = try PayDesk(options: [PayDesk.option(sandbox: sandbox)])
            let product = try await desk.product()
            _ = try await gate(desk).admit(PaymentPayload(scheme: "exact", v1Network: "base", payload: [:]), for: product)
            _ = try await gate(desk).admit(PayDesk.payV1(network: "solana"), for: product)
            desk.facilitator.set { $0.shortfall = "Closed." }
            _ = try await gate(desk).admit(PayDesk.payV1(), for: product)
        }
        #expect(
            tally.counts == [
                "malformed": 1, "refused": 1, "unavailable": 1, "malformed in practice": 1, "refused in practice": 1, "unavailable in practice": 1,
            ])
    }

    @Test func `a delivery is counted once for each payment, and not when it was known`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let log = DeliveryLog(writer: desk.writer, metrics: tally.metrics, log: desk.log)
        let receipts = [
            try await DeliveryLogTests.receipt(desk, product), try await DeliveryLogTests.receipt(desk, product, nonce: 2, payer: 2),
        ]
        for _ in 0..<2 {
            for receipt in receipts { log.delivered(receipt) }
            let service = Task { try await log.run() }
            service.cancel()
            try await service.value
        }
        #expect(tally.counts == ["delivered": 2])
    }
}
