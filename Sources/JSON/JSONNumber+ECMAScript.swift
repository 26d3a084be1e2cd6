extension JSONNumber {
    /// The number as `Number.prototype.toString` of ECMAScript writes it, which RFC 8785, section 3.2.2.3, asks for; nil
    /// for infinities and NaN. Minus zero is `0`.
    ///
    /// Swift's description has the same digits (the shortest that read back, and of those the nearest), only laid out
    /// differently; this takes digits and exponent out of it and lays them out anew.
    static func ecmaScript(_ value: Double) -> String? {
        guard value.isFinite else { return nil }
        guard value != 0 else { return "0" }
        var (digits, point) = decimal(of: value.magnitude.description)
        let sign = value < 0 ? "-" : ""
        let count = digits.count  // 17 at most
        switch point {
        case count...21:
            digits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - count))
            return sign + String(decoding: digits, as: UTF8.self)
        case 1...21:
            digits.insert(UInt8(ascii: "."), at: point)
            return sign + String(decoding: digits, as: UTF8.self)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + String(decoding: digits, as: UTF8.self)
        default:
            if count > 1 { digits.insert(UInt8(ascii: "."), at: 1) }
            return sign + String(decoding: digits, as: UTF8.self) + (point > 0 ? "e+" : "e-") + String((point - 1).magnitude)
        }
    }

    /// The significant digits, without zeros at either end, and the place of the decimal point counted from the first of
    /// them: the value is 0.d₁d₂… × 10^point.
    private static func decimal(of description: String) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let text = Array(description.utf8)
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                point = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        var place = (point ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        place -= zeros
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, place)
    }
}
