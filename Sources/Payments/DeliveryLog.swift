public import Domain
public import Logging
public import ServiceLifecycle
public import Storage
import Synchronization

/// Notes which payments' goods went out, many in one write, off the path of the answer. What a crash loses here is only the note.
public final class DeliveryLog: Service {
    private let writer: Writer
    private let log: Logger
    private let metrics: PaymentMetrics
    private let waiting = Mutex<[Int64: Bool]>([:])
    /// Calls of APIs whose answers went out, paid or not yet.
    private let answered = Mutex<[Int64]>([])

    public init(writer: Writer, metrics: PaymentMetrics = .none, log: Logger) {
        self.writer = writer
        self.metrics = metrics
        self.log = log
    }

    /// The goods of a payment went out whole.
    public func delivered(_ receipt: Receipt) {
        guard receipt.payment.state == .settled else { return }
        waiting.withLock { $0[receipt.payment.id] = receipt.payment.sandbox }
    }

    /// The answer to a call went out whole.
    public func answered(_ payment: Payment) { answered.withLock { $0.append(payment.id) } }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: .milliseconds(500)) } catch { break }
                await self.flush()
            }
        }
        await flush()
    }

    public func flush() async {
        await flushDelivered()
        let calls = answered.withLock { answered in
            defer { answered = [] }
            return answered
        }
        guard !calls.isEmpty else { return }
        do { try await writer.markAnswered(calls) } catch { log.error("answers could not be noted: \(error)") }
    }

    private func flushDelivered() async {
        let batch = waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting
        }
        guard !batch.isEmpty else { return }
        do {
            let delivered = try await writer.markDelivered(batch.keys.sorted())
            for sandbox in [false, true] {
                let number = delivered.count { batch[$0] == sandbox }
                if number > 0 { metrics.count(.delivered, sandbox, number) }
            }
        } catch { log.error("deliveries could not be noted: \(error)") }
    }
}
