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
    /// JSON between `"error":…` and the first seal, between seals, and after the last.
    private let pieces: [[UInt8]]
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

    /// - Parameter url: the product's address under the configured origin, never from a request.
    init(product: Product, quotes: [Quote], door: ShopDoor = .goods, url: String, shopName: String) {
        self.product = product
        asked = quotes
        self.shopName = shopName
        var quotes = quotes
        var description = product.summary.isEmpty ? product.title : product.summary
        var pieces = Self.pieces(product, quotes, url: url, description: description, shopName: shopName)
        while Self.headerLength(pieces) > Self.maximumHeaderLength {
            if description.utf8.count > 120 {
                description = Self.shortened(description, toBytes: 100)
            } else if quotes.count > 1 {
                quotes.removeLast()
            } else {
                break
            }
            pieces = Self.pieces(product, quotes, url: url, description: description, shopName: shopName)
        }
        self.quotes = quotes
        self.pieces = pieces
        sealed = quotes.map { OfferSealer.Terms(productID: product.id, route: door.route, option: $0.option, amount: $0.amount) }
        v1Accepts = Self.v1(product, quotes, url: url, description: description)
        unpaidBody = Self.body(error: Self.unpaidError, message: nil, v1Accepts: v1Accepts)
    }

    /// The value of `PAYMENT-REQUIRED` with fresh seals.
    public func header(error: String, sealer: OfferSealer, now: Timestamp) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(128) { $0 + $1.count + 96 })
        bytes += #"{"x402Version":2,"error":"#.utf8
        JSONText.appendQuoted(error, to: &bytes)
        for (index, piece) in pieces.enumerated() {
            bytes += piece
            if index < sealed.count { bytes += sealer.seal(sealed[index], at: now).utf8 }
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
    public var requirements: [PaymentRequirements] { quotes.map { Self.requirements($0, offer: nil) } }

    private static func requirements(_ quote: Quote, offer: String?) -> PaymentRequirements {
        PaymentRequirements(
            scheme: "exact", network: quote.option.network.description, amount: quote.amount.description,
            asset: quote.option.asset.addressText, payTo: quote.option.payToText, maxTimeoutSeconds: maxTimeoutSeconds,
            extra: extra(quote.option, offer: offer))
    }

    private static func headerLength(_ pieces: [[UInt8]]) -> Int {
        (pieces.reduce(160) { $0 + $1.count } + (pieces.count - 1) * 82) * 4 / 3
    }

    private static func pieces(_ product: Product, _ quotes: [Quote], url: String, description: String, shopName: String) -> [[UInt8]] {
        // A mark that no JSON text of ours can contain, where each seal goes.
        let mark = "\u{1}"
        var resource: JSONObject = [
            "url": .string(url), "description": .string(description), "mimeType": .string(product.content.mediaType),
        ]
        let service = String(shopName.unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F }.prefix(32).map(Character.init))
        if !service.isEmpty { resource["serviceName"] = .string(service) }
        if !product.tags.isEmpty { resource["tags"] = .array(product.tags.map(JSONValue.string)) }
        let accepts = quotes.map { JSONValue.object(requirements($0, offer: mark).json) }
        let rest: JSONObject = [
            "resource": .object(resource), "accepts": .array(accepts), "extensions": ["bazaar": bazaar(product)],
        ]
        var pieces: [[UInt8]] = [Array(",".utf8)]
        var bytes = JSONValue.object(rest).encoded().dropFirst()
        // With its quotes, for a text may say \u0001 in six characters.
        let escaped = Array(#""\u0001""#.utf8)
        while let range = bytes.firstRange(of: escaped) {
            pieces[pieces.count - 1] += bytes[...range.lowerBound]
            pieces.append([])
            bytes = bytes[(range.upperBound - 1)...]
        }
        pieces[pieces.count - 1] += bytes
        return pieces
    }

    private static func extra(_ option: PaymentOption, offer: String?) -> JSONObject {
        var extra: JSONObject = [
            "name": .string(option.asset.domainName), "version": .string(option.asset.domainVersion),
            "paymentFlow": .string(PaymentFlow.upfront),
        ]
        if option.sandbox { extra["sandbox"] = true }
        if let offer { extra["offer"] = .string(offer) }
        return extra
    }

    /// The discovery extension (extensions/bazaar): how the resource is called and what it gives.
    private static func bazaar(_ product: Product) -> JSONValue {
        [
            "info": ["input": ["type": "http", "method": "GET"], "output": ["type": .string(product.content.mediaType)]],
            "schema": [
                "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
                "properties": [
                    "input": [
                        "type": "object",
                        "properties": ["type": ["type": "string", "const": "http"], "method": ["type": "string", "enum": ["GET"]]],
                        "required": ["type", "method"], "additionalProperties": false,
                    ],
                    "output": ["type": "object", "properties": ["type": ["type": "string"]], "required": ["type"]],
                ],
                "required": ["input"],
            ],
        ]
    }

    /// The one entry that a version 1 client can read: the first offered network that it knows by name.
    private static func v1(_ product: Product, _ quotes: [Quote], url: String, description: String) -> [UInt8]? {
        guard let quote = quotes.first(where: { $0.option.v1Name != nil }), let name = quote.option.v1Name else { return nil }
        let entry: JSONObject = [
            "scheme": "exact", "network": .string(name), "maxAmountRequired": .string(quote.amount.description), "resource": .string(url),
            "description": .string(description), "mimeType": .string(product.content.mediaType), "payTo": .string(quote.option.payToText),
            "maxTimeoutSeconds": .integer(maxTimeoutSeconds), "asset": .string(quote.option.asset.addressText),
            "outputSchema": ["input": ["type": "http", "method": "GET", "discoverable": true], "output": nil],
            "extra": .object(extra(quote.option, offer: nil)),
        ]
        return JSONValue.object(entry).encoded()
    }
}

extension ArraySlice<UInt8> {
    fileprivate func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard count >= pattern.count else { return nil }
        return indices.dropLast(pattern.count - 1).first { self[$0..<$0 + pattern.count].elementsEqual(pattern) }.map { $0..<$0 + pattern.count }
    }
}
