public import Caching
public import Domain
public import Storage

/// The products of a shop, their contents and what may be asked for them.
public final class Catalogue: Sendable {
    public let contents: ContentStore
    private let reader: Reader
    private let writer: Writer
    private let now: WallClock
    private let products = Cache<Slug, Product?>("products", limit: 4096, bytes: 16 << 20, lifetime: .seconds(3600)) { slug, product in
        slug.text.utf8.count + (product?.heapBytes ?? 0)
    }
    private let articles = Cache<ContentDigest, Article>("articles", limit: 16, bytes: 32 << 20, lifetime: .seconds(3600)) { $1.heapBytes + 64 }
    private let former = Cache<Int64, [FormerPrice]>("former-prices", limit: 4096, bytes: 4 << 20, lifetime: .seconds(3600)) {
        32 + $1.count * MemoryLayout<FormerPrice>.stride
    }

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [products.meter, articles.meter, former.meter] }

    public struct FormerPrice: Sendable {
        public let price: Money
        public let replacedAt: Timestamp
    }

    public init(reader: Reader, writer: Writer, contents: ContentStore, now: @escaping WallClock) {
        self.reader = reader
        self.writer = writer
        self.contents = contents
        self.now = now
    }

    /// The product of that name in any state, or nil.
    public func product(_ slug: Slug) async throws -> Product? {
        if let cached = products.hit(slug) { return cached }
        let reader = reader
        let product = try await products.value(slug) { try reader.product(slug: slug) }
        if product == nil { products.remove(slug) }  // whoever guesses names must not push real ones out
        return product
    }

    public func product(id: Int64) throws -> Product? { try reader.product(id: id) }

    /// An edition that the product sells or once sold.
    public func content(productID: Int64, digest: ContentDigest) throws -> Content? { try reader.content(productID: productID, digest: digest) }

    /// The article whose Markdown has that digest. Rendering a long one takes a while, so whoever asks meanwhile waits for the same.
    public func article(_ content: Content) async throws -> Article {
        if let cached = articles.hit(content.digest) { return cached }
        let contents = contents
        return try await articles.value(content.digest) { try Article(bytes: contents.bytes(content.digest)) }
    }

    /// Prices of the product that were replaced less than an offer's lifetime ago.
    public func honouredPrices(_ product: Product) async throws -> [Money] {
        let reader = reader
        let since = now() - OfferSealer.lifetime
        let prices = try await former.value(product.id) {
            try reader.formerPrices(productID: product.id, since: since).map { FormerPrice(price: $0.price, replacedAt: $0.replacedAt) }
        }
        return prices.filter { $0.replacedAt > since }.map(\.price)
    }

    /// Makes all links to what a payment bought worth nothing that were made until now.
    /// - Returns: how often that has been done.
    public func revokeLinks(
        of payment: Payment, _ links: ContentLinkSigner, actor: String, noting note: WriteNote<Int64>? = nil
    ) async throws -> Int64 {
        let series = try await writer.revokeLinks(payment, actor: actor, at: now(), noting: note)
        links.series.set(series, paymentID: payment.id)
        return series
    }

    public func add(_ draft: ProductDraft, actor: String, noting note: WriteNote<ProductCreation>? = nil) async throws -> ProductCreation {
        let outcome = try await writer.createProduct(draft, actor: actor, at: now(), noting: note)
        products.remove(draft.slug)
        return outcome
    }

    /// - Parameter revision: the edition that is meant; whichever there is when nil.
    public func edit(
        _ slug: Slug, _ edit: ProductEdit, of revision: Int64? = nil, actor: String, noting note: WriteNote<ProductChange>? = nil
    ) async throws -> ProductChange {
        let outcome = try await writer.editProduct(slug: slug, edit, of: revision, actor: actor, at: now(), noting: note)
        products.remove(slug)
        if case .changed(let product) = outcome { former.remove(product.id) }
        return outcome
    }
}
