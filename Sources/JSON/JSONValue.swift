/// A JSON value (RFC 8259, section 3).
///
/// Equality is exact: strings are compared by code points, never by Unicode equivalence, numbers by their literal,
/// objects without regard to the order of their members.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue: Hashable {
    public static func == (lhs: JSONValue, rhs: JSONValue) -> Bool {
        switch (lhs, rhs) {
        case (.null, .null): true
        case (.bool(let lhs), .bool(let rhs)): lhs == rhs
        case (.number(let lhs), .number(let rhs)): lhs == rhs
        case (.string(let lhs), .string(let rhs)): JSONKey.same(lhs, rhs)
        case (.array(let lhs), .array(let rhs)): lhs == rhs
        case (.object(let lhs), .object(let rhs)): lhs == rhs
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let value):
            hasher.combine(1 as UInt8)
            hasher.combine(value)
        case .number(let value):
            hasher.combine(2 as UInt8)
            hasher.combine(value)
        case .string(let value):
            hasher.combine(3 as UInt8)
            hasher.combine(JSONKey(value))
        case .array(let value):
            hasher.combine(4 as UInt8)
            hasher.combine(value)
        case .object(let value):
            hasher.combine(5 as UInt8)
            hasher.combine(value)
        }
    }
}

extension JSONValue {
    /// A number written as a plain integer.
    public static func integer(_ value: some FixedWidthInteger) -> JSONValue { .number(JSONNumber(value)) }

    /// The text, if this is a string. Nothing is converted: the number 1 has no text.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The truth value, if this is `true` or `false`.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The number with its literal, if this is a number.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }

    /// The integer, if this is a number written as a plain integer that fits; see ``JSONNumber/int64``.
    public var int64: Int64? { number?.int64 }

    /// The elements, if this is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    /// The object, if this is one.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// Whether this is `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The member with that key; nil when there is none or this is no object.
    public subscript(key: String) -> JSONValue? { object?[key] }
}
