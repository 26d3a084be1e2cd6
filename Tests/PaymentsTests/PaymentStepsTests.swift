import Domain
import InMemoryTracing
import JSON
import Payments
import Storage
import Telemetry
import Testing
import Tracing
import X402

/// The steps of a payment as a tracer sees them.
@Suite struct PaymentStepsTests {
    private let tracer = InMemoryTracer()

    private func told(_ span: FinishedInMemorySpan) -> [String: String] {
        var facts: [String: String] = [:]
        span.attributes.forEach { name, value in if case .string(let text) = value { facts[name] = text } }
        return facts
    }

    private func story() -> [String] { tracer.finishedSpans.map { "\($0.operationName): \(told($0)["outcome"] ?? "-")" } }

    @Test func `a sale goes through every step in its order, and a repeated one is recalled`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PayDesk.pay(try desk.offer(product))
        let gate = desk.gate(steps: Steps(tracer))
        #expect(try await gate.admit(payload, for: product).told == "admitted")
        #expect(story() == ["recall: unknown", "match: -", "verify: valid", "claim: claimed", "settle: settled", "post: settled"])
        tracer.clearFinishedSpans()
        #expect(try await gate.admit(payload, for: product).told == "admitted")
        #expect(story() == ["recall: settled"])
    }

    @Test func `each step says where and what, and nothing that proves a payment`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let payload = PayDesk.pay(try desk.offer(product), nonce: 0x77)
        let admission = try await desk.gate(steps: Steps(tracer)).admit(payload, for: product)
        let payment = try #require(admission.payment)
        for span in tracer.finishedSpans {
            let facts = told(span)
            #expect(Set(facts.keys).isSubset(of: ["rail", "network", "sandbox", "payment", "outcome"]), "\(span.operationName)")
            #expect(facts["rail"] == "x402" && facts["network"] == "eip155:8453" && facts["sandbox"] == "false", "\(span.operationName)")
            if ["claim", "settle", "post"].contains(span.operationName) { #expect(facts["payment"] == "\(payment.id)") }
            for value in facts.values { #expect(!value.contains("7777"), "\(span.operationName)") }
        }
    }

    @Test func `a step that stops a payment is the last one`() async throws {
        let desk = try PayDesk()
        let product = try await desk.product()
        let gate = desk.gate(steps: Steps(tracer))
        _ = try await gate.admit(PayDesk.payV1(amount: "1"), for: product)
        #expect(story() == ["recall: unknown", "match: -"] && tracer.finishedSpans.last?.status?.code == .error)
        tracer.clearFinishedSpans()
        desk.facilitator.set { $0.verdict = .invalid(WireError(.insufficientFunds, "Poor.")) }
        _ = try await gate.admit(PayDesk.payV1(), for: product)
        #expect(story() == ["recall: unknown", "match: -", "verify: insufficient_funds"])
        tracer.clearFinishedSpans()
        desk.facilitator.set {
            $0.verdict = .valid
            $0.settlement = .unknown
        }
        _ = try await gate.admit(PayDesk.payV1(), for: product)
        #expect(story() == ["recall: unknown", "match: -", "verify: valid", "claim: claimed", "settle: unknown", "post: uncertain"])
    }
}
