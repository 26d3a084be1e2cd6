/// Why a payment was refused, in the words of the specification (x402 v2, section 9) and of the reference implementation.
/// Open: a code that we do not know survives a round trip.
public struct ErrorReason: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let insufficientFunds = ErrorReason(rawValue: "insufficient_funds")
    public static let invalidNetwork = ErrorReason(rawValue: "invalid_network")
    public static let invalidPayload = ErrorReason(rawValue: "invalid_payload")
    public static let invalidPaymentRequirements = ErrorReason(rawValue: "invalid_payment_requirements")
    public static let invalidScheme = ErrorReason(rawValue: "invalid_scheme")
    public static let unsupportedScheme = ErrorReason(rawValue: "unsupported_scheme")
    public static let invalidVersion = ErrorReason(rawValue: "invalid_x402_version")
    public static let invalidTransactionState = ErrorReason(rawValue: "invalid_transaction_state")
    public static let unexpectedVerifyError = ErrorReason(rawValue: "unexpected_verify_error")
    public static let unexpectedSettleError = ErrorReason(rawValue: "unexpected_settle_error")
    public static let settlementPending = ErrorReason(rawValue: "settlement_pending")
    public static let transactionFailed = ErrorReason(rawValue: "transaction_failed")
    /// Ours: the payment was given back and what it bought with it.
    public static let refunded = ErrorReason(rawValue: "payment_refunded")

    /// Of our own facilitator interface: the budget of the key that asks does not reach for the payment.
    public static let insufficientBudget = ErrorReason(rawValue: "insufficient_budget")

    // `exact` on EVM
    public static let invalidSignature = ErrorReason(rawValue: "invalid_exact_evm_payload_signature")
    public static let recipientMismatch = ErrorReason(rawValue: "invalid_exact_evm_payload_recipient_mismatch")
    public static let valueMismatch = ErrorReason(rawValue: "invalid_exact_evm_payload_authorization_value_mismatch")
    public static let validAfter = ErrorReason(rawValue: "invalid_exact_evm_payload_authorization_valid_after")
    public static let validBefore = ErrorReason(rawValue: "invalid_exact_evm_payload_authorization_valid_before")
    public static let nonceAlreadyUsed = ErrorReason(rawValue: "invalid_exact_evm_nonce_already_used")
    public static let undeployedSmartWallet = ErrorReason(rawValue: "invalid_exact_evm_payload_undeployed_smart_wallet")
    public static let simulationFailed = ErrorReason(rawValue: "invalid_exact_evm_transaction_simulation_failed")
}
