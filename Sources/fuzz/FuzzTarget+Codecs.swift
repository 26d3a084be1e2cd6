import BigInt
import EVM
import JSON
import X402
import X402EVM

/// What arrives in payment headers.
extension FuzzTarget {
    static let codecs = [
        FuzzTarget(name: "base64") { random in
            let bytes = random.bytes(random.length(300))
            let text = Base64.encode(bytes)
            try expect(Base64.decode(text) == bytes, "\(text) does not come back")
            try expect(Base64.decode(text.filter { $0 != "=" }) == bytes, "\(text) does not come back without padding")
            let changed = String(decoding: random.mutated([UInt8](text.utf8)), as: UTF8.self)
            guard let decoded = Base64.decode(changed) else { return }
            let again = Base64.encode(decoded)
            try expect(again == changed || again.filter { $0 != "=" } == changed.filter { $0 != "=" }, "\(changed) has two spellings: \(again)")
        },
        FuzzTarget(name: "header") { random in
            let payload = payment(&random)
            let header = PaymentHeader.encode(payload)
            guard try PaymentHeader.decode(header) == payload else { throw FuzzFinding("a header does not come back: \(header)") }
            let exact = try ExactPayload(payload["payload"]?.object ?? [:])
            try expect(try ExactPayload(exact.json) == exact, "a payload does not come back: \(header)")
            let inner = random.chance(2)
            let bytes = random.mutated(inner ? JSONValue.object(payload).encoded() : [UInt8](header.utf8))
            let text = inner ? Base64.encode(bytes) : String(decoding: bytes, as: UTF8.self)
            guard let object = try? PaymentHeader.decode(text) else { return }  // refused is right
            try expect(text.utf8.count <= PaymentHeader.maximumLength, "a header beyond the limit was read: \(text.utf8.count)")
            try expect(try PaymentHeader.decode(PaymentHeader.encode(object)) == object, "a header does not come back: \(text)")
            for version in [1, 2] {
                guard let whole = try? PaymentPayload(object, version: version) else { continue }  // refused is right
                try expect(whole.version == version && whole.json == object, "a payload lost something: \(text)")
                guard let exact = try? ExactPayload(whole.payload) else { continue }  // refused is right
                try expect(exact.signature.count <= ExactPayload.maximumSignatureLength, "a signature beyond the limit was read")
                try expect(exact.authorization.value.fitsUInt256, "a value beyond 256 bits was read")
                try expect(try ExactPayload(exact.json) == exact, "an authorization does not come back: \(text)")
            }
        },
        FuzzTarget(name: "header-size") { random in
            let length = PaymentHeader.maximumLength - 8 + random.below(16)
            let text = String(repeating: random.pick(["A", "e", "="]), count: length)
            guard (try? PaymentHeader.decode(text)) != nil else { return }  // refused is right
            throw FuzzFinding("\(length) of one letter were read as a payment")
        },
    ]

    /// A payment as a client sends it, in one of both versions.
    private static func payment(_ random: inout FuzzRandom) -> JSONObject {
        let authorization: JSONObject = [
            "from": .string(random.chance(2) ? random.address().checksummed : random.address().hex), "to": .string(random.address().hex),
            "value": .string(String(random.number256())), "validAfter": .string(String(random.number256())),
            "validBefore": .string(String(random.number256())), "nonce": .string(random.word32().hex),
        ]
        let length = random.chance(3) ? 65 : 1 + random.below(200)
        let inner: JSONObject = ["signature": .string(Hex.encode(random.bytes(length))), "authorization": .object(authorization)]
        if random.chance(2) { return ["x402Version": 1, "scheme": "exact", "network": "base", "payload": .object(inner)] }
        let terms: JSONObject = [
            "scheme": "exact", "network": "eip155:8453", "amount": .string(String(random.next())), "asset": .string(random.address().hex),
            "payTo": .string(random.address().hex), "maxTimeoutSeconds": 60, "extra": ["offer": .string(random.text())],
        ]
        return ["x402Version": 2, "payload": .object(inner), "accepted": .object(terms)]
    }
}
