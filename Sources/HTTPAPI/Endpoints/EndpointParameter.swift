import JSON

/// A parameter in an operation's address, its query or its header.
struct EndpointParameter: Sendable {
    enum Place: String, Sendable { case path, query, header }

    let name: String
    let place: Place
    let schema: JSONObject
    let summary: String
    var example: JSONValue?
    /// A parameter of the address always is.
    var isRequired = false

    /// A parameter of the query that is read by `type`; as text a number has decimal digits.
    static func query<Value>(_ name: String, _ type: JSONType<Value>, _ summary: String, example: JSONValue? = nil) -> EndpointParameter {
        EndpointParameter(name: name, place: .query, schema: type.schema, summary: summary, example: example)
    }

    static func path(_ name: String, _ summary: String, pattern: String? = nil, example: JSONValue) -> EndpointParameter {
        var schema: JSONObject = ["type": "string"]
        if let pattern { schema["pattern"] = .string(pattern) }
        return EndpointParameter(name: name, place: .path, schema: schema, summary: summary, example: example)
    }
}

extension EndpointParameter {
    /// The numeric id of a resource.
    static func id(_ summary: String) -> EndpointParameter { path("id", summary, pattern: "^[1-9][0-9]{0,17}$", example: "1") }

    static let limit = query("limit", JSONType.integer(1...500), "How many at most; 50 when not said.", example: 20)
    static let cursor = query("cursor", JSONType.string(1...200), "Where to go on: `next` of the page before.")
}
