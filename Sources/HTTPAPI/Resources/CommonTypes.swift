import Domain
import HTTPTypes
import JSON

extension JSONType where Value == Timestamp {
    /// A moment in UTC (RFC 3339), as we write it.
    static var moment: JSONType {
        JSONType<String>.text(format: "date-time").parsed("This must be a time.", { _ in nil }, \.iso8601)
    }
}

extension JSONType where Value == Slug {
    static var slug: JSONType {
        JSONType<String>.string(1...80, pattern: "^[a-z0-9]+(-[a-z0-9]+)*$")
            .parsed("A slug has 1 to 80 of a-z, 0-9 and single hyphens inside.", { Slug($0) }, \.text)
    }
}

extension JSONType where Value == Currency {
    static var currency: JSONType {
        JSONType<String>.string(3...3, pattern: "^[A-Z]{3}$")
            .parsed("A currency is three capital letters, such as USD.", { Currency($0) }, \.code)
    }
}

extension JSONType where Value == ContentDigest {
    static var digest: JSONType {
        JSONType<String>.string(64...64, pattern: "^[0-9a-fA-F]{64}$")
            .parsed("A digest is 64 hexadecimal digits.", { ContentDigest(hex: $0) }, \.description)
    }
}

extension JSONType where Value == String {
    /// A decimal number above zero, without sign, blank or exponent: money is never a floating point number.
    static var decimal: JSONType { .string(1...40, pattern: "^([1-9][0-9]{0,19}(\\.[0-9]{1,18})?|0\\.(?=[0-9]*[1-9])[0-9]{1,18})$") }
    /// A count of an asset's smallest unit.
    static var atomic: JSONType { .text().described(["pattern": "^(0|[1-9][0-9]*)$"]) }
    static var network: JSONType { .text().described(["pattern": "^eip155:[1-9][0-9]*$"]) }
    static var address: JSONType { .text().described(["pattern": "^0x[0-9a-fA-F]{40}$"]) }
    static var uri: JSONType { .text(format: "uri") }

    /// A line of text without control characters, judged by a rule of the shop that says what is wrong in a sentence.
    static func line(_ length: ClosedRange<Int>, _ rule: @escaping @Sendable (String) -> String? = { _ in nil }) -> JSONType {
        JSONType<String>.string(length, pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$").judged(
            { text in
                if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                    return .bad("There is a control character or a line break in it.")
                }
                return if let problem = rule(text) { .bad(problem) } else { .good(text) }
            }, { $0 })
    }

    /// A line of text that is more than blanks.
    static func name(_ length: ClosedRange<Int>) -> JSONType {
        line(length) { $0.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? "A name is more than blanks." : nil }
            .described(["pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$"])
    }
}

/// A page of a list.
enum Page {
    static func schema(_ name: String) -> JSONObject {
        [
            "type": "object",
            "properties": [
                "items": ["type": "array", "items": ["$ref": .string("#/components/schemas/\(name)")]],
                "next": ["type": "string", "description": "`cursor` of the next page; missing on the last."],
            ],
            "required": ["items"],
        ]
    }

    /// - Parameter next: the cursor of the following page; nil on the last.
    static func json(_ items: [JSONObject], next: String?) -> JSONObject {
        var json: JSONObject = ["items": .array(items.map(JSONValue.object))]
        if let next { json["next"] = .string(next) }
        return json
    }
}

extension Endpoint.Answer {
    static func ok(_ name: String, _ summary: String) -> Endpoint.Answer {
        Endpoint.Answer(status: .ok, summary: summary, schema: ["$ref": .string("#/components/schemas/\(name)")])
    }
    static func page(_ name: String, _ summary: String) -> Endpoint.Answer {
        Endpoint.Answer(status: .ok, summary: summary, schema: Page.schema(name))
    }
    static func created(_ name: String, _ summary: String) -> Endpoint.Answer {
        Endpoint.Answer(
            status: .created, summary: summary, schema: ["$ref": .string("#/components/schemas/\(name)")],
            headers: [("Location", "Its address.")])
    }
    static func stored(_ name: String, _ summary: String) -> Endpoint.Answer {
        Endpoint.Answer(status: .created, summary: summary, schema: ["$ref": .string("#/components/schemas/\(name)")])
    }
    static func done(_ summary: String) -> Endpoint.Answer { Endpoint.Answer(status: .noContent, summary: summary) }
}
