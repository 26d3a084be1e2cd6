import Domain
import Facilitators
import Payments
import Telemetry

/// Under which names the process counts what its parts tell.
struct Measurements: Sendable {
    let registry = PrometheusRegistry()

    /// Payments by how they end. Every series is there from the start, so that a rate of it is one.
    var payments: PaymentMetrics {
        let outcomes = PaymentMetrics.Outcome.allCases
        let counters = outcomes.map { outcome in
            [false, true].map { sandbox in
                registry.counter(
                    "pushcart_payments_total", help: "Payments that entered a state, and those that were not taken.",
                    labels: [("rail", "x402"), ("state", outcome.rawValue), ("sandbox", "\(sandbox)")])
            }
        }
        return PaymentMetrics(
            count: { outcome, sandbox, number in
                guard let index = outcomes.firstIndex(of: outcome) else { return }
                counters[index][sandbox ? 1 : 0].increment(by: Int64(number))
            },
            settled: { [registry] network, took in
                registry.histogram(
                    "pushcart_settlement_seconds", help: "Time from a payment's claim to its settlement.",
                    labels: [("rail", "x402"), ("network", "\(network)")], buckets: Self.settlementSeconds
                ).record(took)
            })
    }

    /// Refunds by the states that they enter.
    var refunds: RefundMetrics {
        let counters = RefundState.allCases.map { state in
            Refund.Way.allCases.map { way in
                registry.counter(
                    "pushcart_refunds_total", help: "Refunds that entered a state.", labels: [("state", state.rawValue), ("way", way.rawValue)])
            }
        }
        return RefundMetrics { state, way in
            guard let state = RefundState.allCases.firstIndex(of: state), let way = Refund.Way.allCases.firstIndex(of: way) else { return }
            counters[state][way].increment()
        }
    }

    /// What the nodes of a network do.
    func rpc(_ network: Network) -> RPCMetrics {
        let labels = [("network", "\(network)")]
        let took = registry.histogram("pushcart_rpc_request_seconds", help: "Time that a node took to answer, or to fail.", labels: labels)
        let kinds = RPCFailure.allCases
        let failures = kinds.map { kind in
            registry.counter(
                "pushcart_rpc_failures_total", help: "Requests to nodes that failed, by kind.", labels: labels + [("kind", kind.rawValue)])
        }
        return RPCMetrics(
            answered: { took.record($0) },
            failed: { kind in if let index = kinds.firstIndex(of: kind) { failures[index].increment() } })
    }

    /// Each commit of the writer.
    var commits: @Sendable (_ writes: Int, _ took: Duration) -> Void {
        let sizes = registry.histogram(
            "pushcart_commit_writes", help: "Writes that shared a commit.", buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
        let took = registry.histogram("pushcart_commit_seconds", help: "Time of a commit with its writes.")
        return { writes, duration in
            sizes.record(Double(writes))
            took.record(duration)
        }
    }

    /// From half a second to an hour: a chain takes seconds, a congested one minutes.
    private static let settlementSeconds = [0.5, 1, 2, 3, 5, 8, 13, 30, 60, 120, 300, 600, 1800, 3600]
}
