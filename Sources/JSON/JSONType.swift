/// What a JSON value may be: its JSON Schema (2020-12), how it is read with everything that is wrong, and how it is written.
///
///     let title = JSONType.string(1...120).parsed("one line of text", { Title($0) }, { $0.text })
///
/// One declaration for the three, so that what is documented is what is read.
public struct JSONType<Value>: Sendable {
    /// The schema, of which the reader refuses nothing more than it says in words.
    public let schema: JSONObject
    /// Nil leaves at least one problem.
    public let read: @Sendable (JSONValue, JSONPointer, inout [JSONProblem]) -> Value?
    public let write: @Sendable (Value) -> JSONValue

    public init(
        schema: JSONObject, read: @escaping @Sendable (JSONValue, JSONPointer, inout [JSONProblem]) -> Value?,
        write: @escaping @Sendable (Value) -> JSONValue
    ) {
        self.schema = schema
        self.read = read
        self.write = write
    }

    /// The same with more said in its schema.
    public func described(_ more: JSONObject) -> JSONType {
        var schema = schema
        for member in more.members { schema[member.key] = member.value }
        return JSONType(schema: schema, read: read, write: write)
    }

    /// A stricter type: `parse` returns nil for what is refused with the sentence `rule`.
    public func parsed<Parsed>(
        _ rule: String, _ parse: @escaping @Sendable (Value) -> Parsed?, _ print: @escaping @Sendable (Parsed) -> Value
    ) -> JSONType<Parsed> {
        judged({ value in if let parsed = parse(value) { .good(parsed) } else { .bad(rule) } }, print)
    }

    /// A stricter type whose sentence depends on the value.
    public func judged<Parsed>(
        _ judge: @escaping @Sendable (Value) -> JSONType<Parsed>.Judged, _ print: @escaping @Sendable (Parsed) -> Value
    ) -> JSONType<Parsed> {
        JSONType<Parsed>(
            schema: schema,
            read: { [read] value, place, problems in
                guard let value = read(value, place, &problems) else { return nil }
                switch judge(value) {
                case .good(let parsed): return parsed
                case .bad(let sentence):
                    problems.append(JSONProblem(place, sentence))
                    return nil
                }
            }, write: { [write] in write(print($0)) })
    }

    /// What a rule says of a value.
    public enum Judged {
        case good(Value)
        /// A sentence.
        case bad(String)
    }
}

extension JSONType where Value == String {
    /// Text; `length` counts Unicode code points.
    public static func string(_ length: ClosedRange<Int> = 0...10_000, pattern: String? = nil, format: String? = nil) -> JSONType {
        var schema: JSONObject = ["type": "string"]
        if length.lowerBound > 0 { schema["minLength"] = .integer(length.lowerBound) }
        schema["maxLength"] = .integer(length.upperBound)
        if let pattern { schema["pattern"] = .string(pattern) }
        if let format { schema["format"] = .string(format) }
        return JSONType(
            schema: schema,
            read: { value, place, problems in
                var fields = JSONFields(["value": value])
                let text = fields.string("value", length: length)
                problems += fields.problems.map { JSONProblem(place, $0.reason) }
                return text
            }, write: JSONValue.string)
    }

    /// Text that we write and never read, such as a time or an address.
    public static func text(format: String? = nil) -> JSONType {
        var schema: JSONObject = ["type": "string"]
        if let format { schema["format"] = .string(format) }
        return JSONType(schema: schema, read: { value, _, _ in value.string }, write: JSONValue.string)
    }
}

extension JSONType where Value == Bool {
    public static var boolean: JSONType {
        JSONType(
            schema: ["type": "boolean"],
            read: { value, place, problems in
                if value.bool == nil { problems.append(JSONProblem(place, JSONFields.Sentence.bool)) }
                return value.bool
            }, write: JSONValue.bool)
    }
}

extension JSONType where Value == Int {
    /// A whole number; as text in a query its decimal digits.
    public static func integer(_ range: ClosedRange<Int> = 0...9_007_199_254_740_991) -> JSONType {
        JSONType(
            schema: ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
            read: { value, place, problems in
                var fields = JSONFields(["value": value])
                let number = fields.int("value", in: range)
                problems += fields.problems.map { JSONProblem(place, $0.reason) }
                return number
            }, write: JSONValue.integer)
    }
}

extension JSONType where Value: CaseIterable & RawRepresentable<String> & Sendable {
    /// One of the cases, by its raw value.
    public static var choice: JSONType {
        let names = Value.allCases.map(\.rawValue)
        return JSONType(
            schema: ["type": "string", "enum": .array(names.map(JSONValue.string))],
            read: { value, place, problems in
                if let text = value.string, let choice = Value.allCases.first(where: { JSONKey.same($0.rawValue, text) }) { return choice }
                problems.append(JSONProblem(place, JSONFields.Sentence.choice(names)))
                return nil
            }, write: { .string($0.rawValue) })
    }
}

extension JSONType {
    /// A list of such values; all of them are read, whatever is wrong with one.
    public func list(_ count: ClosedRange<Int> = 0...1000) -> JSONType<[Value]> {
        JSONType<[Value]>(
            schema: [
                "type": "array", "items": .object(schema), "minItems": .integer(count.lowerBound), "maxItems": .integer(count.upperBound),
            ],
            read: { [read] value, place, problems in
                var fields = JSONFields(["value": value])
                let elements = fields.array("value", count: count)
                problems += fields.problems.map { JSONProblem(place, $0.reason) }
                guard let elements else { return nil }
                let read = elements.enumerated().compactMap { read($1, place.appending($0), &problems) }
                return read.count == elements.count ? read : nil
            }, write: { [write] in .array($0.map(write)) })
    }
}
