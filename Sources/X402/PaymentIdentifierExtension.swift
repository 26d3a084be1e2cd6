public import JSON

/// The extension `payment-identifier` (specs/extensions/payment_identifier.md): a payer's own idempotency key.
public enum PaymentIdentifierExtension {
    /// Its name in `extensions`.
    public static let key = "payment-identifier"

    /// What a 402 declares ("`PaymentRequired`"). `required` is the reference implementation's: its client takes no declaration without it.
    public static func declaration() -> JSONValue {
        [
            "info": ["required": false],
            "schema": [
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                "properties": [
                    "required": ["type": "boolean"],
                    "id": ["type": "string", "minLength": 16, "maxLength": 128, "pattern": "^[a-zA-Z0-9_-]+$"],
                ],
                "required": ["required"],
            ],
        ]
    }
}

extension PaymentPayload {
    /// The identifier that the client chose ("`PaymentPayload`"); nil when it chose none, as one that only echoes the declaration does.
    /// - Throws: `WireError` with `invalid_payload` when it is no text.
    public var identifier: String? {
        get throws(WireError) {
            guard version == 2, let id = json["extensions"]?[PaymentIdentifierExtension.key]?["info"]?["id"], id != .null else { return nil }
            guard let text = id.string else { throw WireError(.invalidPayload, "The payment identifier is no text.") }
            return text
        }
    }
}
