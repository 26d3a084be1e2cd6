public import Domain
import Logging
public import ServiceLifecycle
import Storage

/// Looks at settled payments until their chain can no longer take them back, and takes back in the books what a chain took back.
/// What it finds gone is the reconciler's again. It asks nothing while there is nothing to look at.
public struct FinalityWatch: Service {
    private let gate: Paygate
    private let interval: Duration
    private let now: WallClock

    /// How many payments are asked for at once.
    private static let group = 64
    /// How many are looked at in a round, the newest first, so that a shop with many old ones does not fall upon its node.
    private static let round = 4096

    public init(gate: Paygate, interval: Duration = .seconds(6), now: @escaping WallClock) {
        self.gate = gate
        self.interval = interval
        self.now = now
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await pass() } catch is CancellationError { return } catch {
                    gate.log.error("settled payments could not be looked through: \(error)")
                }
                do { try await Task.sleep(for: interval) } catch { return }
            }
        }
    }

    /// Looks once at the payments that are not final, of every network that is set up.
    public func pass() async throws {
        for facilitator in gate.facilitators {
            for option in facilitator.options where !option.sandbox { try await look(facilitator, option) }
        }
    }

    private func look(_ facilitator: any Facilitator, _ option: PaymentOption) async throws {
        var (last, looked): (Int64, Int) = (.max, 0)
        while looked < Self.round {
            let page = try await gate.reader.revocablePayments(on: option.network, before: last, limit: Self.group)
            guard let end = page.last else { return }
            last = end.id
            looked += page.count
            // One asset of a network belongs to one option.
            let ours = page.filter { $0.authorization.key.asset == option.asset.address && $0.transaction != nil }
            guard !ours.isEmpty else { continue }
            // Where nobody can be asked, the rest would be asked in vain.
            guard let standings = await facilitator.standings(ours, for: option) else { return }
            try await note(ours, standings)
        }
    }

    private func note(_ payments: [Payment], _ standings: [Int64: SettlementStanding]) async throws {
        var (final, moved, gone): ([(payment: Payment, block: ChainBlock)], [(payment: Payment, block: ChainBlock)], [Payment]) = ([], [], [])
        for payment in payments {
            switch standings[payment.id] {
            case .final(let block): final.append((payment, block))
            case .revocable(let block): if block != payment.block { moved.append((payment, block)) }
            case .gone: gone.append(payment)
            case nil: break
            }
        }
        try await gate.writer.markFinal(final)
        try await gate.writer.moveSettlements(moved)
        for payment in gone {
            guard let open = try await gate.writer.takeBack(payment, at: now()) else { continue }
            gate.log.critical(
                "the chain was reorganised and a settled payment is gone; it is settled again while that is possible",
                metadata: ["payment": "\(payment.id)", "network": "\(payment.authorization.key.network)"])
            gate.metrics.entered(open)
        }
    }
}
