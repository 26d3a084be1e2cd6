public import BigInt

/// Numbers as Ethereum's JSON-RPC writes them ("QUANTITY"): 0x and hexadecimal digits without leading zeros; zero is "0x0".
extension BigUInt {
    public var hexQuantity: String { "0x" + String(self, radix: 16) }

    /// Also takes what sloppy nodes send: leading zeros and any case, but never more than 64 digits, and never none.
    public init?(hexQuantity text: String) {
        var text = text
        let word = text.withUTF8 { Bytes32(quantity: $0) }
        guard let word else { return nil }
        self.init(word)
    }
}

extension UInt64 {
    public var hexQuantity: String { "0x" + String(self, radix: 16) }

    /// As `BigUInt(hexQuantity:)`, and `nil` for more than 64 bits.
    public init?(hexQuantity text: String) {
        var text = text
        let word = text.withUTF8 { Bytes32(quantity: $0) }
        guard let word, word.w0 | word.w1 | word.w2 == 0 else { return nil }
        self = word.w3
    }
}

extension Bytes32 {
    fileprivate init?(quantity characters: UnsafeBufferPointer<UInt8>) {
        guard (3...66).contains(characters.count), characters[0] == UInt8(ascii: "0"), characters[1] == UInt8(ascii: "x") else { return nil }
        var (w0, w1, w2, w3): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for character in characters[2...] {
            guard let digit = Hex.value(character) else { return nil }
            w0 = w0 << 4 | w1 >> 60
            w1 = w1 << 4 | w2 >> 60
            w2 = w2 << 4 | w3 >> 60
            w3 = w3 << 4 | UInt64(digit)
        }
        self.init(w0, w1, w2, w3)
    }
}
