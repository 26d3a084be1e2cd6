public import Domain
public import Logging
public import ServiceLifecycle
public import Storage
import Synchronization

/// Gives money back: takes wishes and approvals, and as a service pays what is approved, one refund of a chain at a time, and follows to
/// its end whatever a crash, a lost answer or a slow chain left open.
public final class RefundDesk: Service {
    private let reader: Reader
    private let writer: Writer
    private let refunders: [any Refunder]
    private let metrics: RefundMetrics
    private let interval: Duration
    private let now: WallClock
    private let log: Logger
    /// Somebody did something: what waits is looked at again, too.
    private let isUrgent = Mutex(false)
    private let alarm = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// - Parameter interval: how often open refunds are looked at when nobody wakes the desk.
    public init(
        reader: Reader, writer: Writer, refunders: [any Refunder], metrics: RefundMetrics = .none, interval: Duration = .seconds(3),
        now: @escaping WallClock, log: Logger
    ) {
        self.reader = reader
        self.writer = writer
        self.refunders = refunders
        self.metrics = metrics
        self.interval = interval
        self.now = now
        self.log = log
    }

    // MARK: What people do

    /// Whether the shop can pay a refund of that payment itself; practice money always.
    public func canPay(_ payment: Payment) -> Bool { payment.sandbox || refunder(payment) != nil }

    /// See ``Storage/Writer/requestRefund(_:approve:actor:at:noting:)``.
    public func request(
        _ draft: RefundDraft, approve: Bool, actor: String, noting note: WriteNote<RefundOutcome>? = nil
    ) async throws -> RefundOutcome {
        told(try await writer.requestRefund(draft, approve: approve, actor: actor, at: now(), noting: note))
    }

    public func approve(id: Int64, actor: String, noting note: WriteNote<RefundOutcome>? = nil) async throws -> RefundOutcome {
        told(try await writer.approveRefund(id: id, actor: actor, at: now(), noting: note))
    }

    public func cancel(id: Int64, actor: String, noting note: WriteNote<RefundOutcome>? = nil) async throws -> RefundOutcome {
        told(try await writer.cancelRefund(id: id, actor: actor, at: now(), noting: note))
    }

    /// See ``Storage/Writer/recordRefund(_:transaction:wallet:actor:at:noting:)``.
    public func record(
        _ draft: RefundDraft, transaction: [UInt8]?, actor: String, noting note: WriteNote<RefundOutcome>? = nil
    ) async throws -> RefundOutcome {
        told(try await writer.recordRefund(draft, transaction: transaction, wallet: nil, actor: actor, at: now(), noting: note))
    }

    private func told(_ outcome: RefundOutcome) -> RefundOutcome {
        if case .done(let refund) = outcome, refund.state == .approved {
            isUrgent.withLock { $0 = true }
            alarm.continuation.yield()
        }
        return metrics.noted(outcome)
    }

    private func refunder(_ payment: Payment) -> (any Refunder)? {
        let key = payment.authorization.key
        return refunders.first { $0.option.network == key.network && $0.option.asset.address == key.asset }
    }

    // MARK: The service

    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { [interval, alarm] in
                    while !Task.isCancelled {
                        do { try await Task.sleep(for: interval) } catch { return }
                        alarm.continuation.yield()
                    }
                }
                tasks.addTask { await self.work() }
                await tasks.waitForAll()
            }
        }
    }

    private func work() async {
        var round = 0
        await look(all: true)
        for await _ in alarm.stream {
            round += 1
            // What waits for money, room or lower fees, or could not be cleared up for ten minutes, is looked at once a minute.
            let isUrgent = isUrgent.withLock { isUrgent in
                defer { isUrgent = false }
                return isUrgent
            }
            await look(all: isUrgent || round % 20 == 0)
        }
    }

    private func look(all: Bool) async {
        do { try await pass(all: all) } catch is CancellationError {} catch { log.error("open refunds could not be looked through: \(error)") }
    }

    /// Looks at every open refund, those under way first, those of different chains beside each other.
    /// - Parameter all: also at those that have been waiting, or open for more than ten minutes.
    public func pass(all: Bool = true) async throws {
        var chains: [Network: [(refund: Refund, payment: Payment)]] = [:]
        for open in try await reader.openRefunds() { chains[open.payment.authorization.key.network, default: []].append(open) }
        await withTaskGroup(of: Void.self) { tasks in
            for refunds in chains.values {
                tasks.addTask { await self.work(refunds, all: all) }
            }
        }
    }

    /// The refunds of one chain. Nothing new begins while one is under way: its transaction comes before any other of the wallet.
    private func work(_ refunds: [(refund: Refund, payment: Payment)], all: Bool) async {
        for (refund, payment) in refunds {
            let isFresh = (refund.sentAt ?? refund.approvedAt ?? refund.createdAt) + .seconds(600) > now()
            guard !Task.isCancelled else { return }
            guard all || (isFresh && refund.waiting == nil) else {
                if refund.state.isUnderWay { return }
                continue
            }
            guard await advance(refund, payment) else { return }
        }
    }

    /// One step of one refund.
    /// - Returns: false while it is under way, so that the next one has to wait.
    private func advance(_ refund: Refund, _ payment: Payment) async -> Bool {
        guard let refunder = refunder(payment) else {
            log.error("a refund is open on a network that has no refund key any more", metadata: ["refund": "\(refund.id)"])
            return !refund.state.isUnderWay
        }
        let found = refund.state.isUnderWay ? await refunder.resolve(refund, of: payment) : await refunder.send(refund, of: payment)
        return await conclude(refund, found)
    }

    /// Writes down what became of a refund. Any number of times, in any order: the rules of the states decide.
    private func conclude(_ refund: Refund, _ found: RefundSending) async -> Bool {
        do {
            switch found {
            case .settled(let transaction):
                let outcome = try await writer.settleRefund(id: refund.id, transaction: transaction, at: now())
                if case .stands(let ended) = outcome, ended.state != .settled {
                    log.critical("money left for a refund that had ended as \(ended.state)", metadata: ["refund": "\(refund.id)"])
                }
                _ = metrics.noted(outcome)
                return true
            case .waiting(let sentence):
                if refund.waiting != sentence { log.warning("a refund waits: \(sentence)", metadata: ["refund": "\(refund.id)"]) }
                try await writer.holdRefund(id: refund.id, waiting: sentence)
                return true
            case .failed(let sentence):
                log.error("a refund failed: \(sentence)", metadata: ["refund": "\(refund.id)"])
                _ = metrics.noted(try await writer.endRefund(id: refund.id, as: .failed, failure: sentence, at: now()))
                return true
            case .unknown:
                _ = metrics.noted(try await writer.endRefund(id: refund.id, as: .uncertain, at: now()))
                return false
            }
        } catch {
            // The row stays open and is looked at again.
            log.error("the end of a refund could not be stored: \(error)", metadata: ["refund": "\(refund.id)"])
            return false
        }
    }
}
