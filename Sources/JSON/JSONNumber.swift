/// A JSON number kept as the exact text that was written (RFC 8259, section 6), so that nothing is rounded.
///
/// Equality is by literal: `1`, `1.0` and `1e0` are three different numbers.
public struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The text as written; always a valid JSON number in ASCII.
    public let literal: String

    init(unchecked literal: String) { self.literal = literal }

    /// Nil unless the whole text is one JSON number.
    public init?(literal: String) {
        var text = literal
        let valid = text.withUTF8 { bytes in
            if case .number(let length) = JSONNumberGrammar.scan(bytes, from: 0) { length == bytes.count } else { false }
        }
        guard valid else { return nil }
        self.literal = text
    }

    /// A plain integer.
    public init(_ value: some FixedWidthInteger) { literal = String(value) }

    /// The shortest text that reads back as this double, written as ECMAScript does; nil for infinities and NaN.
    public init?(finite value: Double) {
        guard let literal = JSONNumber.ecmaScript(value) else { return nil }
        self.literal = literal
    }

    /// The value, if it is written as a plain integer (no fraction, no exponent, not `-0`) and fits.
    public var int64: Int64? { literal == "-0" ? nil : Int64(literal) }

    /// The value, if it is written as a plain integer (no fraction, no exponent, no sign) and fits.
    public var uint64: UInt64? { literal == "-0" ? nil : UInt64(literal) }

    /// The nearest double; nil when that would be infinite. A number too near to zero becomes zero.
    public var double: Double? {
        guard let value = Double(literal), value.isFinite else { return nil }
        return value
    }

    public var description: String { literal }
}

extension JSONNumber: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(value) }
}

extension JSONNumber {
    /// Whether it is written as a plain integer, of whatever size.
    var isInteger: Bool { literal != "-0" && literal.utf8.allSatisfy { $0 == UInt8(ascii: "-") || 0x30...0x39 ~= $0 } }
}
