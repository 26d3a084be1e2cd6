/// A resource: the list of its members, from which come its JSON Schemas, its reading with all errors, and its writing.
///
/// A new member is one line in this list.
public struct JSONResource<Resource, Draft>: Sendable {
    /// Its name in the document of the API, such as `Product`.
    public let name: String
    public let members: [JSONMember<Resource, Draft>]
    private let empty: @Sendable () -> Draft

    /// - Parameter draft: a draft in which nothing is set.
    public init(_ name: String, draft: @escaping @Sendable () -> Draft, _ members: [JSONMember<Resource, Draft>]) {
        self.name = name
        self.members = members
        empty = draft
    }

    public func write(_ resource: Resource) -> JSONObject {
        JSONObject(members.compactMap { member in member.write?(resource).map { (member.name, $0) } })
    }

    /// What is shown.
    public var schema: JSONObject { schema(members.filter { $0.write != nil }, required: \.isAlways, isShown: true) }
    /// What creating takes.
    public var creationSchema: JSONObject { schema(members.filter { $0.creation != .no }, required: { $0.creation == .required }, isShown: false) }
    /// What editing takes: any of its members; what is left out stays.
    public var editSchema: JSONObject { schema(members.filter(\.editable), required: { _ in false }, isShown: false) }

    private func schema(
        _ members: [JSONMember<Resource, Draft>], required: (JSONMember<Resource, Draft>) -> Bool, isShown: Bool
    ) -> JSONObject {
        var schema: JSONObject = [
            "type": "object", "properties": .object(JSONObject(members.map { ($0.name, .object(isShown ? $0.shown : $0.schema)) })),
        ]
        let names = members.filter(required).map { JSONValue.string($0.name) }
        if !names.isEmpty { schema["required"] = .array(names) }
        if !isShown { schema["additionalProperties"] = false }
        return schema
    }

    /// Reads what creating takes.
    /// - Returns: the draft; where there are problems, what could be read of it.
    public func readCreation(_ json: JSONValue, at place: JSONPointer = .root) -> (Draft, [JSONProblem]) {
        read(json, place, members.filter { $0.creation != .no }) { $0.creation == .required ? .required : .optional }
    }

    public func readEdit(_ json: JSONValue) -> (Draft, [JSONProblem]) { read(json, .root, members.filter(\.editable)) { _ in .optional } }

    private func read(
        _ json: JSONValue, _ place: JSONPointer, _ members: [JSONMember<Resource, Draft>],
        presence: (JSONMember<Resource, Draft>) -> JSONPresence
    ) -> (Draft, [JSONProblem]) {
        var draft = empty()
        var fields = JSONFields(value: json, at: place)
        for member in members {
            guard let value = fields.value(member.name, presence(member), nullable: false) else { continue }
            var problems: [JSONProblem] = []
            member.read?(value, place.appending(member.name), &problems, &draft)
            fields.add(problems)
        }
        if fields.isObject { fields.refuseUnknown() }
        return (draft, fields.problems)
    }

    /// The resource as a type of its own, inside another.
    public var type: JSONType<Resource> {
        JSONType(schema: ["$ref": .string("#/components/schemas/\(name)")], read: { _, _, _ in nil }, write: { .object(write($0)) })
    }

    /// What creating takes, inside another.
    public var creationType: JSONType<Draft> {
        JSONType(
            schema: creationSchema,
            read: { json, place, problems in
                let (draft, found) = readCreation(json, at: place)
                problems += found
                return found.isEmpty ? draft : nil
            }, write: { _ in .null })
    }
}
