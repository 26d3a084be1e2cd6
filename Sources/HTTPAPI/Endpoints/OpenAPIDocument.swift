import Domain
import HTTPTypes
import JSON

/// The OpenAPI 3.1 document of a set of operations. There is no other copy of it.
struct OpenAPIDocument: Sendable {
    let version: String
    let endpoints: [Endpoint]
    /// What the resources are, by name.
    let schemas: [(name: String, schema: JSONObject)]
    /// What each group of operations is about.
    let groups: [(name: String, summary: String)]

    var json: JSONObject {
        var paths = JSONObject()
        for endpoint in endpoints {
            var item = paths[endpoint.path]?.object ?? JSONObject()
            item[endpoint.method.rawValue.lowercased()] = .object(Self.operation(endpoint))
            paths[endpoint.path] = .object(item)
        }
        var components = JSONObject(schemas.map { ($0.name, .object($0.schema)) })
        components["Problem"] = .object(Problem.schema)
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Pushcart", "version": .string(version), "summary": "The owner's API of a Pushcart shop.",
                "description": .string(Self.introduction), "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/api/v1"]],
            "tags": .array(groups.map { ["name": .string($0.name), "description": .string($0.summary)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(components),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "description": "An API key (`pc_…`) or a session's access token."]
                ],
            ],
        ]
    }

    static let introduction = """
        Send `Authorization: Bearer` with an API key or a session's access token. Errors are `application/problem+json` (RFC 9457) with a stable `type`; \
        every answer has an `X-Request-Id`, by which its lines are found in the shop's log. \
        Lists are paged by `cursor`. Every call that changes something takes an `Idempotency-Key`: the same call again within 24 hours gets the same \
        answer, marked `Idempotent-Replayed: true`, and has no second effect. Prices are decimal strings with a currency; nothing is ever a floating \
        point number.
        """

    private static func operation(_ endpoint: Endpoint) -> JSONObject {
        var operation: JSONObject = [
            "operationId": .string(endpoint.id), "summary": .string(endpoint.summary), "tags": [.string(endpoint.group)],
        ]
        if !endpoint.details.isEmpty { operation["description"] = .string(endpoint.details) }
        switch endpoint.access {
        case .everyone: operation["security"] = []
        case .signedIn, .person: operation["security"] = [["bearer": []]]
        case .permission(let permission):
            operation["security"] = [["bearer": []]]
            operation["x-permission"] = .string(permission.rawValue)
        }
        let parameters = parameters(endpoint)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters.map { .object(parameter($0)) }) }
        switch endpoint.body {
        case .json(let schema, let example)?:
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": .object(schema), "examples": ["example": ["value": example]]]],
            ]
        case .bytes(let summary)?:
            operation["requestBody"] = [
                "required": false, "description": .string(summary), "content": ["application/octet-stream": ["schema": [:]]],
            ]
        case nil: break
        }
        operation["responses"] = .object(responses(endpoint))
        return operation
    }

    static func parameters(_ endpoint: Endpoint) -> [EndpointParameter] {
        var parameters = endpoint.parameters
        if endpoint.takesIdempotencyKey {
            parameters.append(
                EndpointParameter(
                    name: "Idempotency-Key", place: .header, schema: ["type": "string", "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"],
                    summary: "Makes the call safe to repeat for 24 hours."))
        }
        if endpoint.isConditional {
            parameters.append(
                EndpointParameter(
                    name: "If-Match", place: .header, schema: ["type": "string", "pattern": "^(\\*|\"[!#-~]{1,64}\")$"],
                    summary: "The `ETag` of the edition that is meant."))
        }
        return parameters
    }

    private static func parameter(_ parameter: EndpointParameter) -> JSONObject {
        var json: JSONObject = [
            "name": .string(parameter.name), "in": .string(parameter.place.rawValue), "description": .string(parameter.summary),
            "schema": .object(parameter.schema),
        ]
        if parameter.place == .path || parameter.isRequired { json["required"] = true }
        if let example = parameter.example { json["example"] = example }
        return json
    }

    private static func responses(_ endpoint: Endpoint) -> JSONObject {
        var responses = JSONObject()
        for answer in endpoint.answers {
            var response: JSONObject = ["description": .string(answer.summary)]
            if !answer.headers.isEmpty {
                response["headers"] = .object(
                    JSONObject(
                        answer.headers.map { name, summary in (name, ["description": .string(summary), "schema": ["type": "string"]]) }))
            }
            if let schema = answer.schema { response["content"] = .object([answer.mediaType: ["schema": .object(schema)]]) }
            responses[String(answer.status.code)] = .object(response)
        }
        for failure in endpoint.failures {
            responses[String(failure.status.code)] = [
                "description": .string(failure.summary),
                "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
            ]
        }
        return responses
    }
}

extension Problem {
    static let schema: JSONObject = [
        "type": "object", "description": "What went wrong (RFC 9457).",
        "properties": [
            "type": [
                "type": "string", "description": "The kind of problem; it never changes its meaning.", "examples": ["urn:pushcart:problem:not-found"],
            ],
            "title": ["type": "string"], "status": ["type": "integer", "minimum": 400, "maximum": 599],
            "detail": ["type": "string", "description": "What is wrong and what to do, in a sentence."],
            "request": [
                "type": "string", "pattern": "^[0-9A-Za-z._-]{1,64}$",
                "description": "What the request is called in the shop's log; the same as the header `X-Request-Id`.", "examples": ["5z0q8v7c2m4k"],
            ],
            "errors": [
                "type": "array", "description": "Every wrong field.",
                "items": [
                    "type": "object",
                    "properties": ["pointer": ["type": "string", "description": "JSON pointer (RFC 6901)."], "reason": ["type": "string"]],
                    "required": ["pointer", "reason"],
                ],
            ],
        ],
        "required": ["type", "title", "status", "detail", "request"],
    ]
}
