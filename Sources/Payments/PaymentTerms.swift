public import Catalogue
public import Domain
import JSON
public import X402

/// The 402 of one product, all but the seals and the error made beforehand: what an unpaid request costs is a random number,
/// an HMAC for each way to pay, and base64.
public struct PaymentTerms: Sendable {
    public let product: Product
    public let quotes: [Quote]
    /// The quotes that were asked for; of more than fit into a header the last are left out.
    let asked: [Quote]
    let shopName: String
    /// How long a client has to pay, in seconds.
    public static let maxTimeoutSeconds: Int64 = 300
    /// `PAYMENT-REQUIRED` stays under 6 KB: proxies cut larger headers and clients send it back.
    static let maximumHeaderLength = 6_000

    private let sealed: [OfferSealer.Terms]
    private let flow: String?
    /// JSON between `"error":…` and the first slot, between slots, and after the last.
    private let pieces: [[UInt8]]
    private let slots: [TermsSlot]
    /// The entry of `accepts` that version 1 can read.
    private let v1Accepts: [UInt8]?
    /// The body of an answer to a request without a payment.
    public let unpaidBody: [UInt8]
    /// What the answer to a request without a payment says is wrong.
    public static let unpaidError = "Payment required"

    /// What it takes in memory, about.
    var heapBytes: Int {
        let texts = pieces.reduce(shopName.utf8.count + (v1Accepts?.count ?? 0) + unpaidBody.count) { $0 + $1.count + 32 }
        return texts + product.heapBytes + (quotes.count + asked.count) * MemoryLayout<Quote>.stride
            + sealed.count * MemoryLayout<OfferSealer.Terms>.stride
    }

    /// - Parameters:
    ///   - url: the product's address under the configured origin, never from a request.
    ///   - domain: host and port of that origin.
    ///   - call: what of an API is called.
    init(
        product: Product, quotes: [Quote], call: APICall? = nil, door: ShopDoor = .goods, url: String, domain: String, shopName: String
    ) {
        self.product = product
        asked = quotes
        self.shopName = shopName
        var quotes = quotes
        var description = product.summary.isEmpty ? product.title : product.summary
        // A sample is nobody's to fetch again, and no call is the same again.
        let isSigningIn = door == .goods && call == nil
        let method = call?.method ?? "GET"
        var cut = TermsCut.nothing
        var json = Self.json(
            product, quotes, method: method, url: url, domain: isSigningIn ? domain : nil, description: description, shopName: shopName, cut: cut)
        while TermsSlot.headerLength(json) > Self.maximumHeaderLength {
            if description.utf8.count > 120 {
                description = Self.shortened(description, toBytes: 100)
            } else if let next = cut.next {
                cut = next
            } else if quotes.count > 1 {
                quotes.removeLast()
            } else {
                break
            }
            json = Self.json(
                product, quotes, method: method, url: url, domain: isSigningIn ? domain : nil, description: description, shopName: shopName, cut: cut)
        }
        self.quotes = quotes
        (pieces, slots) = TermsSlot.split(json)
        sealed = quotes.map { OfferSealer.Terms(productID: product.id, route: call?.route ?? door.route, option: $0.option, amount: $0.amount) }
        flow = Self.flow(product)
        v1Accepts = Self.v1(product, quotes, method: method, url: url, description: description)
        unpaidBody = Self.body(error: Self.unpaidError, message: nil, v1Accepts: v1Accepts)
    }

