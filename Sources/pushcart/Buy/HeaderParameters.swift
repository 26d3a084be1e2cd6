/// A header value of the form `value; name=text; name="quoted text"` (RFC 9110, section 5.6.6).
struct HeaderParameters {
    /// What stands before the first semicolon.
    let value: String
    /// By names in lower case; of two with one name the first.
    let parameters: [String: String]

    init(_ text: String) {
        let parts = Self.split(text, at: ";")
        value = Self.trimmed(parts.first ?? "")
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = Self.trimmed(String(part[..<equals])).lowercased()
            if parameters[name] == nil { parameters[name] = Self.unquoted(Self.trimmed(String(part[part.index(after: equals)...]))) }
        }
        self.parameters = parameters
    }

    /// Splits outside of quotes and of `<…>`, as lists of links need it.
    static func split(_ text: String, at separator: Character) -> [String] {
        var parts = [""]
        var isQuoted = false
        var isEscaped = false
        var isBracketed = false
        for character in text {
            switch character {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"" where !isBracketed: isQuoted.toggle()
            case "<" where !isQuoted: isBracketed = true
            case ">" where !isQuoted: isBracketed = false
            case separator where !isQuoted && !isBracketed:
                parts.append("")
                continue
            default: break
            }
            parts[parts.count - 1].append(character)
        }
        return parts
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            plain.append(character)
        }
        return plain
    }
}
