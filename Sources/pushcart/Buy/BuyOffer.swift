import JSON
import X402

/// A 402 as a buyer reads it, in either version: what it is for and the ways to pay, nothing of it believed yet.
struct BuyOffer: Sendable {
    /// One way to pay, in the words of version 2.
    struct Way: Sendable {
        let scheme: String
        /// CAIP-2; nil where version 1's name means nothing to us.
        let network: String?
        let networkText: String
        let asset: String
        let amount: String
        let payTo: String
        let maxTimeoutSeconds: Int64?
        let extra: JSONObject
        /// What it says that it is for.
        let resource: String?
        /// What goes back as `accepted`; nil in version 1, which echoes nothing.
        let requirements: PaymentRequirements?
    }

    let version: Int
    let ways: [Way]
    /// What the goods are called, if the offer says so; not yet fit for a terminal.
    let title: String?
    /// Why the shop wants a payment, if it says so.
    let error: String?
    /// Go back verbatim with a payment of version 2.
    let resource: JSONObject?
    let extensions: JSONObject?

    /// The most that is read of a 402's body, in bytes.
    static let maximumBody = 256 * 1024

    /// Reads the `PAYMENT-REQUIRED` header where there is one, and only else the body.
    /// - Throws: `WireError` with a sentence for what cannot be read.
    init(header: String?, body: [UInt8]) throws(WireError) {
        if let header, !header.isEmpty {
            self.init(try PaymentRequired(try PaymentHeader.decode(header)))
            return
        }
        // A body that is no JSON is a page for people, or no offer at all.
        guard let object = (try? JSONValue(parsing: body))?.object, object["x402Version"] != nil else {
            throw WireError(.invalidPaymentRequirements, "The answer has no PAYMENT-REQUIRED header and no offer of x402 version 1 in its body.")
        }
        self.init(try PaymentRequiredV1(object), error: object["error"]?.string, description: object["accepts"]?.array?.first?["description"]?.string)
    }

    private init(_ offer: PaymentRequired) {
        version = 2
        let resource = offer.resource
        ways = offer.accepts.map { way in
            Way(
                scheme: way.scheme, network: way.network, networkText: way.network, asset: way.asset, amount: way.amount, payTo: way.payTo,
                maxTimeoutSeconds: way.maxTimeoutSeconds, extra: way.extra, resource: resource?["url"]?.string, requirements: way)
        }
        title = resource?["description"]?.string
        error = offer.error
        self.resource = resource
        extensions = offer.extensions
    }

    private init(_ offer: PaymentRequiredV1, error: String?, description: String?) {
        version = 1
        ways = offer.accepts.map { way in
            Way(
                scheme: way.scheme, network: NetworkNamesV1.caip2(name: way.network), networkText: way.network, asset: way.asset,
                amount: way.maxAmountRequired, payTo: way.payTo, maxTimeoutSeconds: way.maxTimeoutSeconds, extra: way.extra,
                resource: way.resource, requirements: nil)
        }
        title = description
        self.error = error
        resource = nil
        extensions = nil
    }
}
