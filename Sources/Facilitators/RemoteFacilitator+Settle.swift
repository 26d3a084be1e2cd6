public import Domain
import EVM
import JSON
import Logging
import NIOCore
public import Payments
import Storage
import X402
import X402EVM

extension RemoteFacilitator {
    /// For how long our node may lag behind a service's.
    private static let lag: Duration = .seconds(20)

    public func settle(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        do { return try await hand(payment) } catch {
            log.warning("a payment could not be handed to a payment service: \(error)", metadata: ["payment": "\(payment.id)"])
            return .notSent(WireError(.unexpectedSettleError, "The payment service cannot be asked just now."))
        }
    }

    public func resolve(_ payment: Payment, for option: PaymentOption) async -> Settlement {
        do { return try await lookInto(payment) } catch {
            log.warning("an open payment could not be looked into: \(error)", metadata: ["payment": "\(payment.id)"])
            return .unknown
        }
    }

    /// With a node, the chain says. Without one, the service that has the payment is asked again with the same payload, which is the same
    /// payment to it: the authorization can be used once.
    private func lookInto(_ payment: Payment) async throws -> Settlement {
        guard let transfer = asset.payload(payment.authorization)?.authorization else { return .unknown }
        let isOpen = payment.authorization.validBefore > UInt64(now().seconds + ExactWindow.margin)
        let over = WireError(.validBefore, "The authorization ran out before it could be settled.")
        if let witness {
            if try await witness.isUsed(transfer) { return try await witness.whoSettled(transfer, claimedAt: payment.claimedAt) ?? .unknown }
            if isOpen { return try await hand(payment) }
            return try await witness.isOver(transfer) ? .failed(over) : .unknown
        }
        let settlement = try await hand(payment)
        // Only when every request ended in a certain no is the payment over with its window: a lost answer may have been a yes.
        guard case .unknown = settlement, !isOpen, try await reader.attempts(paymentID: payment.id).isEmpty,
            try await reader.facilitatorAttempts(paymentID: payment.id).allSatisfy({ !$0.isUnclear })
        else { return settlement }
        return .failed(over)
    }

    /// Gives the payment to the service that has it already, else to the first that can be reached. Noted before it is asked.
    /// - Throws: only before anything was noted.
    private func hand(_ payment: Payment) async throws -> Settlement {
        let earlier = try await reader.facilitatorAttempts(paymentID: payment.id)
        let holder = earlier.first(where: \.mayHaveArrived)?.service
        let order = holder.map { name in clients.filter { $0.name == name } } ?? ready
        var isNoted = !earlier.isEmpty
        for client in order {
            guard let request = request(payment.authorization, to: client) else { break }
            let isTrusting = witness == nil && holder == nil
            let moment = now()
            if isTrusting, !trust.take(payment.authorization.amount, for: client.name, at: moment) { continue }
            do {
                guard try await writer.askFacilitator(paymentID: payment.id, service: client.name, at: moment) else {
                    if isTrusting { trust.giveBack(payment.authorization.amount, of: client.name, at: moment) }
                    return .unknown
                }
            } catch {
                if isTrusting { trust.giveBack(payment.authorization.amount, of: client.name, at: moment) }
                guard isNoted else { throw error }
                log.warning("a request to \(client.name) could not be noted: \(error)", metadata: ["payment": "\(payment.id)"])
                return .unknown
            }
            isNoted = true
            switch await client.settle(request, within: patience) {
            case .notArrived(let words):
                log.warning("\(client.name) could not be reached: \(words)", metadata: ["payment": "\(payment.id)"])
                await note(payment, client, .lost)
                if isTrusting { trust.giveBack(payment.authorization.amount, of: client.name, at: moment) }
            case .unclear(let words):
                log.warning("\(client.name) left a payment unclear: \(words)", metadata: ["payment": "\(payment.id)"])
                return .unknown
            case .said(let json, let isRefusal):
                return await judge(
                    SettleAnswer(json, isRefusal: isRefusal, authorization: payment.authorization, option: asset.option), payment, client)
            }
        }
        return isNoted ? .unknown : .notSent(WireError(.unexpectedSettleError, Self.exhausted))
    }

    private func judge(_ answer: SettleAnswer, _ payment: Payment, _ client: FacilitatorClient) async -> Settlement {
        switch answer {
        case .paid(let transaction): return await proved(payment, transaction, client)
        case .pending: return .unknown
        case .refused(let error):
            // Whoever has the authorization could still use it, so that the payment stays open until its window has closed.
            log.warning("\(client.name) did not settle a payment: \(error.reason)", metadata: ["payment": "\(payment.id)"])
            await note(payment, client, .refused)
            return .unknown
        case .unclear(let words):
            log.error("\(client.name) answered oddly: \(words)", metadata: ["payment": "\(payment.id)"])
            return .unknown
        }
    }

    /// A service's word, where nobody else can be asked; else what the chain shows, once our node has seen it.
    private func proved(_ payment: Payment, _ transaction: Bytes32, _ client: FacilitatorClient) async -> Settlement {
        guard let witness else { return .settled(transaction: transaction.bytes) }
        guard let transfer = asset.payload(payment.authorization)?.authorization else { return .unknown }
        let end = ContinuousClock.now + Self.lag
        var pause = Duration.milliseconds(100)
        while true {
            if let receipt = (try? await witness.proof(transaction, transfer)).flatMap({ $0 }) {  // silence: ask again
                return .settled(transaction: transaction.bytes, block: receipt.block)
            }
            guard ContinuousClock.now < end else { break }
            do { try await Task.sleep(for: pause) } catch { return .unknown }
            pause = min(pause * 3 / 2, .seconds(1))
        }
        log.error("\(client.name) names a settlement that the chain does not show", metadata: ["payment": "\(payment.id)"])
        return .unknown
    }

    private func note(_ payment: Payment, _ client: FacilitatorClient, _ ending: FacilitatorAttempt.Ending) async {
        do { try await writer.noteFacilitator(paymentID: payment.id, service: client.name, ending) } catch {
            // The request then counts as one without an answer, which is the careful way.
            log.error("how a request ended could not be noted: \(error)", metadata: ["payment": "\(payment.id)"])
        }
    }
}
