import BigInt
public import EVM
public import JSON
public import X402

/// The payload of scheme `exact` on EVM chains with EIP-3009 (scheme_exact_evm, "payload"): an authorization and its signature.
public struct ExactPayload: Hashable, Sendable {
    public let authorization: TransferAuthorization
    /// As it came: 64 or 65 bytes from a private key, anything from a contract wallet.
    public let signature: [UInt8]

    /// A contract wallet's signature can be long, but not without end.
    public static let maximumSignatureLength = 4096

    public init(authorization: TransferAuthorization, signature: [UInt8]) {
        self.authorization = authorization
        self.signature = signature
    }

    /// - Throws: `WireError` with `invalid_payload` and the field that is wrong.
    public init(_ payload: JSONObject) throws(WireError) {
        guard let fields = payload["authorization"]?.object else {
            throw WireError(.invalidPayload, "“payload.authorization” is missing, or no JSON object; only EIP-3009 payments are taken.")
        }
        let text = try Self.text(payload, "signature", in: "payload")
        guard text.utf8.count <= 2 + 2 * Self.maximumSignatureLength, text.hasPrefix("0x"), let signature = Hex.decode(text), !signature.isEmpty
        else {
            throw WireError(.invalidPayload, "“payload.signature” is not 0x and hexadecimal digits of at most \(Self.maximumSignatureLength) bytes.")
        }
        let nonce = try Self.text(fields, "nonce")
        guard nonce.hasPrefix("0x"), let nonce = Bytes32(hex: nonce) else {
            throw WireError(.invalidPayload, "“payload.authorization.nonce” is not 0x and 64 hexadecimal digits.")
        }
        guard
            let authorization = TransferAuthorization(
                from: try Self.address(fields, "from"), to: try Self.address(fields, "to"), value: try Self.number(fields, "value"),
                validAfter: try Self.number(fields, "validAfter"), validBefore: try Self.number(fields, "validBefore"), nonce: nonce)
        else { throw WireError(.invalidPayload, "A number of the authorization is beyond 256 bits.") }
        self.init(authorization: authorization, signature: signature)
    }

    public var json: JSONObject {
        [
            "signature": .string(Hex.encode(signature)),
            "authorization": [
                "from": .string(authorization.from.checksummed), "to": .string(authorization.to.checksummed),
                "value": .string(String(authorization.value)), "validAfter": .string(String(authorization.validAfter)),
                "validBefore": .string(String(authorization.validBefore)), "nonce": .string(authorization.nonce.hex),
            ],
        ]
    }

    private static func text(_ fields: JSONObject, _ name: String, in parent: String = "payload.authorization") throws(WireError) -> String {
        guard let text = fields[name]?.string else { throw WireError(.invalidPayload, "“\(parent).\(name)” is missing, or no text.") }
        return text
    }

    private static func address(_ fields: JSONObject, _ name: String) throws(WireError) -> EVMAddress {
        guard let address = EVMAddress(hex: try text(fields, name)) else {
            throw WireError(.invalidPayload, "“payload.authorization.\(name)” is not 0x and 40 hexadecimal digits.")
        }
        return address
    }

    private static func number(_ fields: JSONObject, _ name: String) throws(WireError) -> BigUInt {
        guard let number = BigUInt(strictDecimal: try text(fields, name)) else {
            throw WireError(.invalidPayload, "“payload.authorization.\(name)” is not a whole number in decimal digits of at most 256 bits.")
        }
        return number
    }
}
