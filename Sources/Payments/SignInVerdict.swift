public import X402

/// Whose a sign-in is.
public enum SignInVerdict: Sendable {
    /// The wallet's address, 20 bytes. Its key signed.
    case key([UInt8])
    /// A contract's address, 20 bytes. The contract on the chain that the sign-in names stands by the signature; on another chain the
    /// same address may be somebody else's.
    case contract([UInt8])
    case invalid(WireError)
    /// Nobody can tell now; the sentence is for people.
    case unavailable(String)
}
