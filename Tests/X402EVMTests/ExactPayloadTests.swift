import BigInt
import EVM
import JSON
import Testing
import X402
import X402EVM

@Suite struct ExactPayloadTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        var field: String
        var value: JSONValue?
        var sentence: String
        var testDescription: String { "\(field) = \(value?.text.prefix(60) ?? "missing")" }

        init(_ field: String, _ value: JSONValue?, _ sentence: String) {
            self.field = field
            self.value = value
            self.sentence = sentence
        }
    }

    static func missing(_ field: String) -> String { "“\(field)” is missing, or no text." }
    static let noAuthorization = "“payload.authorization” is missing, or no JSON object; only EIP-3009 payments are taken."
    static let signature = "“payload.signature” is not 0x and hexadecimal digits of at most 4096 bytes."
    static let nonce = "“payload.authorization.nonce” is not 0x and 64 hexadecimal digits."

    static let top: [Wrong] =
        [nil, .null, "x", [], 1].map { Wrong("authorization", $0, noAuthorization) }
        + [nil, .null, 1, [], [:]].map { Wrong("signature", $0, missing("payload.signature")) }
        + [
            "", "0x", "0x1", "0xzz", "00", "0X00", " 0x00", "0x00 ", "0x0０", .string("0x" + String(repeating: "ab", count: 4097)),
        ].map { Wrong("signature", $0, signature) }

    static let texts: [Wrong] = ["from", "to", "value", "validAfter", "validBefore", "nonce"].flatMap { field in
        [nil, .null, 10_000, true, [], [:]].map { Wrong(field, $0, missing("payload.authorization.\(field)")) }
    }

    static let addresses: [Wrong] = ["from", "to"].flatMap { field in
        [
            "", "0x", "857b06519E91e3A54538791bDbb0E22373e36b66", "0x857b06519E91e3A54538791bDbb0E22373e36b6",
            "0x857b06519E91e3A54538791bDbb0E22373e36b666", "0x857b06519E91e3A54538791bDbb0E22373e36b6g", "0X857b06519E91e3A54538791bDbb0E22373e36b66",
            " 0x857b06519E91e3A54538791bDbb0E22373e36b66", "vitalik.eth",
        ].map { Wrong(field, $0, "“payload.authorization.\(field)” is not 0x and 40 hexadecimal digits.") }
    }

    static let numbers: [Wrong] = ["value", "validAfter", "validBefore"].flatMap { field in
        [
            "", " ", "-1", "+1", " 1", "1 ", "1.0", "1e6", "0x10", "01", "00", "1_000", "1,000", "１", "١", "५", "1\u{301}", "1\u{0}",
            "115792089237316195423570985008687907853269984665640564039457584007913129639936", .string(String(repeating: "9", count: 79)),
            .string(String(repeating: "9", count: 5000)),
        ].map { Wrong(field, $0, "“payload.authorization.\(field)” is not a whole number in decimal digits of at most 256 bits.") }
    }

    static let nonces: [Wrong] = [
        "", "0x", "1", .string("0x" + String(repeating: "0", count: 63)), .string("0x" + String(repeating: "0", count: 65)),
        .string(String(repeating: "0", count: 64)), .string(String(repeating: "0", count: 66)), .string("0x" + String(repeating: "g", count: 64)),
    ].map { Wrong("nonce", $0, nonce) }

    @Test(arguments: top) func `a payload without a good signature and an authorization is refused`(_ wrong: Wrong) {
        var object = ExactFixtures.payload().json
        object[wrong.field] = wrong.value
        #expect(throws: WireError(.invalidPayload, wrong.sentence)) { try ExactPayload(object) }
    }

    @Test(arguments: texts + addresses + numbers + nonces) func `an authorization with a wrong field is refused by its name`(_ wrong: Wrong) throws {
        var object = ExactFixtures.payload().json
        var fields = try #require(object["authorization"]?.object)
        fields[wrong.field] = wrong.value
        object["authorization"] = .object(fields)
        #expect(throws: WireError(.invalidPayload, wrong.sentence)) { try ExactPayload(object) }
    }

    @Test func `a Permit2 payload is refused`() {
        #expect(throws: WireError(.invalidPayload, Self.noAuthorization)) { try ExactPayload(["signature": "0x00", "permit2Authorization": [:]]) }
    }

    @Test func `the specification's example is read`() throws {
        let payload = try ExactPayload([
            "signature":
                "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
            "authorization": [
                "from": "0x857b06519E91e3A54538791bDbb0E22373e36b66", "to": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "value": "10000",
                "validAfter": "1740672089", "validBefore": "1740672154",
                "nonce": "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
            ],
        ])
        #expect(payload.signature.count == 65)
        #expect(payload.authorization.from.checksummed == "0x857b06519E91e3A54538791bDbb0E22373e36b66")
        #expect(payload.authorization.to == ExactFixtures.shop)
        #expect(payload.authorization.value == 10_000)
        #expect(payload.authorization.validAfter == 1_740_672_089)
        #expect(payload.authorization.validBefore == 1_740_672_154)
        #expect(payload.authorization.nonce.hex == "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480")
    }

    @Test func `what is written is read back, whatever the case and whatever stands beside it`() throws {
        let payload = ExactFixtures.payload()
        #expect(try ExactPayload(payload.json) == payload)
        var object = payload.json
        var fields = try #require(object["authorization"]?.object)
        fields["from"] = .string(payload.authorization.from.hex)
        fields["to"] = .string("0x" + payload.authorization.to.hex.dropFirst(2).uppercased())
        fields["nonce"] = .string("0x" + payload.authorization.nonce.hex.dropFirst(2).uppercased())
        fields["later"] = 1
        object["authorization"] = .object(fields)
        object["signature"] = .string("0x" + Hex.encode(payload.signature, prefix: false).uppercased())
        object["later"] = [:]
        #expect(try ExactPayload(object) == payload)
    }

    @Test func `numbers of 256 bits and signatures of 1 to 4096 bytes are read`() throws {
        var object = ExactFixtures.payload().json
        var fields = try #require(object["authorization"]?.object)
        for name in ["value", "validAfter", "validBefore"] { fields[name] = .string(String(BigUInt.maxUInt256)) }
        object["authorization"] = .object(fields)
        for length in [1, 64, 65, 4096] {
            object["signature"] = .string("0x" + String(repeating: "ab", count: length))
            let payload = try ExactPayload(object)
            #expect(payload.signature == [UInt8](repeating: 0xAB, count: length))
            #expect(payload.authorization.value == BigUInt.maxUInt256)
            #expect(payload.json == object)
        }
    }
}
