public import JSON

/// The headers of x402 over HTTP and what they carry: base64 of JSON (v2 transport specification, "HTTP").
public enum PaymentHeader {
    public static let required = "PAYMENT-REQUIRED"
    public static let signature = "PAYMENT-SIGNATURE"
    public static let response = "PAYMENT-RESPONSE"
    public static let signatureV1 = "X-PAYMENT"
    public static let responseV1 = "X-PAYMENT-RESPONSE"

    /// The longest payment header that is read, in bytes: an offer under 6 KB comes back a third longer.
    public static let maximumLength = 16_384

    /// A payload is small and flat.
    private static let limits = JSONLimits(maxBytes: 12_288, maxDepth: 16, maxNodes: 1000)

    /// Reads the JSON object in a header.
    /// - Throws: `WireError` with `invalid_payload` for what is not base64 of a JSON object within the limits.
    public static func decode(_ value: String) throws(WireError) -> JSONObject {
        guard !value.isEmpty else { throw WireError(.invalidPayload, "The payment header is empty.") }
        guard value.utf8.count <= maximumLength else { throw WireError(.invalidPayload, "The payment header is longer than \(maximumLength) bytes.") }
        guard let bytes = Base64.decode(value) else { throw WireError(.invalidPayload, "The payment header is not base64 (standard alphabet).") }
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes, limits: limits) } catch {
            throw WireError(.invalidPayload, "The payment header is not JSON: \(error)")
        }
        guard let object = json.object else { throw WireError(.invalidPayload, "The payment header holds no JSON object.") }
        return object
    }

    public static func encode(_ object: JSONObject) -> String { Base64.encode(JSONValue.object(object).encoded()) }
}
