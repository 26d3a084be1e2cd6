public import Domain
import Foundation
import GRDB

extension Reader {
    /// The product of that name in any state, or nil.
    public func product(slug: Slug) throws -> Product? {
        try lookUp { db in
            try Row.fetchOne(db.cachedStatement(sql: "\(Self.selectProduct) WHERE slug = ?"), arguments: [slug.text]).map(Self.product)
        }
    }

    public func product(id: Int64) throws -> Product? {
        try lookUp { db in
            try Row.fetchOne(db.cachedStatement(sql: "\(Self.selectProduct) WHERE id = ? AND id > 0"), arguments: [id]).map(Self.product)
        }
    }

    /// Products by descending id, at most `limit`, those in one of `states` and below the id `before`.
    public func products(states: Set<Product.State> = Set(Product.State.allCases), before: Int64? = nil, limit: Int = 100) async throws -> [Product] {
        try await read { db in
            let names = states.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
            return try Row.fetchAll(
                db, sql: "\(Self.selectProduct) WHERE state IN (\(names)) AND id < ? AND id > 0 ORDER BY id DESC LIMIT ?",
                arguments: [before ?? .max, limit]
            ).map(Self.product)
        }
    }

    public enum ProductOrder: String, Sendable { case newest, oldest, slug }

    /// A page of products in an order that an index gives, those in one of `states`, of `ids` when given, after the key `last`.
    public func productPage(
        order: ProductOrder, states: Set<Product.State>, ids: Set<Int64>? = nil, after last: String?, limit: Int
    ) async throws -> [Product] {
        try await read { db in
            // Number 0 is none: see `Schema.desk`.
            var conditions = ["id > 0", "state IN (\(states.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")))"]
            if let ids { conditions.append("id IN (\(ids.sorted().map(String.init).joined(separator: ", ")))") }
            let (key, direction) =
                switch order {
                case .newest: ("id", "DESC")
                case .oldest: ("id", "ASC")
                case .slug: ("slug", "ASC")
                }
            var arguments: StatementArguments = []
            if let last {
                conditions.append("\(key) \(direction == "DESC" ? "<" : ">") ?")
                arguments += order == .slug ? [last] : [Int64(last) ?? 0]
            }
            arguments += [limit]
            return try Row.fetchAll(
                db, sql: "\(Self.selectProduct) WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(key) \(direction) LIMIT ?",
                arguments: arguments
            ).map(Self.product)
        }
    }

    /// An edition that the product sells or once sold.
    public func content(productID: Int64, digest: ContentDigest) throws -> Content? {
        try lookUp { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT content_length, media_type, file_name FROM editions WHERE product_id = ? AND content = ?"),
                arguments: [productID, blob(digest.bytes)])
            return row.map { Content(digest: digest, length: $0[0], mediaType: $0[1], fileName: $0[2]) }
        }
    }

    /// Prices of the product that were replaced after `moment`.
    public func formerPrices(productID: Int64, since moment: Timestamp) throws -> [(price: Money, replacedAt: Timestamp)] {
        try lookUp { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT price, currency, replaced_at FROM former_prices WHERE product_id = ? AND replaced_at > ?"),
                arguments: [productID, moment.milliseconds]
            ).map { (try Self.money($0[0], $0[1]), Timestamp(milliseconds: $0[2])) }
        }
    }

    static let selectProduct = """
        SELECT id, slug, title, summary, kind, state, price, currency, tags, repeatable, content, content_length, media_type, file_name, \
        created_at, updated_at, revision, upstream, upstream_trusted, upstream_header, routes, request_limit, head_limit, whole_limit, \
        credit_count, credit_amount FROM products
        """

    static func product(_ row: Row) throws -> Product {
        guard let slug = Slug(row[1] as String), let kind = Product.Kind(rawValue: row[4]), let state = Product.State(rawValue: row[5]),
            let digest = ContentDigest(try row.bytes(10))
        else { throw StorageError.corrupt("product \(row[0] as Int64)") }
        let price = try money(row[6], row[7])
        return Product(
            id: row[0], slug: slug, title: row[2], summary: row[3], kind: kind, price: price,
            tags: (row[8] as String).split(separator: ",").map(String.init), repeatable: row[9], state: state,
            content: Content(digest: digest, length: row[11], mediaType: row[12], fileName: row[13]), api: try api(row, price.currency),
            createdAt: Timestamp(milliseconds: row[14]), updatedAt: Timestamp(milliseconds: row[15]), revision: row[16])
    }

    private static func api(_ row: Row, _ currency: Currency) throws -> PaidAPI? {
        guard let text: String = row[17] else { return nil }
        guard let upstream = UpstreamAddress(text) else { throw StorageError.corrupt("the service of product \(row[0] as Int64)") }
        let credit = try (row[24] as Int?).map { PaidAPI.Credit(count: $0, amount: try Money(row[25], currency)) }
        return PaidAPI(
            upstream: upstream, isTrusted: row[18], credential: try row.optionalBytes(19),
            routes: try (row[20] as String).split(separator: "\n").map { try APIRoute(String($0)) },
            limits: PaidAPI.Limits(request: row[21], head: row[22], whole: row[23]), credit: credit)
    }

    static func money(_ price: String, _ currency: String) throws -> Money {
        guard let currency = Currency(currency) else { throw StorageError.corrupt("the currency \(currency)") }
        return try Money(price, currency)
    }
}
