import Domain
import Storage
import X402

// What traces say of a step: who, where and what came of it.

extension PaymentOption {
    var facts: [(String, String)] { [("rail", "x402"), ("network", network.description), ("sandbox", "\(sandbox)")] }
}

extension Payment {
    var facts: [(String, String)] {
        [("rail", "x402"), ("network", authorization.key.network.description), ("sandbox", "\(sandbox)"), ("payment", "\(id)")]
    }
}

extension Verdict {
    var word: String {
        switch self {
        case .valid: "valid"
        case .invalid(let error): error.reason.rawValue
        case .proven(let error): error.reason.rawValue
        case .provenUnavailable, .unavailable: "unavailable"
        case .spentElsewhere: "spent elsewhere"
        }
    }
}

extension Settlement {
    var word: String {
        switch self {
        case .settled: "settled"
        case .notSent: "not sent"
        case .failed: "failed"
        case .unknown: "unknown"
        }
    }
}

extension ClaimOutcome {
    var word: String {
        switch self {
        case .claimed: "claimed"
        case .known: "known"
        case .owned: "owned"
        case .awaiting: "awaiting"
        case .identified: "identified"
        case .conflicting: "conflicting"
        case .insufficientFunds: "insufficient funds"
        }
    }

    var payment: Payment? {
        switch self {
        case .claimed(let payment), .known(let payment), .owned(let payment), .awaiting(let payment), .identified(let payment): payment
        case .conflicting, .insufficientFunds: nil
        }
    }
}
