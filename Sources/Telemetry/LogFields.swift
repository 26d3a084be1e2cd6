import Logging

/// What is known of an event beside its message: names and texts, in the order of the names, secrets masked, nested names joined by dots.
struct LogFields: Sendable {
    let all: [(name: String, text: String)]

    init(_ event: LogEvent, _ handler: Logger.Metadata, _ provider: Logger.MetadataProvider?) {
        var metadata = handler
        if let provider { metadata.merge(provider.get()) { $1 } }
        if let own = event.metadata { metadata.merge(own) { $1 } }
        if let error = event.error, metadata["error"] == nil { metadata["error"] = .string("\(error)") }
        all = metadata.isEmpty ? [] : Self.flat(metadata, prefix: "").sorted { $0.name < $1.name }
    }

    /// The message and the fields, on one line.
    func line(_ message: String) -> String {
        var line = LogText.escaped(message)
        for field in all { line += " \(LogText.name(field.name))=\(LogText.value(field.text))" }
        return line
    }

    private static func flat(_ metadata: Logger.Metadata, prefix: String) -> [(name: String, text: String)] {
        metadata.flatMap { key, value -> [(name: String, text: String)] in
            if isSecret(key) { return [(prefix + key, "***")] }
            if case .dictionary(let inner) = value { return flat(inner, prefix: "\(prefix)\(key).") }
            return [(prefix + key, text(value))]
        }
    }

    private static func text(_ value: Logger.Metadata.Value) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let value): value.description
        case .array(let values): "[\(values.map(text).joined(separator: ", "))]"
        case .dictionary(let inner):
            "{\(flat(inner, prefix: "").sorted { $0.name < $1.name }.map { "\($0.name)=\($0.text)" }.joined(separator: ", "))}"
        }
    }

    private static let secrets: Set<String> = ["password", "secret", "token", "signature", "authorization", "key"]

    /// Whether a name's last word says that its value is nobody's business: `token`, `apiKey`, `X-Payment-Signature`; not `key_id`.
    static func isSecret(_ name: String) -> Bool {
        let lower = name.lowercased()
        if secrets.contains(lower) { return true }
        var word = ""
        for character in name.reversed() {
            guard character.isLetter || character.isNumber else { break }
            word.insert(character, at: word.startIndex)
            if character.isUppercase, secrets.contains(word.lowercased()) { return true }
        }
        return secrets.contains(word.lowercased())
    }
}
