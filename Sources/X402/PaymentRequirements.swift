public import JSON

/// One way to pay (v2, section 5.1.2): what we write into `accepts`, and what a client echoes as `accepted`.
/// Fields that we do not know are kept.
public struct PaymentRequirements: Hashable, Sendable {
    public let json: JSONObject
    public let scheme: String
    /// CAIP-2.
    public let network: String
    /// Atomic units in decimal digits, not yet checked.
    public let amount: String
    public let asset: String
    public let payTo: String

    /// - Throws: `WireError` with `invalid_payment_requirements` when a required field is missing or not a string.
    public init(_ json: JSONObject) throws(WireError) {
        func text(_ name: String) throws(WireError) -> String {
            guard let value = json[name]?.string else {
                throw WireError(.invalidPaymentRequirements, "“\(name)” is missing from the terms, or no text.")
            }
            return value
        }
        self.json = json
        scheme = try text("scheme")
        network = try text("network")
        amount = try text("amount")
        asset = try text("asset")
        payTo = try text("payTo")
    }

    public init(
        scheme: String, network: String, amount: String, asset: String, payTo: String, maxTimeoutSeconds: Int64, extra: JSONObject
    ) {
        self.scheme = scheme
        self.network = network
        self.amount = amount
        self.asset = asset
        self.payTo = payTo
        json = [
            "scheme": .string(scheme), "network": .string(network), "amount": .string(amount), "asset": .string(asset),
            "payTo": .string(payTo), "maxTimeoutSeconds": .integer(maxTimeoutSeconds), "extra": .object(extra),
        ]
    }

    public var extra: JSONObject { json["extra"]?.object ?? [:] }
    public var maxTimeoutSeconds: Int64? { json["maxTimeoutSeconds"]?.int64 }
}
