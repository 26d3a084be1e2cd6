public import JSON

/// What a client sends in `SIGN-IN-WITH-X`: the challenge as it came, the wallet and its signature (sign-in-with-x, "Client Proof Fields").
public struct WalletProof: Hashable, Sendable {
    public let domain: String
    /// As written; the message that was signed has it letter by letter.
    public let address: String
    public let statement: String?
    public let uri: String
    public let version: String
    /// CAIP-2.
    public let chainID: String
    public let nonce: String
    /// RFC 3339, as written.
    public let issuedAt: String
    public let expirationTime: String?
    public let notBefore: String?
    public let requestID: String?
    public let resources: [String]?
    public let signature: String

    private static let limits = JSONLimits(maxBytes: 12_288, maxDepth: 4, maxNodes: 100)

    /// Reads the header's value.
    /// - Throws: `WireError` with `invalid_payload` for what is not base64 of a JSON object with the fields that the extension wants, each a
    ///   single line: a line break in one could pass for the next field of the message that was signed.
    public init(header: String) throws(WireError) {
        guard !header.isEmpty, header.utf8.count <= SignInExtension.maximumLength, let bytes = Base64.decode(header) else {
            throw Self.malformed("is not base64 (standard alphabet) of at most \(SignInExtension.maximumLength) bytes")
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes, limits: Self.limits) } catch { throw Self.malformed("is not JSON: \(error)") }
        guard let object = json.object else { throw Self.malformed("holds no JSON object") }
        try self.init(object)
    }

    public init(_ json: JSONObject) throws(WireError) {
        domain = try Self.text(json, "domain")
        address = try Self.text(json, "address")
        statement = try Self.optional(json, "statement")
        uri = try Self.text(json, "uri")
        version = try Self.text(json, "version")
        chainID = try Self.text(json, "chainId")
        guard try Self.text(json, "type") == "eip191" else { throw Self.malformed("has a “type” other than “eip191”") }
        nonce = try Self.text(json, "nonce")
        issuedAt = try Self.text(json, "issuedAt")
        expirationTime = try Self.optional(json, "expirationTime")
        notBefore = try Self.optional(json, "notBefore")
        requestID = try Self.optional(json, "requestId")
        signature = try Self.text(json, "signature")
        guard let list = json["resources"], list != .null else {
            resources = nil
            return
        }
        guard let list = list.array else { throw Self.malformed("has “resources” that are no list") }
        var resources: [String] = []
        for entry in list {
            guard let text = entry.string, Self.isLine(text) else { throw Self.malformed("has “resources” that are no texts") }
            resources.append(text)
        }
        self.resources = resources
    }

    private static func text(_ json: JSONObject, _ name: String) throws(WireError) -> String {
        guard let text = try optional(json, name), !text.isEmpty else { throw malformed("lacks “\(name)”") }
        return text
    }

    private static func optional(_ json: JSONObject, _ name: String) throws(WireError) -> String? {
        guard let value = json[name], value != .null else { return nil }
        guard let text = value.string, isLine(text) else { throw malformed("has a “\(name)” that is no line of text") }
        return text
    }

    private static func isLine(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }

    private static func malformed(_ what: String) -> WireError { WireError(.invalidPayload, "The header \(SignInExtension.header) \(what).") }
}
