public import BigInt
public import X402

/// When an authorization may be settled (scheme_exact_evm, verification step "time window").
public enum ExactWindow {
    /// A transaction needs this long to be mined; less time left is too little. Seconds.
    public static let margin: Int64 = 6
    /// A permission that lasts longer is refused: 7 days, in seconds.
    public static let maximum: Int64 = 7 * 86_400

    /// Nil when `now` (Unix seconds) lies in the window with enough time left.
    public static func problem(validAfter: BigUInt, validBefore: BigUInt, now: Int64) -> WireError? {
        if validAfter > BigUInt(now) {
            return WireError(.validAfter, "The authorization is valid only after \(validAfter); it is \(now) now.")
        }
        if validBefore < BigUInt(now + margin) {
            return WireError(.validBefore, "The authorization ends at \(validBefore), within \(margin) seconds of now (\(now)).")
        }
        if validBefore > BigUInt(now + maximum) {
            return WireError(.validBefore, "The authorization is valid for longer than 7 days; sign one with a shorter window.")
        }
        return nil
    }
}
