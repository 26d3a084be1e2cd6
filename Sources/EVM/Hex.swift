/// Hexadecimal text of bytes, two digits each.
public enum Hex {
    /// Whether decoding wants the 0x.
    public enum Prefix: Sendable {
        case required, optional, forbidden
    }

    /// Digits in lower case.
    public static func encode(_ bytes: UnsafeRawBufferPointer, prefix: Bool = true) -> String {
        let start = prefix ? 2 : 0
        return String(unsafeUninitializedCapacity: start + bytes.count * 2) { text in
            if prefix {
                text[0] = UInt8(ascii: "0")
                text[1] = UInt8(ascii: "x")
            }
            for index in 0..<bytes.count {
                text[start + index * 2] = digit(bytes[index] >> 4)
                text[start + index * 2 + 1] = digit(bytes[index] & 0x0f)
            }
            return start + bytes.count * 2
        }
    }

    /// Digits in lower case.
    public static func encode(_ bytes: [UInt8], prefix: Bool = true) -> String {
        bytes.withUnsafeBytes { encode($0, prefix: prefix) }
    }

    /// `nil` for an odd number of digits, for anything that is no digit, and for a prefix other than asked. "0x" is no bytes; "0X" is refused.
    public static func decode(_ text: String, prefix: Prefix = .required) -> [UInt8]? {
        var text = text
        return text.withUTF8 { characters in
            guard let digits = digits(of: characters, prefix: prefix), digits.count % 2 == 0 else { return nil }
            var isValid = true
            let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { buffer, count in
                isValid = fill(UnsafeMutableRawBufferPointer(buffer), from: digits)
                count = isValid ? digits.count / 2 : 0
            }
            return isValid ? bytes : nil
        }
    }

    /// Decodes 0x and as many digits as fill the buffer exactly; `false` for anything else, and then the buffer's content means nothing.
    static func decode(_ text: String, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var text = text
        return text.withUTF8 { characters in
            guard let digits = digits(of: characters, prefix: .required), digits.count == buffer.count * 2 else { return false }
            return fill(buffer, from: digits)
        }
    }

    /// The value of an ASCII digit, `nil` for anything else.
    static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    private static func digits(of characters: UnsafeBufferPointer<UInt8>, prefix: Prefix) -> UnsafeBufferPointer<UInt8>? {
        let hasPrefix = characters.count >= 2 && characters[0] == UInt8(ascii: "0") && characters[1] == UInt8(ascii: "x")
        switch (prefix, hasPrefix) {
        case (.required, false), (.forbidden, true): return nil
        default: return hasPrefix ? UnsafeBufferPointer(rebasing: characters[2...]) : characters
        }
    }

    private static func fill(_ buffer: UnsafeMutableRawBufferPointer, from digits: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<digits.count / 2 {
            guard let high = value(digits[index * 2]), let low = value(digits[index * 2 + 1]) else { return false }
            buffer[index] = high << 4 | low
        }
        return true
    }

    @inline(__always)
    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "a") &- 10 &+ nibble
    }
}
