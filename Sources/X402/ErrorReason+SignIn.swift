/// What is wrong with a sign-in, in the reference implementation's codes.
extension ErrorReason {
    public static let signInDomain = ErrorReason(rawValue: "invalid_siwx_domain_mismatch")
    public static let signInURI = ErrorReason(rawValue: "invalid_siwx_uri_mismatch")
    public static let signInIssuedAt = ErrorReason(rawValue: "invalid_siwx_issued_at")
    public static let signInTooOld = ErrorReason(rawValue: "invalid_siwx_issued_at_too_old")
    public static let signInFromFuture = ErrorReason(rawValue: "invalid_siwx_issued_at_in_future")
    public static let signInExpirationTime = ErrorReason(rawValue: "invalid_siwx_expiration_time")
    public static let signInExpired = ErrorReason(rawValue: "invalid_siwx_expired")
    public static let signInNotBefore = ErrorReason(rawValue: "invalid_siwx_not_before")
    public static let signInTooEarly = ErrorReason(rawValue: "invalid_siwx_not_yet_valid")
    public static let signInNonce = ErrorReason(rawValue: "invalid_siwx_nonce")
    public static let signInSignature = ErrorReason(rawValue: "invalid_siwx_signature")
    public static let signInChain = ErrorReason(rawValue: "invalid_siwx_unsupported_chain")
    /// Ours: the wallet is proved and has not bought this.
    public static let signInUnpaid = ErrorReason(rawValue: "siwx_not_paid")
    /// Ours: CAIP-122 has no other version than 1, and the resources are those of the challenge.
    public static let signInOther = ErrorReason(rawValue: "invalid_siwx_message")
}
