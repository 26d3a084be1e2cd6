public import BigInt

extension BigUInt {
    /// A uint256 as protocols write it in decimal: ASCII digits only, no sign, no blanks, no exponent, no leading zero
    /// except in "0" itself, at most 256 bits. So each number has one spelling.
    public init?(strictDecimal text: String) {
        var text = text
        let value = text.withUTF8 { BigUInt(strictDecimal: $0) }
        guard let value else { return nil }
        self = value
    }

    private init?(strictDecimal digits: UnsafeBufferPointer<UInt8>) {
        // 2^256 - 1 has 78 digits; bounding the length first bounds the work.
        guard (1...78).contains(digits.count), digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
        var value: BigUInt = 0
        var index = 0
        while index < digits.count {
            // 19 digits always fit 64 bits.
            let end = Swift.min(index + 19, digits.count)
            var chunk: UInt64 = 0
            var scale: UInt64 = 1
            while index < end {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digits[index]) else { return nil }
                chunk = chunk * 10 + UInt64(digits[index] - UInt8(ascii: "0"))
                scale *= 10
                index += 1
            }
            value = value.isZero ? BigUInt(chunk) : value * BigUInt(scale) + BigUInt(chunk)
        }
        guard value.fitsUInt256 else { return nil }
        self = value
    }
}
