public import JSON

/// What a client sends to pay (v2, section 5.2; v1 in `X-PAYMENT`). Fields that we do not know are kept.
public struct PaymentPayload: Sendable {
    /// What the client says that it accepted. Version 1 echoes only the scheme and its own name of the network.
    public enum Accepted: Sendable {
        case v2(PaymentRequirements)
        case v1(scheme: String, network: String)
    }

    public let json: JSONObject
    public let accepted: Accepted
    /// What the scheme defines.
    public let payload: JSONObject

    public var version: Int { if case .v1 = accepted { 1 } else { 2 } }

    /// - Throws: `WireError` with `invalid_x402_version` when the version is not the header's, `invalid_payload` for a missing field.
    public init(_ json: JSONObject, version: Int) throws(WireError) {
        guard json["x402Version"]?.int64 == Int64(version) else {
            throw WireError(.invalidVersion, "“x402Version” is not \(version), as this payment header wants it.")
        }
        guard let payload = json["payload"]?.object else { throw WireError(.invalidPayload, "“payload” is missing, or no JSON object.") }
        self.json = json
        self.payload = payload
        if version == 1 {
            guard let scheme = json["scheme"]?.string else { throw WireError(.invalidPayload, "“scheme” is missing, or no text.") }
            guard let network = json["network"]?.string else { throw WireError(.invalidPayload, "“network” is missing, or no text.") }
            accepted = .v1(scheme: scheme, network: network)
        } else {
            guard let terms = json["accepted"]?.object else { throw WireError(.invalidPayload, "“accepted” is missing, or no JSON object.") }
            accepted = .v2(try PaymentRequirements(terms))
        }
    }

    /// A payment of version 2, echoing the offer as it came.
    public init(accepted: PaymentRequirements, payload: JSONObject, resource: JSONObject?, extensions: JSONObject?) {
        self.accepted = .v2(accepted)
        self.payload = payload
        var json: JSONObject = ["x402Version": 2, "payload": .object(payload), "accepted": .object(accepted.json)]
        if let resource { json["resource"] = .object(resource) }
        if let extensions { json["extensions"] = .object(extensions) }
        self.json = json
    }

    /// A payment of version 1.
    public init(scheme: String, v1Network: String, payload: JSONObject) {
        accepted = .v1(scheme: scheme, network: v1Network)
        self.payload = payload
        json = ["x402Version": 1, "scheme": .string(scheme), "network": .string(v1Network), "payload": .object(payload)]
    }
}
