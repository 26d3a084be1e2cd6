import JSON

/// Messages as the x402 specifications print them, with fields beside them that nobody knows yet.
enum WireFixtures {
    /// Version 2, section 5.1 (PaymentRequired).
    static let required = """
        {"x402Version":2,"error":"PAYMENT-SIGNATURE header is required","resource":{"url":"https://api.example.com/premium-data",\
        "description":"Access to premium market data","mimeType":"application/json","later":1},"accepts":[\(requirements)],\
        "extensions":{"bazaar":{"info":{},"schema":{}}},"later":true}
        """

    /// Version 2, section 5.1.2 (PaymentRequirements).
    static let requirements = """
        {"scheme":"exact","network":"eip155:84532","amount":"10000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e",\
        "payTo":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","maxTimeoutSeconds":60,"extra":{"name":"USDC","version":"2","later":[1.50]},\
        "later":{"a":null}}
        """

    /// The payload of scheme `exact`.
    static let exact = """
        {"signature":"0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",\
        "authorization":{"from":"0x857b06519E91e3A54538791bDbb0E22373e36b66","to":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","value":"10000",\
        "validAfter":"1740672089","validBefore":"1740672154","nonce":"0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480"}}
        """

    /// Version 2, section 5.2 (PaymentPayload).
    static let payload = """
        {"x402Version":2,"resource":{"url":"https://api.example.com/premium-data"},"accepted":\(requirements),"payload":\(exact),"extensions":{},\
        "later":"x"}
        """

    /// Version 1, section 5.2 (PaymentPayload).
    static let payloadV1 = """
        {"x402Version":1,"scheme":"exact","network":"base-sepolia","payload":\(exact),"later":1e2}
        """

    /// Version 1, section 5.1 (paymentRequirements).
    static let requiredV1 = """
        {"x402Version":1,"error":"X-PAYMENT header is required","accepts":[{"scheme":"exact","network":"base-sepolia",\
        "maxAmountRequired":"10000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e",\
        "payTo":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","resource":"https://api.example.com/premium-data",\
        "description":"Access to premium market data","mimeType":"application/json","outputSchema":null,"maxTimeoutSeconds":60,\
        "extra":{"name":"USDC","version":"2"}}]}
        """

    /// Version 2, section 5.3 (SettlementResponse).
    static let settled = """
        {"success":true,"transaction":"0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef","network":"eip155:84532",\
        "payer":"0x857b06519E91e3A54538791bDbb0E22373e36b66","later":{"a":1}}
        """

    static let failed = """
        {"success":false,"errorReason":"a_code_of_tomorrow","errorMessage":"No.","transaction":"","network":"eip155:84532"}
        """

    static func object(_ text: String) throws -> JSONObject {
        guard let object = try JSONValue(parsing: text).object else { preconditionFailure("a fixture is an object") }
        return object
    }
}
