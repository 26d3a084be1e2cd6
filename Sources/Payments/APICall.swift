public import Domain

/// One call of a paid API as far as money is concerned.
public struct APICall: Sendable {
    /// The API as a product of this one call: at the route's price, sold every time, its content the request's digest.
    public let product: Product
    /// What the seal of an offer says that it is for.
    let route: String
    /// What of the API is called, for the owner's eyes.
    public let name: String
    public let method: String
    /// Under the shop's origin, without the query.
    public let url: String
    /// What a wallet may have open unpaid; nil where nothing is given before it is paid.
    let credit: PaidAPI.Credit?

    /// - Parameters:
    ///   - route: the route that was matched; nil where everything may be called.
    ///   - path: what follows the product's address.
    ///   - digest: of the request; nil while nothing is paid.
    ///   - offers: those of the door that was taken.
    /// - Returns: nil for a product that is no API.
    public init?(_ product: Product, route: APIRoute?, method: String, path: String, digest: ContentDigest? = nil, at offers: Offers) {
        guard let api = product.api else { return nil }
        var priced = product
        // A route's price was read with its product.
        if let text = route?.price, let price = try? Money(text, product.price.currency) { priced.price = price }
        priced.repeatable = true
        if let digest {
            priced.content = Content(
                digest: digest, length: 0, mediaType: product.content.mediaType, fileName: product.content.fileName)
        }
        self.product = priced
        name = route?.name ?? "*"
        self.route = offers.door.route(name)
        self.method = method
        url = offers.url(product) + path
        credit = api.credit
    }

    /// What lists show of an API: its first route, and everything where it has none.
    init?(anyOf product: Product, at offers: Offers) {
        guard let first = offers.calls(product).first else { return nil }
        self = first
    }
}

extension Offers {
    /// What lists show of an API: each of its routes by its first method, the product's own address where everything may be called; none
    /// of what is no API.
    public func calls(_ product: Product) -> [APICall] {
        guard let api = product.api else { return [] }
        let routes: [APIRoute?] = api.routes.isEmpty ? [nil] : api.routes
        return routes.compactMap { route in
            let path = route.map { $0.path == "/" ? "" : $0.path } ?? ""
            return APICall(product, route: route, method: route?.methods.first ?? "GET", path: path, at: self)
        }
    }
}

/// What becomes of a call that brings a payment.
public enum CallAdmission: Sendable {
    /// The service answered well and the payment settled: give its answer.
    case answered(Receipt)
    /// The service answered well and the wallet has credit: give its answer while the payment settles.
    case credited(Payment)
    /// The service did not answer well, and nothing was charged.
    case declined(Payment)
    /// Paid before; the service is not asked again. It was asked for exactly this.
    case replayed(Receipt)
    /// The service was asked, and its answer is owed once the payment has settled.
    case postponed(Payment)
    /// The service was not asked, or its answer may not be given.
    case ended(Admission)
}
