/// One member of a resource: its name, what it may be, what it means, and when it is read and written.
public struct JSONMember<Resource, Draft>: Sendable {
    /// Whether a member may be sent.
    public enum Use: Sendable {
        case required, optional, no
    }

    let name: String
    let schema: JSONObject
    /// The schema of what is shown, where that is more than what is sent.
    let shown: JSONObject
    let creation: Use
    let editable: Bool
    /// Nil for what is only sent, such as a password.
    let write: (@Sendable (Resource) -> JSONValue?)?
    /// Whether every resource has it.
    let isAlways: Bool
    let read: (@Sendable (JSONValue, JSONPointer, inout [JSONProblem], inout Draft) -> Void)?

    private static func schema<Value>(_ type: JSONType<Value>, _ summary: String, _ example: JSONValue?) -> JSONObject {
        var more: JSONObject = ["description": .string(summary)]
        if let example { more["examples"] = [example] }
        return type.described(more).schema
    }

    private typealias Reading = @Sendable (JSONValue, JSONPointer, inout [JSONProblem], inout Draft) -> Void

    private static func reader<Value>(_ type: JSONType<Value>, _ set: any WritableKeyPath<Draft, Value?> & Sendable) -> Reading {
        { value, place, problems, draft in draft[keyPath: set] = type.read(value, place, &problems) }
    }

    /// A member that is shown and that creating, editing or both may set.
    public init<Value>(
        _ name: String, _ type: JSONType<Value>, _ summary: String, example: JSONValue? = nil, create: Use = .optional, edit: Bool = true,
        shown: JSONObject? = nil, get: @escaping @Sendable (Resource) -> Value, set: any WritableKeyPath<Draft, Value?> & Sendable
    ) {
        self.name = name
        schema = Self.schema(type, summary, example)
        self.shown = shown ?? schema
        creation = create
        editable = edit
        write = { type.write(get($0)) }
        isAlways = true
        read = Self.reader(type, set)
    }

    /// A member that is only shown.
    public init<Value>(
        _ name: String, _ type: JSONType<Value>, _ summary: String, example: JSONValue? = nil, get: @escaping @Sendable (Resource) -> Value
    ) {
        self.name = name
        schema = Self.schema(type, summary, example)
        shown = schema
        creation = .no
        editable = false
        write = { type.write(get($0)) }
        isAlways = true
        read = nil
    }

    /// A member that is shown where there is something to show; optionally set like any other.
    public init<Value>(
        _ name: String, _ type: JSONType<Value>, _ summary: String, example: JSONValue? = nil, create: Use = .no, edit: Bool = false,
        shown: JSONObject? = nil, find: @escaping @Sendable (Resource) -> Value?, set: (any WritableKeyPath<Draft, Value?> & Sendable)? = nil
    ) {
        self.name = name
        schema = Self.schema(type, summary, example)
        self.shown = shown ?? schema
        creation = create
        editable = edit
        write = { find($0).map(type.write) }
        isAlways = false
        if let set { read = Self.reader(type, set) } else { read = nil }
    }

    /// A member that is sent and never shown.
    public init<Value>(
        _ name: String, _ type: JSONType<Value>, _ summary: String, example: JSONValue? = nil, create: Use, edit: Bool = false,
        set: any WritableKeyPath<Draft, Value?> & Sendable
    ) {
        self.name = name
        schema = Self.schema(type, summary, example)
        shown = schema
        creation = create
        editable = edit
        write = nil
        isAlways = false
        read = Self.reader(type, set)
    }
}
