/// A chain by its CAIP-2 identifier; Pushcart knows the `eip155` namespace.
public struct Network: Hashable, Sendable, CustomStringConvertible {
    /// EIP-155 chain id; fits the signed integer in which it is stored.
    public let chainID: UInt64

    /// Nil for zero and for what does not fit a signed 64-bit integer.
    public init?(chainID: UInt64) {
        guard chainID > 0, chainID <= UInt64(Int64.max) else { return nil }
        self.chainID = chainID
    }

    /// Reads `eip155:8453`; nil for other namespaces, signs, blanks and leading zeros.
    public init?(caip2 text: some StringProtocol) {
        guard text.hasPrefix("eip155:"), let units = StrictDigits.parse(text.utf8.dropFirst(7)), units <= UInt128(Int64.max) else { return nil }
        self.init(chainID: UInt64(units))
    }

    public var description: String { "eip155:\(chainID)" }
}
