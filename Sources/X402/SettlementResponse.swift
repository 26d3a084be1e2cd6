public import JSON

/// The outcome of a payment as `PAYMENT-RESPONSE` tells it (v2, section 5.3), on failure too.
public struct SettlementResponse: Hashable, Sendable {
    public var success: Bool
    public var errorReason: ErrorReason?
    public var errorMessage: String?
    public var payer: String?
    /// Hash of the transaction, empty where there is none; never null, for clients' sake.
    public var transaction: String
    /// CAIP-2, or version 1's name in an answer to version 1.
    public var network: String
    /// Fields that we do not know.
    public var other: JSONObject

    public init(
        success: Bool, errorReason: ErrorReason? = nil, errorMessage: String? = nil, payer: String? = nil, transaction: String = "",
        network: String, other: JSONObject = [:]
    ) {
        self.success = success
        self.errorReason = errorReason
        self.errorMessage = errorMessage
        self.payer = payer
        self.transaction = transaction
        self.network = network
        self.other = other
    }

    /// - Throws: `WireError` when `success` is no boolean.
    public init(_ json: JSONObject) throws(WireError) {
        guard let success = json["success"]?.bool else { throw WireError(.invalidPayload, "“success” is missing from the payment's outcome.") }
        self.success = success
        errorReason = json["errorReason"]?.string.map(ErrorReason.init(rawValue:))
        errorMessage = json["errorMessage"]?.string
        payer = json["payer"]?.string
        transaction = json["transaction"]?.string ?? ""
        network = json["network"]?.string ?? ""
        var other = json
        for name in ["success", "errorReason", "errorMessage", "payer", "transaction", "network"] { other[name] = nil }
        self.other = other
    }

    public var json: JSONObject {
        var json: JSONObject = ["success": .bool(success)]
        if let errorReason { json["errorReason"] = .string(errorReason.rawValue) }
        if let errorMessage { json["errorMessage"] = .string(errorMessage) }
        if let payer { json["payer"] = .string(payer) }
        json["transaction"] = .string(transaction)
        json["network"] = .string(network)
        for member in other.members { json[member.key] = member.value }
        return json
    }
}
