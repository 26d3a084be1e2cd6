/// What a product of kind `api` sells: calls of a service elsewhere, one by one.
public struct PaidAPI: Hashable, Sendable {
    /// Where the calls go.
    public var upstream: UpstreamAddress
    /// Whether somebody on this machine named the address: any other may not lead into private networks.
    public var isTrusted: Bool
    /// A header field for the service, sealed; never shown again.
    public var credential: [UInt8]?
    /// What may be called; empty where everything may, at the product's price.
    public var routes: [APIRoute]
    public var limits: Limits
    /// How far calls are answered before they are settled; nil where none is.
    public var credit: Credit?

    public init(
        upstream: UpstreamAddress, isTrusted: Bool, credential: [UInt8]? = nil, routes: [APIRoute] = [], limits: Limits = Limits(),
        credit: Credit? = nil
    ) {
        self.upstream = upstream
        self.isTrusted = isTrusted
        self.credential = credential
        self.routes = routes
        self.limits = limits
        self.credit = credit
    }

    public struct Limits: Hashable, Sendable {
        /// The longest body of a request, in bytes.
        public var request: Int
        /// How long the service may take until its answer begins, in seconds.
        public var head: Int
        /// How long the whole answer may take, in seconds.
        public var whole: Int

        public init(request: Int = 1024 * 1024, head: Int = 30, whole: Int = 600) {
            self.request = request
            self.head = head
            self.whole = whole
        }

        public static let requestRange = 0...16 * 1024 * 1024
        public static let headRange = 1...120
        public static let wholeRange = 1...3600
    }

    /// What one wallet may have open: calls that were answered and are not settled.
    public struct Credit: Hashable, Sendable {
        public var count: Int
        public var amount: Money

        public init(count: Int, amount: Money) {
            self.count = count
            self.amount = amount
        }

        public static let countRange = 1...1000
    }

    public static let maximumRoutes = 100

    /// Methods that can be sold. HEAD shows the terms and OPTIONS what may be asked; neither is ever sent on.
    public static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    /// What a request of the API means.
    public enum Match: Equatable, Sendable {
        /// Nil where the API has no routes: everything may be called.
        case route(APIRoute?)
        /// There is something, for these methods only.
        case otherMethods([String])
        case nothing
    }

    /// The most specific route for a request. What differs from a route only in capitals or in a slash at its end may be the same for the
    /// service and is nothing here, so that nobody pays the price of another route for it.
    public func match(_ method: String, _ path: APIPath) -> Match {
        guard !routes.isEmpty else { return Self.methods.contains(method) ? .route(nil) : .otherMethods(Self.methods) }
        let near = routes.filter { $0.covers(path, loosely: true) || $0.covers(path, loosely: false) }
        guard let best = near.filter({ $0.methods.contains(method) }).max(by: { $0.isLessSpecific(than: $1) }) else {
            let methods = Self.methods.filter { method in near.contains { $0.covers(path, loosely: false) && $0.methods.contains(method) } }
            return methods.isEmpty ? .nothing : .otherMethods(methods)
        }
        return best.covers(path, loosely: false) ? .route(best) : .nothing
    }

    /// The methods that something of the API takes.
    public var allMethods: [String] {
        routes.isEmpty ? Self.methods : Self.methods.filter { method in routes.contains { $0.methods.contains(method) } }
    }

    /// The routes as lines of text, as they are stored.
    public var routesText: String { routes.map(\.description).joined(separator: "\n") }
}
