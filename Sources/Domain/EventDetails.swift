/// What an event says beyond its kind, as canonical JSON (RFC 8785): an object, or nothing. People stand in it by number only, for
/// what is once in the audit log can never be erased.
public struct EventDetails: Hashable, Sendable, CustomStringConvertible {
    public enum Value: Sendable {
        case text(String)
        case number(Int64)
        case flag(Bool)
        /// A field that had one value before and another after; nil where it had none.
        case change(from: String?, to: String?)
        /// A field that was changed and whose values are not told, being secret or personal.
        case changed
    }

    /// The JSON; empty where there is nothing to say.
    public let text: String

    public static let none = EventDetails(text: "")

    /// Takes what is stored already.
    public init(text: String) { self.text = text }

    /// - Parameter members: names in ASCII, each once, in any order.
    public init(_ members: [(name: String, value: Value)]) {
        guard !members.isEmpty else { self = .none; return }
        self.init(sorted: members.sorted { $0.name < $1.name })
    }

    /// The same for names that are in ascending order already: the quick way on the path of a sale.
    public init(sorted members: [(name: String, value: Value)]) {
        var json = ""
        json.reserveCapacity(192)
        for (name, value) in members {
            json += json.isEmpty ? "{\"" : ",\""
            json += name
            json += "\":"
            Self.write(value, to: &json)
        }
        text = json + "}"
    }

    public var description: String { text }

    private static func write(_ value: Value, to json: inout String) {
        switch value {
        case .text(let text): quote(text, to: &json)
        case .number(let number): json += String(number)
        case .flag(let flag): json += flag ? "true" : "false"
        case .changed: json += "\"changed\""
        case .change(let before, let after):
            json += "{\"after\":"
            if let after { quote(after, to: &json) } else { json += "null" }
            json += ",\"before\":"
            if let before { quote(before, to: &json) } else { json += "null" }
            json += "}"
        }
    }

    /// Escapes what JSON demands and nothing else, as the canonical form wants it.
    private static func quote(_ text: String, to json: inout String) {
        json += "\""
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
            json += text
        } else {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": json += "\\\""
                case "\\": json += "\\\\"
                case "\u{8}": json += "\\b"
                case "\t": json += "\\t"
                case "\n": json += "\\n"
                case "\u{C}": json += "\\f"
                case "\r": json += "\\r"
                case "\0"..."\u{1F}": json += "\\u00\(lowercaseHex([UInt8(scalar.value)]))"
                default: json.unicodeScalars.append(scalar)
                }
            }
        }
        json += "\""
    }
}
