import Domain
import EVM
import JSON
import X402

/// What a service's answer to `/settle` says of one payment (x402 v2 specification, section 7.2), once it has been judged.
enum SettleAnswer: Hashable, Sendable {
    /// It says that the money moved by this transaction.
    case paid(Bytes32)
    /// It sent something and does not know yet.
    case pending
    /// It says that it moved nothing.
    case refused(WireError)
    /// It says something that cannot be about this payment, or that means nothing.
    case unclear(String)

    /// - Parameter isRefusal: the status was one of refusal, so that no success is believed.
    init(_ json: JSONObject, isRefusal: Bool, authorization: Authorization, option: PaymentOption) {
        guard let answer = try? SettlementResponse(json) else {  // no `success`, no answer
            self = .unclear("“success” is missing")
            return
        }
        let hash = answer.transaction.hasPrefix("0x") ? Bytes32(hex: answer.transaction) : nil
        guard answer.success else {
            // A hash beside a failure: sent, and who knows what becomes of it.
            if answer.errorReason == .settlementPending || !answer.transaction.isEmpty {
                self = .pending
            } else if let reason = answer.errorReason {
                self = .refused(WireError(Self.known(reason, or: .unexpectedSettleError), "The payment service did not take this payment."))
            } else {
                self = .unclear("a failure without a reason")
            }
            return
        }
        if isRefusal {
            self = .unclear("a success with a status of refusal")
        } else if answer.network != option.network.description, option.v1Name == nil || answer.network != option.v1Name {
            self = .unclear("a success on another network")
        } else if let payer = answer.payer, EVMAddress(hex: payer)?.bytes != authorization.key.payer {
            self = .unclear("a success for another payer")
        } else if let amount = answer.other["amount"], amount.string.flatMap({ AtomicAmount(wire: $0) }) != authorization.amount, !amount.isNull {
            self = .unclear("a success for another amount")
        } else if let hash {
            self = .paid(hash)
        } else {
            self = .unclear("a success without a transaction")
        }
    }

    /// A code as it may be passed on; whatever is no code is replaced.
    static func known(_ reason: ErrorReason, or other: ErrorReason) -> ErrorReason {
        let text = reason.rawValue.utf8
        let isCode = (1...100).contains(text.count) && text.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        return isCode ? reason : other
    }
}
