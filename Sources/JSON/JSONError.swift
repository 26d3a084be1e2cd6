/// Why a JSON text was refused, or why a value has no canonical form.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// The text ends inside a value, or there is none.
        case unexpectedEnd
        case expectedValue
        case expectedKey
        case expectedColon
        case expectedCommaOrBrace
        case expectedCommaOrBracket
        case trailingComma
        /// Something other than white space follows the value.
        case trailingContent
        case comment
        case byteOrderMark
        case invalidNumber
        case leadingZero
        case invalidEscape
        /// Half of a surrogate pair, written as an escape.
        case loneSurrogate
        /// A byte below 0x20 in a string; it must be escaped.
        case controlCharacter
        case invalidUTF8
        /// The key, shortened to 64 characters and with invisible characters escaped.
        case duplicateKey(String)
        case tooLarge(limit: Int)
        case tooDeep(limit: Int)
        case tooManyValues(limit: Int)
        /// A number, shortened to 64 characters, with no finite double (only from the canonical form).
        case numberOutOfRange(String)
    }

    public let reason: Reason
    /// The byte where the fault was noticed, from 0; for a limit, the first byte past it. Nil when the fault is in a
    /// value and not in a text.
    public let offset: Int?

    public init(_ reason: Reason, offset: Int?) {
        self.reason = reason
        self.offset = offset
    }

    /// One sentence that says what is wrong and where; repeats at most 64 characters of the input.
    public var description: String {
        guard let offset else { return "\(reason.clause)." }
        return "\(reason.clause) (at byte \(offset))."
    }
}

extension JSONError.Reason {
    fileprivate var clause: String {
        switch self {
        case .unexpectedEnd: "The JSON text ends too early"
        case .expectedValue: "Here a JSON value should stand"
        case .expectedKey: "Here an object key in double quotes should stand"
        case .expectedColon: "An object key must be followed by a colon"
        case .expectedCommaOrBrace: "An object member must be followed by a comma or a closing brace"
        case .expectedCommaOrBracket: "An array element must be followed by a comma or a closing bracket"
        case .trailingComma: "A comma must not stand before a closing brace or bracket"
        case .trailingContent: "Nothing may follow the JSON value"
        case .comment: "JSON has no comments"
        case .byteOrderMark: "JSON must not begin with a byte order mark"
        case .invalidNumber: "This is not a valid JSON number"
        case .leadingZero: "A number must not have leading zeros"
        case .invalidEscape: "This is not a valid escape in a string"
        case .loneSurrogate: "An escape names half of a surrogate pair"
        case .controlCharacter: "A control character in a string must be escaped"
        case .invalidUTF8: "The text is not valid UTF-8"
        case .duplicateKey(let key): "The key \"\(key)\" occurs twice in one object"
        case .tooLarge(let limit): "The JSON text is longer than \(limit) bytes"
        case .tooDeep(let limit): "The JSON text has more than \(limit) arrays and objects in each other"
        case .tooManyValues(let limit): "The JSON text has more than \(limit) values and keys"
        case .numberOutOfRange(let literal): "The number \(literal) is too large for a double"
        }
    }
}
