import HTTPTypes
import X402

extension HTTPResponse.Status {
    static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}

extension HTTPField.Name {
    static let paymentRequired = known(PaymentHeader.required)
    static let paymentSignature = known(PaymentHeader.signature)
    static let paymentResponse = known(PaymentHeader.response)
    static let xPayment = known(PaymentHeader.signatureV1)
    static let xPaymentResponse = known(PaymentHeader.responseV1)
    static let signInWithX = known(SignInExtension.header)
    static let forwarded = known("Forwarded")
    static let xForwardedFor = known("X-Forwarded-For")
    static let retryAfter = known("Retry-After")
    static let link = known("Link")
    static let rateLimit = known("RateLimit")
    static let rateLimitPolicy = known("RateLimit-Policy")
    static let secFetchSite = known("Sec-Fetch-Site")
    static let idempotencyKey = known("Idempotency-Key")
    static let idempotentReplayed = known("Idempotent-Replayed")
    static let uploadOffset = known("Upload-Offset")
    static let referrerPolicy = known("Referrer-Policy")
    static let xRequestID = known("X-Request-Id")
    static let xFrameOptions = known("X-Frame-Options")
    static let permissionsPolicy = known("Permissions-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header's name") }
        return name
    }
}
