/// RFC 4648 base64 with the standard alphabet, as x402's headers want it. Foundation's codec costs several times as much on the
/// path of every paid request, so this one is our own.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        return values
    }()

    /// Encodes with padding.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { out in
            alphabet.withUnsafeBufferPointer { alphabet in
                bytes.withUnsafeBufferPointer { bytes in encode(bytes, alphabet, into: out) }
            }
        }
    }

    private static func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ alphabet: UnsafeBufferPointer<UInt8>, into out: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var at = 0
        var from = 0
        while from + 2 < bytes.count {
            let group = UInt32(bytes[from]) << 16 | UInt32(bytes[from + 1]) << 8 | UInt32(bytes[from + 2])
            out[at] = alphabet[Int(group >> 18)]
            out[at + 1] = alphabet[Int(group >> 12 & 63)]
            out[at + 2] = alphabet[Int(group >> 6 & 63)]
            out[at + 3] = alphabet[Int(group & 63)]
            at += 4
            from += 3
        }
        let rest = bytes.count - from
        if rest > 0 {
            let group = UInt32(bytes[from]) << 16 | (rest == 2 ? UInt32(bytes[from + 1]) << 8 : 0)
            out[at] = alphabet[Int(group >> 18)]
            out[at + 1] = alphabet[Int(group >> 12 & 63)]
            out[at + 2] = rest == 2 ? alphabet[Int(group >> 6 & 63)] : 0x3D
            out[at + 3] = 0x3D
            at += 4
        }
        return at
    }

    /// Decodes; padding may be missing, nothing else may be odd. Nil for any other character, a cut group or stray bits.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var count = text.count
        if count % 4 == 0, count > 0 {
            if text[count - 1] == 0x3D { count -= 1 }
            if text[count - 1] == 0x3D { count -= 1 }
        }
        guard count % 4 != 1 else { return nil }
        var valid = true
        let decoded = values.withUnsafeBufferPointer { values in
            [UInt8](unsafeUninitializedCapacity: count / 4 * 3 + 2) { out, length in
                var bits: UInt32 = 0
                var held = 0
                for index in 0..<count {
                    let value = values[Int(text[index])]
                    if value == 0xFF {
                        valid = false
                        return
                    }
                    bits = bits << 6 | UInt32(value)
                    held += 6
                    if held >= 8 {
                        held -= 8
                        out[length] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                        length += 1
                    }
                }
                if held > 0, bits & (1 << UInt32(held) - 1) != 0 { valid = false }
            }
        }
        return valid ? decoded : nil
    }
}
