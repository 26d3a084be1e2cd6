import AsyncHTTPClient
import Domain
import X402

/// Sends a payment that is stored, the same one as often as it takes, until the shop has decided or patience ends.
struct BuySender: Sendable {
    let transport: any BuyTransport
    let clock: BuyClock
    /// Says how it stands.
    let note: @Sendable (String) -> Void

    enum Outcome: Sendable {
        case goods(HTTPClientResponse, SettlementResponse?)
        case refused(String, isFinal: Bool)
    }

    /// How long a pending payment is followed.
    static let patience: Duration = .seconds(120)
    /// Between two questions about a pending payment, in seconds.
    static let pause: ClosedRange<Int64> = 1...10
    /// How often a payment without an answer is sent again.
    static let retries = 3

    private static let again = "Run the same command again: it sends the same payment, never a second one."

    /// - Throws: `CommandFailure` with exit code 75 when it is still open; the stored payment stays.
    func send(_ payment: StoredPayment) async throws -> Outcome {
        let start = clock.elapsed()
        var failures = 0
        var lastNote: Duration?
        while true {
            switch await ask(payment) {
            case .decided(let outcome): return outcome
            case .pending(let seconds):
                failures = 0
                let waited = clock.elapsed() - start
                let pause = min(.seconds(min(max(seconds ?? 2, Self.pause.lowerBound), Self.pause.upperBound)), Self.patience - waited)
                guard pause > .zero else {
                    throw CommandFailure.tryAgain(
                        "The payment is still on its way after \(waited.components.seconds) seconds. \(Self.again)")
                }
                if lastNote.map({ waited - $0 >= .seconds(15) }) ?? true {
                    let seconds = waited.components.seconds
                    note(lastNote == nil ? "The payment is on its way; waiting for the shop…" : "Still on its way after \(seconds) seconds…")
                    lastNote = waited
                }
                try await clock.sleep(pause)
            case .unavailable(let clause):
                failures += 1
                guard failures <= Self.retries else {
                    throw CommandFailure.tryAgain(
                        "The shop did not say what became of the payment: \(clause). \(Self.again)")
                }
                note("No answer to the payment (\(clause)); sending the same one again…")
                try await clock.sleep(.seconds(1 << (failures - 1)))
            }
        }
    }

    /// What one sending came to.
    private enum Step {
        case decided(Outcome)
        case pending(seconds: Int64?)
        case unavailable(String)
    }

    private func ask(_ payment: StoredPayment) async -> Step {
        let response: HTTPClientResponse
        do { response = try await transport.get(payment.target, [payment.header]) } catch { return .unavailable(error.clause) }
        // Goods are not read here: they go straight to where they are saved.
        let body = (200...299).contains(response.code) ? [] : await response.shortBody(BuyOffer.maximumBody)
        return switch PaymentAnswer(status: response.code, header: response.header, body: body) {
        case .goods(let settlement): .decided(.goods(response, settlement))
        case .refused(let clause, let isFinal): .decided(.refused(clause, isFinal: isFinal))
        case .pending(let seconds): .pending(seconds: seconds)
        case .unavailable(let clause): .unavailable(clause)
        }
    }
}
