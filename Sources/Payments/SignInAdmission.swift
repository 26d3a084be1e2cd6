public import X402

/// What becomes of a request that brings a sign-in.
public enum SignInAdmission: Sendable {
    /// The wallet bought the product; the receipt is the newest of those payments.
    case admitted(Receipt)
    /// Not believed, or has not bought this; the terms go out.
    case refused(WireError)
    /// Nobody can tell now; the sentence is for people.
    case unavailable(String)
}
