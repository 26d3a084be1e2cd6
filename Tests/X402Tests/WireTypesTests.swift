import JSON
import Testing
import X402

@Suite struct WireTypesTests {
    // MARK: Terms

    @Test func `the specification's terms are read and keep what is not known`() throws {
        let object = try WireFixtures.object(WireFixtures.requirements)
        let terms = try PaymentRequirements(object)
        #expect(terms.scheme == "exact")
        #expect(terms.network == "eip155:84532")
        #expect(terms.amount == "10000")
        #expect(terms.asset == "0x036CbD53842c5426634e7929541eC2318f3dCF7e")
        #expect(terms.payTo == "0x209693Bc6afc0C5328bA36FaF03C514EF312287C")
        #expect(terms.maxTimeoutSeconds == 60)
        #expect(terms.extra["later"]?.text == "[1.50]")
        #expect(terms.json == object)
    }

    @Test(arguments: ["scheme", "network", "amount", "asset", "payTo"]) func `terms without a required text are refused by its name`(_ name: String)
        throws
    {
        for value in [nil, .null, 10_000, ["x"], ["a": "x"], true] as [JSONValue?] {
            var object = try WireFixtures.object(WireFixtures.requirements)
            object[name] = value
            #expect(throws: WireError(.invalidPaymentRequirements, "“\(name)” is missing from the terms, or no text.")) {
                try PaymentRequirements(object)
            }
        }
    }

    @Test func `our own terms are written as they are read`() throws {
        let terms = PaymentRequirements(
            scheme: "exact", network: "eip155:1", amount: "1", asset: "0xA", payTo: "0xB", maxTimeoutSeconds: 300, extra: ["name": "USDC"])
        #expect(try PaymentRequirements(terms.json) == terms)
        #expect(terms.maxTimeoutSeconds == 300)
        #expect(terms.extra == ["name": "USDC"])
    }

    @Test func `terms may come without extra and timeout`() throws {
        var object = try WireFixtures.object(WireFixtures.requirements)
        object["extra"] = nil
        object["maxTimeoutSeconds"] = "60"
        let terms = try PaymentRequirements(object)
        #expect(terms.extra.isEmpty)
        #expect(terms.maxTimeoutSeconds == nil)
    }

    // MARK: Payloads

    @Test func `a payment of version 2 is read and survives with what is not known`() throws {
        let object = try WireFixtures.object(WireFixtures.payload)
        let payment = try PaymentPayload(object, version: 2)
        #expect(payment.version == 2)
        #expect(try payment.payload == WireFixtures.object(WireFixtures.exact))
        guard case .v2(let accepted) = payment.accepted else {
            Issue.record("version 2 echoes terms")
            return
        }
        #expect(try accepted.json == WireFixtures.object(WireFixtures.requirements))
        #expect(try PaymentHeader.decode(PaymentHeader.encode(payment.json)) == object)
    }

    @Test func `a payment of version 1 is read and survives with what is not known`() throws {
        let object = try WireFixtures.object(WireFixtures.payloadV1)
        let payment = try PaymentPayload(object, version: 1)
        #expect(payment.version == 1)
        guard case .v1(let scheme, let network) = payment.accepted else {
            Issue.record("version 1 names scheme and network")
            return
        }
        #expect(scheme == "exact")
        #expect(network == "base-sepolia")
        #expect(try PaymentHeader.decode(PaymentHeader.encode(payment.json)) == object)
    }

    @Test(arguments: [(WireFixtures.payload, 1), (WireFixtures.payloadV1, 2)]) func `a payment in the other version's header is refused`(
        _ text: String, _ version: Int
    ) throws {
        let object = try WireFixtures.object(text)
        #expect(throws: WireError(.invalidVersion, "“x402Version” is not \(version), as this payment header wants it.")) {
            try PaymentPayload(object, version: version)
        }
    }

    @Test(arguments: [nil, .null, "2", 3, 0, -2, true, [2]] as [JSONValue?]) func `another version is none`(_ version: JSONValue?) throws {
        var object = try WireFixtures.object(WireFixtures.payload)
        object["x402Version"] = version
        let error = #expect(throws: WireError.self) { try PaymentPayload(object, version: 2) }
        #expect(error?.reason == .invalidVersion)
    }

    @Test(arguments: ["2.0", "2e0", "20e-1"]) func `a version is written as a plain integer`(_ literal: String) throws {
        var object = try WireFixtures.object(WireFixtures.payload)
        object["x402Version"] = .number(try #require(JSONNumber(literal: literal)))
        let error = #expect(throws: WireError.self) { try PaymentPayload(object, version: 2) }
        #expect(error?.reason == .invalidVersion)
    }

    @Test(arguments: [
        (WireFixtures.payload, 2, "payload", "“payload” is missing, or no JSON object."),
        (WireFixtures.payload, 2, "accepted", "“accepted” is missing, or no JSON object."),
        (WireFixtures.payloadV1, 1, "payload", "“payload” is missing, or no JSON object."),
        (WireFixtures.payloadV1, 1, "scheme", "“scheme” is missing, or no text."),
        (WireFixtures.payloadV1, 1, "network", "“network” is missing, or no text."),
    ])
    func `a payment without a required field is refused by its name`(_ text: String, _ version: Int, _ name: String, _ sentence: String) throws {
        for value in [nil, .null, 1, [1], false] as [JSONValue?] {
            var object = try WireFixtures.object(text)
            object[name] = value
            #expect(throws: WireError(.invalidPayload, sentence)) { try PaymentPayload(object, version: version) }
        }
    }

    @Test func `what a client of version 2 makes is what a shop reads`() throws {
        let terms = try PaymentRequirements(WireFixtures.object(WireFixtures.requirements))
        let exact = try WireFixtures.object(WireFixtures.exact)
        let made = PaymentPayload(accepted: terms, payload: exact, resource: ["url": "https://shop.example/p/a"], extensions: ["bazaar": [:]])
        let read = try PaymentPayload(PaymentHeader.decode(PaymentHeader.encode(made.json)), version: 2)
        #expect(read.json == made.json)
        #expect(read.payload == exact)
        #expect(read.json["accepted"] == .object(terms.json))
        #expect(read.json["resource"] == ["url": "https://shop.example/p/a"])
        #expect(read.json["extensions"] == ["bazaar": [:]])
        let bare = PaymentPayload(accepted: terms, payload: exact, resource: nil, extensions: nil)
        #expect(bare.json.keys == ["x402Version", "payload", "accepted"])
        #expect(bare.version == 2)
    }

    @Test func `what a client of version 1 makes is what a shop reads`() throws {
        let exact = try WireFixtures.object(WireFixtures.exact)
        let made = PaymentPayload(scheme: "exact", v1Network: "base", payload: exact)
        #expect(made.version == 1)
        let read = try PaymentPayload(PaymentHeader.decode(PaymentHeader.encode(made.json)), version: 1)
        #expect(read.json == made.json)
        #expect(read.payload == exact)
    }

    // MARK: The 402

    @Test func `a client reads the specification's 402`() throws {
        let offer = try PaymentRequired(WireFixtures.object(WireFixtures.required))
        #expect(offer.error == "PAYMENT-SIGNATURE header is required")
        #expect(offer.resource?["url"] == "https://api.example.com/premium-data")
        #expect(offer.accepts.map(\.amount) == ["10000"])
        #expect(offer.extensions?["bazaar"] != nil)
    }

    @Test func `a client refuses a 402 of another version, without terms, or with terms that it cannot read`() throws {
        func refusal(_ name: String, _ value: JSONValue?) throws -> ErrorReason? {
            var object = try WireFixtures.object(WireFixtures.required)
            object[name] = value
            do {
                _ = try PaymentRequired(object)
                return nil
            } catch { return error.reason }
        }
        #expect(try refusal("x402Version", 1) == .invalidVersion)
        #expect(try refusal("x402Version", nil) == .invalidVersion)
        #expect(try refusal("accepts", nil) == .invalidPaymentRequirements)
        #expect(try refusal("accepts", ["scheme": "exact"]) == .invalidPaymentRequirements)
        #expect(try refusal("accepts", ["exact"]) == .invalidPaymentRequirements)
        #expect(try refusal("accepts", [["scheme": "exact"]]) == .invalidPaymentRequirements)
        #expect(try refusal("accepts", []) == nil)
        #expect(try refusal("extensions", nil) == nil)
    }

    @Test func `a client reads the specification's 402 of version 1`() throws {
        let entry = try #require(PaymentRequiredV1(WireFixtures.object(WireFixtures.requiredV1)).accepts.first)
        #expect(entry.scheme == "exact")
        #expect(entry.network == "base-sepolia")
        #expect(entry.maxAmountRequired == "10000")
        #expect(entry.asset == "0x036CbD53842c5426634e7929541eC2318f3dCF7e")
        #expect(entry.payTo == "0x209693Bc6afc0C5328bA36FaF03C514EF312287C")
        #expect(entry.resource == "https://api.example.com/premium-data")
        #expect(entry.maxTimeoutSeconds == 60)
        #expect(entry.extra == ["name": "USDC", "version": "2"])
    }

    @Test(arguments: ["scheme", "network", "maxAmountRequired", "payTo", "asset", "maxTimeoutSeconds"])
    func `a client refuses terms of version 1 without a required field`(_ name: String) throws {
        var object = try WireFixtures.object(WireFixtures.requiredV1)
        var entry = try #require(object["accepts"]?.array?.first?.object)
        entry[name] = nil
        object["accepts"] = [.object(entry)]
        #expect(throws: WireError(.invalidPaymentRequirements, "A way to pay lacks a required field.")) { try PaymentRequiredV1(object) }
    }

    @Test func `a client of version 1 refuses another version and no list, and can do without resource and extra`() throws {
        var object = try WireFixtures.object(WireFixtures.requiredV1)
        var entry = try #require(object["accepts"]?.array?.first?.object)
        entry["resource"] = nil
        entry["extra"] = .null
        object["accepts"] = [.object(entry)]
        let read = try #require(PaymentRequiredV1(object).accepts.first)
        #expect(read.resource == "")
        #expect(read.extra.isEmpty)
        object["accepts"] = "none"
        #expect(throws: WireError(.invalidPaymentRequirements, "The offer lists no way to pay.")) { try PaymentRequiredV1(object) }
        object["x402Version"] = 2
        #expect(throws: WireError(.invalidVersion, "The offer is not of x402 version 1.")) { try PaymentRequiredV1(object) }
    }

    // MARK: The outcome

    @Test(arguments: [WireFixtures.settled, WireFixtures.failed]) func `an outcome survives with codes and fields that are not known`(_ text: String)
        throws
    {
        let object = try WireFixtures.object(text)
        let outcome = try SettlementResponse(object)
        #expect(outcome.json == object)
        #expect(try SettlementResponse(PaymentHeader.decode(PaymentHeader.encode(outcome.json))) == outcome)
    }

    @Test func `an outcome's fields are read`() throws {
        let settled = try SettlementResponse(WireFixtures.object(WireFixtures.settled))
        #expect(settled.success)
        #expect(settled.errorReason == nil)
        #expect(settled.payer == "0x857b06519E91e3A54538791bDbb0E22373e36b66")
        #expect(settled.other == ["later": ["a": 1]])
        let failed = try SettlementResponse(WireFixtures.object(WireFixtures.failed))
        #expect(!failed.success)
        #expect(failed.errorReason == ErrorReason(rawValue: "a_code_of_tomorrow"))
        #expect(failed.errorMessage == "No.")
    }

    @Test func `transaction and network are always texts, and success always a boolean`() throws {
        let outcome = try SettlementResponse(["success": false, "transaction": nil])
        #expect(outcome.transaction == "")
        #expect(outcome.network == "")
        let made = SettlementResponse(success: false, errorReason: .settlementPending, network: "eip155:1")
        #expect(made.json == ["success": false, "errorReason": "settlement_pending", "transaction": "", "network": "eip155:1"])
        for success in [nil, .null, "true", 1] as [JSONValue?] {
            var object = try WireFixtures.object(WireFixtures.settled)
            object["success"] = success
            #expect(throws: WireError(.invalidPayload, "“success” is missing from the payment's outcome.")) { try SettlementResponse(object) }
        }
    }

    // MARK: Words

    @Test(arguments: [("base", "eip155:8453"), ("base-sepolia", "eip155:84532"), ("avalanche", "eip155:43114"), ("avalanche-fuji", "eip155:43113")])
    func `version 1 knows four chains by name`(_ name: String, _ caip2: String) {
        #expect(NetworkNamesV1.caip2(name: name) == caip2)
        #expect(NetworkNamesV1.name(caip2: caip2) == name)
    }

    @Test func `version 1 knows no other chain`() {
        for name in ["", "Base", "BASE", "polygon", "eip155:8453", "base "] { #expect(NetworkNamesV1.caip2(name: name) == nil) }
        for caip2 in ["", "base", "eip155:1", "eip155:137", "EIP155:8453"] { #expect(NetworkNamesV1.name(caip2: caip2) == nil) }
    }

    @Test func `a reason is its code, and an error its sentence`() {
        #expect(ErrorReason.insufficientFunds.description == "insufficient_funds")
        #expect(WireError(.invalidScheme, "No.").description == "No.")
        #expect(PaymentFlow.upfront == "upfront")
    }
}
