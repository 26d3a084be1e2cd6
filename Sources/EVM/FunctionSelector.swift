/// The first four bytes of call data: of the hash of a function's canonical signature (ABI specification, "Function Selector").
public struct FunctionSelector: Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The signature without names and blanks, as in "transfer(address,uint256)".
    public init(signature: String) {
        rawValue = UInt32(truncatingIfNeeded: Keccak256.hash(utf8: signature).w0 >> 32)
    }

    /// The selector of call data; `nil` when that is shorter than four bytes.
    public init?(callData: [UInt8]) {
        guard callData.count >= 4 else { return nil }
        rawValue = callData[..<4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    public var bytes: [UInt8] { withUnsafeBytes(of: rawValue.bigEndian) { [UInt8]($0) } }
}
