public import JSON

/// The answer 402 as a client reads it (v2, section 5.1).
public struct PaymentRequired: Sendable {
    public let resource: JSONObject?
    public let error: String?
    public let accepts: [PaymentRequirements]
    public let extensions: JSONObject?

    /// - Throws: `WireError` for another version, or when the terms cannot be read.
    public init(_ json: JSONObject) throws(WireError) {
        guard json["x402Version"]?.int64 == 2 else { throw WireError(.invalidVersion, "The offer is not of x402 version 2.") }
        guard let list = json["accepts"]?.array else { throw WireError(.invalidPaymentRequirements, "The offer lists no way to pay.") }
        var accepts: [PaymentRequirements] = []
        for entry in list {
            guard let object = entry.object else { throw WireError(.invalidPaymentRequirements, "A way to pay is no JSON object.") }
            accepts.append(try PaymentRequirements(object))
        }
        self.accepts = accepts
        resource = json["resource"]?.object
        error = json["error"]?.string
        extensions = json["extensions"]?.object
    }
}

/// The body of a 402 as version 1 has it, read by a client.
public struct PaymentRequiredV1: Sendable {
    /// One way to pay in version 1's words.
    public struct Requirements: Sendable {
        public let scheme: String
        /// Version 1's own name, such as `base-sepolia`.
        public let network: String
        public let maxAmountRequired: String
        public let resource: String
        public let payTo: String
        public let asset: String
        public let maxTimeoutSeconds: Int64
        public let extra: JSONObject
    }

    public let accepts: [Requirements]

    public init(_ json: JSONObject) throws(WireError) {
        guard json["x402Version"]?.int64 == 1 else { throw WireError(.invalidVersion, "The offer is not of x402 version 1.") }
        guard let list = json["accepts"]?.array else { throw WireError(.invalidPaymentRequirements, "The offer lists no way to pay.") }
        var accepts: [Requirements] = []
        for entry in list {
            guard let object = entry.object, let scheme = object["scheme"]?.string, let network = object["network"]?.string,
                let amount = object["maxAmountRequired"]?.string, let payTo = object["payTo"]?.string, let asset = object["asset"]?.string,
                let timeout = object["maxTimeoutSeconds"]?.int64
            else { throw WireError(.invalidPaymentRequirements, "A way to pay lacks a required field.") }
            accepts.append(
                Requirements(
                    scheme: scheme, network: network, maxAmountRequired: amount, resource: object["resource"]?.string ?? "", payTo: payTo,
                    asset: asset, maxTimeoutSeconds: timeout, extra: object["extra"]?.object ?? [:]))
        }
        self.accepts = accepts
    }
}
