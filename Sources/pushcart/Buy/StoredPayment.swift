import BigInt
import Domain
import EVM
import JSON
import X402
import X402EVM

/// A signed payment for an address, as it is kept until the goods are here: whatever happens, the same one is sent again.
struct StoredPayment: Sendable {
    /// What the buyer asked for; with the payer it names the file.
    let asked: BuyURL
    /// Where the payment goes: `asked`, or where that led to.
    let target: BuyURL
    /// What the goods are called, fit for a terminal.
    let title: String?
    let sandbox: Bool
    let payload: PaymentPayload
    let authorization: TransferAuthorization
    let network: Network
    let preset: NetworkPreset
    let amount: AtomicAmount

    var payer: EVMAddress { authorization.from }
    var asset: Asset { preset.asset(on: network) }
    /// Such as `0.01 USDC (practice money) on Base Sepolia`.
    var price: String { "\(asset.text(amount))\(sandbox ? " (practice money)" : "") on \(preset.name)" }
    /// The signature pays until then, in Unix seconds.
    var validBefore: Int64 { Int64(clamping: authorization.validBefore) }

    /// Name and value of the header that pays.
    var header: (name: String, value: String) {
        (payload.version == 1 ? PaymentHeader.signatureV1 : PaymentHeader.signature, PaymentHeader.encode(payload.json))
    }

    /// Signs terms (EIP-3009, TransferWithAuthorization) in the asset's own domain.
    init(signing terms: BuyTerms, of offer: BuyOffer, asked: BuyURL, target: BuyURL, with key: PrivateKey, nonce: Bytes32, at now: Timestamp) {
        let token = terms.preset.token
        let since = terms.version == 1 ? max(0, now.seconds - 60) : 0
        guard
            let authorization = TransferAuthorization(
                from: key.address, to: terms.payTo, value: BigUInt(terms.amount.units), validAfter: BigUInt(since),
                validBefore: BigUInt(now.seconds + terms.window), nonce: nonce)
        else { preconditionFailure("numbers of at most 128 bits fit 256") }
        let domain = EIP712Domain(
            name: token.domainName, version: token.domainVersion, chainID: terms.network.chainID, verifyingContract: token.address)
        let exact = ExactPayload(authorization: authorization, signature: key.sign(authorization.digest(in: domain)).serialized65)
        if let requirements = terms.requirements {
            payload = PaymentPayload(accepted: requirements, payload: exact.json, resource: offer.resource, extensions: offer.extensions)
        } else {
            // Version 1's terms come only from networks that it knows by name.
            payload = PaymentPayload(
                scheme: "exact", v1Network: NetworkNamesV1.name(caip2: terms.network.description) ?? terms.network.description, payload: exact.json)
        }
        (self.asked, self.target, self.authorization) = (asked, target, authorization)
        title = offer.title.map { BuyText.plain($0, limit: 100) }
        (sandbox, network, preset, amount) = (terms.sandbox, terms.network, terms.preset, terms.amount)
    }

    // MARK: On disk

    private static let format: Int64 = 1

    var json: JSONObject {
        var json: JSONObject = ["format": .integer(Self.format), "url": .string(asked.description), "target": .string(target.description)]
        if let title { json["title"] = .string(title) }
        json["sandbox"] = .bool(sandbox)
        json["payment"] = .object(payload.json)
        return json
    }

    /// Nil for what this program has not written.
    init?(_ json: JSONObject) {
        guard json["format"]?.int64 == Self.format, let asked = json["url"]?.string.flatMap({ BuyURL($0) }),
            let target = json["target"]?.string.flatMap({ BuyURL($0) }), let sandbox = json["sandbox"]?.bool,
            let payment = json["payment"]?.object, let version = payment["x402Version"]?.int64,
            // Both say only why; all that matters here is that it cannot be read.
            let payload = try? PaymentPayload(payment, version: version == 1 ? 1 : 2), let exact = try? ExactPayload(payload.payload),
            let amount = AtomicAmount(wire: String(exact.authorization.value))
        else { return nil }
        let caip2 =
            switch payload.accepted {
            case .v1(_, let name): NetworkNamesV1.caip2(name: name)
            case .v2(let accepted): accepted.network
            }
        guard let network = caip2.flatMap({ Network(caip2: $0) }), let preset = NetworkPreset.of(chainID: network.chainID) else { return nil }
        (self.asked, self.target, self.sandbox, self.payload) = (asked, target, sandbox, payload)
        (self.network, self.preset, self.amount) = (network, preset, amount)
        authorization = exact.authorization
        title = json["title"]?.string
    }
}
