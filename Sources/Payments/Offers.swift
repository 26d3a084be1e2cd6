public import Caching
public import Catalogue
public import Domain

/// What is asked for each product now, and the judge of what was asked before.
public final class Offers: Sendable {
    private let catalogue: Catalogue
    private let sealer: OfferSealer
    private let facilitators: [any Facilitator]
    private let origin: String
    /// Where these offers are made.
    public let door: ShopDoor
    private let shopName: @Sendable () -> String
    private let now: WallClock
    private let terms: Cache<Int64, PaymentTerms>

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [terms.meter] }

    /// - Parameter origin: the public address of the shop, without a slash at the end.
    public init(
        catalogue: Catalogue, sealer: OfferSealer, facilitators: [any Facilitator], origin: String, door: ShopDoor = .goods,
        shopName: @escaping @Sendable () -> String, now: @escaping WallClock
    ) {
        self.catalogue = catalogue
        self.sealer = sealer
        self.facilitators = facilitators
        self.origin = origin
        self.door = door
        // Few look at the practice door.
        terms = door == .goods ? Self.cache("offers", megabytes: 64) : Self.cache("practice-offers", megabytes: 4)
        self.shopName = shopName
        self.now = now
    }

    private static func cache(_ name: String, megabytes: Int) -> Cache<Int64, PaymentTerms> {
        Cache(name, limit: 4096, bytes: megabytes << 20, lifetime: .seconds(3600)) { $1.heapBytes }
    }

    /// The terms of a product by the ways that can be paid now; nil when there is none.
    public func terms(_ product: Product) -> PaymentTerms? {
        if let call = APICall(anyOf: product, at: self) { return terms(call) }
        let quotes = quotes(product)
        guard !quotes.isEmpty else { return nil }
        let name = shopName()
        if let known = terms.value(product.id), known.product.revision == product.revision, known.shopName == name, known.asked == quotes {
            return known
        }
        let made = PaymentTerms(
            product: product, quotes: quotes, door: door, url: url(product), domain: SignInRule.domain(origin: origin), shopName: name)
        terms.store(made, for: product.id)
        return made
    }

    /// The terms of a call of an API, made anew each time, for its address is in them.
    public func terms(_ call: APICall) -> PaymentTerms? {
        let quotes = quotes(call.product)
        guard !quotes.isEmpty else { return nil }
        return PaymentTerms(
            product: call.product, quotes: quotes, call: call, door: door, url: call.url, domain: SignInRule.domain(origin: origin),
            shopName: shopName())
    }

    /// Why a product cannot be paid now, in one sentence for people.
    public func shortfall(_ product: Product) -> String {
        for facilitator in facilitators {
            for option in facilitator.options {
                if let sentence = facilitator.shortfall(option) { return sentence }
                if let quote = Quote.all(product.price, by: [option]).first,
                    let sentence = facilitator.shortfall(option, amount: quote.amount)
                {
                    return sentence
                }
            }
        }
        return "Nothing that this shop is paid in takes a price of \(product.price)."
    }

    /// What a product costs by the ways that work now for so much.
    private func quotes(_ product: Product) -> [Quote] {
        facilitators.flatMap { facilitator in
            Quote.all(product.price, by: facilitator.options.filter { facilitator.shortfall($0) == nil }).filter {
                facilitator.shortfall($0.option, amount: $0.amount) == nil
            }
        }
    }

    /// The host of the payment service that settles by an option; nil where the shop does it itself.
    public func service(_ option: PaymentOption) -> String? {
        for facilitator in facilitators where facilitator.options.contains(option) { return facilitator.service(option) }
        return nil
    }

    /// The ways to pay that work now.
    public var payable: [PaymentOption] {
        facilitators.flatMap { facilitator in facilitator.options.filter { facilitator.shortfall($0) == nil } }
    }

    /// All ways to pay that are set up, each with why it does not work now, if so.
    public var options: [(option: PaymentOption, shortfall: String?)] {
        facilitators.flatMap { facilitator in facilitator.options.map { ($0, facilitator.shortfall($0)) } }
    }

    public func url(_ product: Product) -> String { "\(origin)\(door.path)\(product.slug)" }

    /// The 402's header with fresh seals.
    public func header(_ terms: PaymentTerms, error: String) -> String { terms.header(error: error, sealer: sealer, now: now()) }

    /// What a sign-in for the product must say.
    func signInRule(_ product: Product) -> SignInRule { SignInRule(origin: origin, url: url(product)) }

    /// A nonce of ours that is still good; nil for any other.
    func judge(nonce: String) -> (bytes: [UInt8], expires: Timestamp)? { sealer.judge(nonce: nonce, at: now()) }

    /// - Parameter route: what of the product the price is for.
    func judge(
        _ seal: String, product: Product, route: String, option: PaymentOption, payTo: [UInt8]? = nil, amount: AtomicAmount
    ) -> OfferSealer.Judgement {
        sealer.judge(seal, OfferSealer.Terms(productID: product.id, route: route, option: option, payTo: payTo, amount: amount))
    }

    func honouredPrices(_ product: Product) async throws -> [Money] { try await catalogue.honouredPrices(product) }
}
