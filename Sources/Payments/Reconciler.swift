public import Domain
import Logging
public import ServiceLifecycle
import Storage

/// Finishes every payment that a crash, a lost answer or a slow chain left open: at the start and every few seconds.
public struct Reconciler: Service {
    private let gate: Paygate
    private let interval: Duration
    private let now: WallClock
    private let started: Timestamp

    /// A claim of this process that nobody has begun to settle for so long belongs to nobody.
    private static let claimPatience: Duration = .seconds(60)

    public init(gate: Paygate, interval: Duration = .seconds(3), now: @escaping WallClock) {
        self.gate = gate
        self.interval = interval
        self.now = now
        started = now()
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                // What could not be cleared up for ten minutes is looked at once a minute.
                defer { round += 1 }
                do { try await pass(newerThan: round % 20 == 0 ? nil : now() - .seconds(600)) } catch is CancellationError { return } catch {
                    gate.log.error("open payments could not be looked through: \(error)")
                }
                do { try await Task.sleep(for: interval) } catch { return }
            }
        }
    }

    /// Looks at every open payment that this process is not settling just now, a few at a time.
    /// - Parameter moment: only payments claimed after it; all when nil.
    public func pass(newerThan moment: Timestamp? = nil) async throws {
        var last: Int64 = 0
        while true {
            let page = try await gate.reader.openPayments(after: last)
            guard let end = page.last else { return }
            last = end.id
            await finish(
                page.filter { payment in
                    !gate.settlements.isActive(payment.id) && payment.claimedAt > moment ?? Timestamp(milliseconds: .min)
                })
        }
    }

    private func finish(_ payments: [Payment]) async {
        var rest = payments[...]
        while !rest.isEmpty {
            let group = rest.prefix(8)
            rest = rest.dropFirst(8)
            await withTaskGroup(of: Void.self) { tasks in
                for payment in group {
                    tasks.addTask { await finish(payment) }
                }
            }
        }
    }

    private func finish(_ listed: Payment) async {
        do {
            // The list may be older than a settlement that began and ended meanwhile.
            guard let payment = try gate.reader.payment(id: listed.id), payment.state.isOpen, !gate.settlements.isActive(payment.id) else { return }
            if payment.state == .claimed {
                // Nothing was stored, so nothing was sent; but this process may be about to.
                guard
                    payment.claimedAt < started || gate.settlements.isAbandoned(payment.id) || payment.claimedAt + Self.claimPatience < now()
                else { return }
                _ = gate.metrics.ended(try await gate.writer.end(paymentID: payment.id, as: .released, reason: nil, at: now()))
                gate.settlements.forget(payment.id)
                return
            }
            guard let (facilitator, option) = gate.route(payment) else {
                gate.log.error("a payment is open on a network that is no longer set up", metadata: ["payment": "\(payment.id)"])
                return
            }
            gate.settlements.start(payment.id) {
                let settlement = await facilitator.resolve(payment, for: option)
                if case .unknown = settlement, payment.state == .uncertain { return nil }
                return await gate.conclude(payment, settlement)
            }
            await gate.settlements.wait(payment.id, until: .now + .seconds(30))
        } catch {
            gate.log.error("an open payment could not be finished: \(error)", metadata: ["payment": "\(listed.id)"])
        }
    }
}

extension Paygate {
    /// The facilitator and option that a stored payment belongs to.
    func route(_ payment: Payment) -> (any Facilitator, PaymentOption)? {
        for facilitator in facilitators {
            for option in facilitator.options
            where option.sandbox == payment.sandbox && option.network == payment.authorization.key.network
                && option.asset.address == payment.authorization.key.asset
            {
                return (facilitator, option)
            }
        }
        return nil
    }
}
