public import BigInt

/// Whole numbers of at most 256 bits (Solidity's uint256) and their 32-byte big-endian words.
extension BigUInt {
    public static let maxUInt256 = (BigUInt(1) << 256) - 1

    public var fitsUInt256: Bool { bitWidth <= 256 }

    public init(_ word: Bytes32) {
        if word.w0 | word.w1 | word.w2 == 0 {
            self.init(word.w3)
        } else {
            self.init(words: [UInt(word.w3), UInt(word.w2), UInt(word.w1), UInt(word.w0)])
        }
    }
}

extension Bytes32 {
    /// The number as a big-endian word; `nil` when it needs more than 256 bits.
    public init?(_ value: BigUInt) {
        guard value.fitsUInt256 else { return nil }
        let words = value.words
        func part(_ index: Int) -> UInt64 { index < words.count ? UInt64(words[index]) : 0 }
        self.init(part(3), part(2), part(1), part(0))
    }

    public init(_ value: UInt64) {
        self.init(0, 0, 0, value)
    }
}
