import Domain
import HTTPTypes
import JSON

/// The API's reference for people, made of the same declarations as its routes.
extension Pages {
    /// What the template shows; names as in the template.
    struct Reference {
        let shopName: String
        let styleVersion: String
        let practice: Bool
        let openingSoon: Bool
        let canonicalURL: String
        let origin: String
        let introduction: String
        let groups: [ReferenceGroup]
        let schemas: [ReferenceSchema]
    }

    struct ReferenceGroup {
        let name: String
        let summary: String
        let operations: [ReferenceOperation]
    }

    struct ReferenceOperation {
        let id: String
        let method: String
        /// The method as a class of the style sheet.
        let verb: String
        let path: String
        let summary: String
        let details: String?
        let who: String
        let parameters: [ReferenceMember]
        let members: [ReferenceMember]
        let curl: String
        let answers: [ReferenceAnswer]
        let refusals: [ReferenceAnswer]
        /// What a search looks through.
        let words: String
        var hasParameters: Bool { !parameters.isEmpty }
        var hasMembers: Bool { !members.isEmpty }
        var hasRefusals: Bool { !refusals.isEmpty }
    }

    struct ReferenceMember {
        let name: String
        let place: String
        let summary: String
        let type: String
        let isRequired: Bool
    }

    struct ReferenceAnswer {
        let status: String
        let summary: String
        var schema: String?
    }

    struct ReferenceSchema {
        let name: String
        let members: [ReferenceMember]
        let words: String
    }

    func reference(_ document: OpenAPIDocument, _ shop: Shop) throws -> String {
        let frame = frame(shop, path: "/docs")
        let groups = document.groups.compactMap { name, summary -> ReferenceGroup? in
            let operations = document.endpoints.filter { $0.group == name }.map { operation($0, shop.origin) }
            return operations.isEmpty ? nil : ReferenceGroup(name: name, summary: summary, operations: operations)
        }
        let schemas = (document.schemas + [("Problem", Problem.schema)]).map { name, schema in
            let members = Self.members(schema)
            return ReferenceSchema(name: name, members: members, words: ([name] + members.map(\.name)).joined(separator: " "))
        }
        return try render(
            "reference",
            Reference(
                shopName: frame.shopName, styleVersion: frame.styleVersion, practice: frame.practice, openingSoon: frame.openingSoon,
                canonicalURL: frame.canonicalURL, origin: shop.origin,
                introduction: OpenAPIDocument.introduction.replacing("`", with: ""), groups: groups, schemas: schemas))
    }

    private func operation(_ endpoint: Endpoint, _ origin: String) -> ReferenceOperation {
        let parameters = OpenAPIDocument.parameters(endpoint).map { parameter in
            ReferenceMember(
                name: parameter.name, place: parameter.place.rawValue, summary: Self.plain(parameter.summary), type: Self.type(parameter.schema),
                isRequired: parameter.place == .path || parameter.isRequired)
        }
        var members: [ReferenceMember] = []
        if case .json(let schema, _) = endpoint.body { members = Self.members(schema) }
        return ReferenceOperation(
            id: endpoint.id, method: endpoint.method.rawValue, verb: endpoint.method.rawValue.lowercased(), path: "/api/v1" + endpoint.path,
            summary: endpoint.summary, details: endpoint.details.isEmpty ? nil : Self.plain(endpoint.details), who: Self.who(endpoint),
            parameters: parameters, members: members, curl: Self.curl(endpoint, origin),
            answers: endpoint.answers.map { answer in
                let reference = answer.schema?["$ref"]?.string ?? answer.schema?["properties"]?["items"]?["items"]?["$ref"]?.string
                return ReferenceAnswer(
                    status: String(answer.status.code), summary: Self.plain(answer.summary),
                    schema: reference?.split(separator: "/").last.map(String.init))
            },
            refusals: endpoint.failures.map { ReferenceAnswer(status: String($0.status.code), summary: Self.plain($0.summary)) },
            words: ([endpoint.id, endpoint.method.rawValue, endpoint.path, endpoint.summary, endpoint.details] + members.map(\.name))
                .joined(separator: " "))
    }

    private static func who(_ endpoint: Endpoint) -> String {
        switch endpoint.access {
        case .everyone: "For everyone."
        case .signedIn: "For whoever shows a key or has signed in."
        case .person: "For people who have signed in, for what is their own."
        case .permission(let permission): "Needs the permission \(permission.rawValue)."
        }
    }

    /// A call that can be pasted into a shell.
    static func curl(_ endpoint: Endpoint, _ origin: String) -> String {
        var path = endpoint.path
        var query: [String] = []
        for parameter in endpoint.parameters {
            let example = parameter.example.map(text)
            switch parameter.place {
            case .path: path = path.replacing("{\(parameter.name)}", with: example ?? parameter.name)
            case .query: if parameter.isRequired, let example { query.append("\(parameter.name)=\(example)") }
            case .header: break
            }
        }
        let address = "\(origin)/api/v1\(path)" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        var lines = ["curl" + (endpoint.method == .get ? "" : " -X \(endpoint.method.rawValue)") + " '\(address)'"]
        if endpoint.access != .everyone { lines.append("-H \"Authorization: Bearer $PUSHCART_KEY\"") }
        for parameter in endpoint.parameters where parameter.place == .header {
            lines.append("-H '\(parameter.name): \(parameter.example.map(text) ?? "…")'")
        }
        switch endpoint.body {
        case .json(_, let example)?:
            lines.append("-H 'Content-Type: application/json'")
            let body = String(decoding: example.encoded(), as: UTF8.self).replacing("'", with: "'\\''")
            lines.append("-d '\(body)'")
        case .bytes?: lines.append("--data-binary @song.flac")
        case nil: break
        }
        return lines.joined(separator: " \\\n  ")
    }

    private static func text(_ value: JSONValue) -> String { value.string ?? String(decoding: value.encoded(), as: UTF8.self) }

    /// Backquotes mean code in the document; here there is nothing to turn them into.
    private static func plain(_ text: String) -> String { text.replacing("`", with: "") }

    private static func members(_ schema: JSONObject) -> [ReferenceMember] {
        let required = schema["required"]?.array?.compactMap(\.string) ?? []
        return (schema["properties"]?.object?.members ?? []).map { member in
            let name = member.key
            let object = member.value.object ?? JSONObject()
            return ReferenceMember(
                name: name, place: "", summary: plain(object["description"]?.string ?? ""), type: type(object), isRequired: required.contains(name))
        }
    }

    /// What a schema says of a value, in a few words.
    private static func type(_ schema: JSONObject) -> String {
        if let reference = schema["$ref"]?.string { return reference.split(separator: "/").last.map(String.init) ?? "" }
        if let choices = schema["enum"]?.array { return "one of " + choices.map(text).joined(separator: ", ") }
        guard let type = schema["type"]?.string else { return "" }
        if type == "array", let items = schema["items"]?.object { return "list of " + self.type(items) }
        var words = [schema["format"]?.string ?? type]
        if let least = schema["minimum"].map(text), let most = schema["maximum"].map(text) { words.append("\(least) to \(most)") }
        if let most = schema["maxLength"].map(text) { words.append("at most \(most) characters") }
        return words.joined(separator: ", ")
    }
}