    /// The value of `PAYMENT-REQUIRED` with fresh seals.
    public func header(error: String, sealer: OfferSealer, now: Timestamp) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(128) { $0 + $1.count + 96 })
        bytes += #"{"x402Version":2,"error":"#.utf8
        JSONText.appendQuoted(error, to: &bytes)
        var seals = sealed.makeIterator()
        for (index, piece) in pieces.enumerated() {
            bytes += piece
            guard index < slots.count else { break }
            switch slots[index] {
            case .seal: if let terms = seals.next() { bytes += sealer.seal(terms, at: now).utf8 }
            case .nonce: bytes += sealer.nonce(at: now).utf8
            case .issuedAt: bytes += now.iso8601.utf8
            case .expires: bytes += (now + OfferSealer.nonceLifetime).iso8601.utf8
            }
        }
        return Base64.encode(bytes)
    }

    /// The body of the 402: version 1's offer where it knows one of the networks, else only the error.
    public func body(error: String, message: String?) -> [UInt8] { Self.body(error: error, message: message, v1Accepts: v1Accepts) }

    private static func body(error: String, message: String?, v1Accepts: [UInt8]?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes += (v1Accepts == nil ? #"{"error":"# : #"{"x402Version":1,"error":"#).utf8
        JSONText.appendQuoted(error, to: &bytes)
        if let message {
            bytes += #","message":"#.utf8
            JSONText.appendQuoted(message, to: &bytes)
        }
        if let v1Accepts {
            bytes += #","accepts":["#.utf8
            bytes += v1Accepts
            bytes += "]".utf8
        }
        bytes += "}".utf8
        return bytes
    }

    /// Whole characters while they fit, which a count of characters would not ensure: one may have any number of bytes.
    private static func shortened(_ text: String, toBytes limit: Int) -> String {
        var short = ""
        for character in text {
            guard short.utf8.count + character.utf8.count <= limit else { break }
            short.append(character)
        }
        return short + "…"
    }

    /// The ways to pay as lists of offers show them, without seals.
    public var requirements: [PaymentRequirements] { quotes.map { Self.requirements($0, flow: flow, offer: nil) } }

    /// What is said of when the money is taken; nothing where that is as x402 has it, on the answer of an API.
    private static func flow(_ product: Product) -> String? { product.kind == .api ? nil : PaymentFlow.upfront }

    private static func requirements(_ quote: Quote, flow: String?, offer: String?) -> PaymentRequirements {
        PaymentRequirements(
            scheme: "exact", network: quote.option.network.description, amount: quote.amount.description,
            asset: quote.option.asset.addressText, payTo: quote.option.payToText, maxTimeoutSeconds: maxTimeoutSeconds,
            extra: extra(quote.option, flow: flow, offer: offer))
    }

    /// All but `x402Version` and `error`, with marks for what differs from answer to answer.
    private static func json(
        _ product: Product, _ quotes: [Quote], method: String, url: String, domain: String?, description: String, shopName: String, cut: TermsCut
    ) -> [UInt8] {
        var resource: JSONObject = [
            "url": .string(url), "description": .string(description), "mimeType": .string(product.content.mediaType),
        ]
        let service = String(shopName.unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F }.prefix(32).map(Character.init))
        if !service.isEmpty { resource["serviceName"] = .string(service) }
        if !product.tags.isEmpty { resource["tags"] = .array(product.tags.map(JSONValue.string)) }
        let accepts = quotes.map { JSONValue.object(requirements($0, flow: flow(product), offer: TermsSlot.seal.mark).json) }
        var extensions: JSONObject = ["bazaar": bazaar(product, method)]
        if cut < .identifier { extensions[PaymentIdentifierExtension.key] = PaymentIdentifierExtension.declaration() }
        // What sells every time is bought again, also by who has it.
        if let domain, cut < .signIn, !product.repeatable {
            extensions[SignInExtension.key] = signIn(quotes, url: url, domain: domain, terse: cut == .fields)
        }
        let rest: JSONObject = ["resource": .object(resource), "accepts": .array(accepts), "extensions": .object(extensions)]
        return JSONValue.object(rest).encoded()
    }

    private static func signIn(_ quotes: [Quote], url: String, domain: String, terse: Bool) -> JSONValue {
        var chains: [String] = []
        for quote in quotes where !chains.contains(quote.option.network.description) { chains.append(quote.option.network.description) }
        return SignInExtension.declaration(
            domain: domain, uri: url, statement: "Sign in to fetch what this wallet bought here.", nonce: TermsSlot.nonce.mark,
            issuedAt: TermsSlot.issuedAt.mark, expirationTime: TermsSlot.expires.mark, chains: chains, terse: terse)
    }

    private static func extra(_ option: PaymentOption, flow: String?, offer: String?) -> JSONObject {
        var extra: JSONObject = ["name": .string(option.asset.domainName), "version": .string(option.asset.domainVersion)]
        if let flow { extra["paymentFlow"] = .string(flow) }
        if option.sandbox { extra["sandbox"] = true }
        if let offer { extra["offer"] = .string(offer) }
        return extra
    }

    /// The discovery extension (extensions/bazaar): how the resource is called and what it gives.
    private static func bazaar(_ product: Product, _ method: String) -> JSONValue {
        [
            "info": ["input": ["type": "http", "method": .string(method)], "output": ["type": .string(product.content.mediaType)]],
            "schema": [
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                "properties": [
                    "input": [
                        "type": "object",
                        "properties": ["type": ["type": "string", "const": "http"], "method": ["type": "string", "enum": [.string(method)]]],
                        "required": ["type", "method"], "additionalProperties": false,
                    ],
                    "output": ["type": "object", "properties": ["type": ["type": "string"]], "required": ["type"]],
                ],
                "required": ["input"],
            ],
        ]
    }

    /// The one entry that a version 1 client can read: the first offered network that it knows by name.
    private static func v1(_ product: Product, _ quotes: [Quote], method: String, url: String, description: String) -> [UInt8]? {
        guard let quote = quotes.first(where: { $0.option.v1Name != nil }), let name = quote.option.v1Name else { return nil }
        let entry: JSONObject = [
            "scheme": "exact", "network": .string(name), "maxAmountRequired": .string(quote.amount.description), "resource": .string(url),
            "description": .string(description), "mimeType": .string(product.content.mediaType), "payTo": .string(quote.option.payToText),
            "maxTimeoutSeconds": .integer(maxTimeoutSeconds), "asset": .string(quote.option.asset.addressText),
            "outputSchema": ["input": ["type": "http", "method": .string(method), "discoverable": true], "output": nil],
            "extra": .object(extra(quote.option, flow: flow(product), offer: nil)),
        ]
        return JSONValue.object(entry).encoded()
    }
}
