import Domain
import Foundation
import JSON

/// Judges JSON by the part of JSON Schema that the API's document uses. A keyword that it does not know is a finding, too.
struct SchemaCheck {
    /// `components.schemas` of the document.
    let components: JSONObject

    private static let known: Set<String> = [
        "type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern",
        "format",
        "minItems", "maxItems", "uniqueItems", "$ref", "description", "examples", "dependentRequired",
    ]

    /// What is wrong, each with its place; empty when nothing is.
    func problems(_ value: JSONValue, _ schema: JSONObject, at place: String = "") -> [String] {
        var problems = schema.keys.filter { !Self.known.contains($0) }.map { "\(place): the keyword \($0) is not known here" }
        if let name = schema["$ref"]?.string {
            guard name.hasPrefix("#/components/schemas/"), let named = components[String(name.dropFirst(21))]?.object else {
                return problems + ["\(place): \(name) leads nowhere"]
            }
            problems += self.problems(value, named, at: place)
        }
        if let type = schema["type"]?.string, type != Self.type(of: value), !(type == "number" && Self.type(of: value) == "integer") {
            return problems + ["\(place): \(value) is no \(type)"]
        }
        if let choices = schema["enum"]?.array, !choices.contains(value) { problems.append("\(place): \(value) is none of \(choices)") }
        if let object = value.object { problems += self.object(object, schema, place) }
        if let array = value.array { problems += self.array(array, schema, place) }
        if let text = value.string { problems += self.text(text, schema, place) }
        if let number = value.int64 {
            if let least = schema["minimum"]?.int64, number < least { problems.append("\(place): \(number) is below \(least)") }
            if let most = schema["maximum"]?.int64, number > most { problems.append("\(place): \(number) is above \(most)") }
        }
        return problems
    }

    private func object(_ object: JSONObject, _ schema: JSONObject, _ place: String) -> [String] {
        let properties = schema["properties"]?.object ?? JSONObject()
        var problems: [String] = []
        for name in schema["required"]?.array ?? [] where name.string.flatMap({ object[$0] }) == nil {
            problems.append("\(place): \(name) is missing")
        }
        for rule in schema["dependentRequired"]?.object?.members ?? [] where object[rule.key] != nil {
            for name in rule.value.array ?? [] where name.string.flatMap({ object[$0] }) == nil {
                problems.append("\(place): \(rule.key) needs \(name)")
            }
        }
        for member in object.members {
            if let schema = properties[member.key]?.object {
                problems += self.problems(member.value, schema, at: "\(place)/\(member.key)")
            } else if schema["additionalProperties"] == false {
                problems.append("\(place): \(member.key) is not declared")
            }
        }
        return problems
    }

    private func array(_ array: [JSONValue], _ schema: JSONObject, _ place: String) -> [String] {
        var problems: [String] = []
        if let least = schema["minItems"]?.int64, array.count < least { problems.append("\(place): fewer than \(least)") }
        if let most = schema["maxItems"]?.int64, array.count > most { problems.append("\(place): more than \(most)") }
        if schema["uniqueItems"] == true, Set(array).count != array.count { problems.append("\(place): one comes twice") }
        if let items = schema["items"]?.object {
            for (index, item) in array.enumerated() { problems += self.problems(item, items, at: "\(place)/\(index)") }
        }
        return problems
    }

    private func text(_ text: String, _ schema: JSONObject, _ place: String) -> [String] {
        var problems: [String] = []
        let length = text.unicodeScalars.count
        if let least = schema["minLength"]?.int64, length < least { problems.append("\(place): shorter than \(least)") }
        if let most = schema["maxLength"]?.int64, length > most { problems.append("\(place): longer than \(most)") }
        if let pattern = schema["pattern"]?.string {
            let expression = try? NSRegularExpression(pattern: pattern)
            if expression?.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) == nil {
                problems.append("\(place): “\(text)” is not as \(pattern)")
            }
        }
        switch schema["format"]?.string {
        case "date-time": if (try? Date.ISO8601FormatStyle().parse(text)) == nil { problems.append("\(place): “\(text)” is no time") }
        case "uri": if URL(string: text)?.scheme == nil { problems.append("\(place): “\(text)” is no address") }
        case nil: break
        case let format?: problems.append("\(place): the format \(format) is not known here")
        }
        return problems
    }

    private static func type(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .number: value.int64 == nil ? "number" : "integer"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
