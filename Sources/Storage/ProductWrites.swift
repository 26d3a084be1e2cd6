public import Domain
import Foundation
import GRDB

/// What a product is made from.
public struct ProductDraft: Sendable {
    public var slug: Slug
    public var title: String
    public var summary: String
    public var kind: Product.Kind
    public var price: Money
    public var tags: [String]
    public var repeatable: Bool
    public var state: Product.State
    public var content: Content
    /// Set for an API and for nothing else.
    public var api: PaidAPI?

    public init(
        slug: Slug, title: String, summary: String, kind: Product.Kind, price: Money, tags: [String], repeatable: Bool, state: Product.State,
        content: Content, api: PaidAPI? = nil
    ) {
        self.slug = slug
        self.title = title
        self.summary = summary
        self.kind = kind
        self.price = price
        self.tags = tags
        self.repeatable = repeatable
        self.state = state
        self.content = content
        self.api = api
    }
}

/// What an edit leaves as it is stays nil.
public struct ProductEdit: Sendable {
    public var title: String?
    public var summary: String?
    public var price: Money?
    public var tags: [String]?
    public var repeatable: Bool?
    public var state: Product.State?
    public var content: Content?
    public var api: PaidAPI?

    public init() {}
}

public enum ProductCreation: Sendable {
    case created(Product)
    case slugTaken
}

public enum ProductChange: Sendable {
    case changed(Product)
    case missing
    /// Somebody else changed it meanwhile; this is how it is now.
    case stale(Product)

    /// The product as it was changed; nil when it was not.
    public var product: Product? { if case .changed(let product) = self { product } else { nil } }
}

extension Writer {
    public func createProduct(
        _ draft: ProductDraft, actor: String, at now: Timestamp, noting note: WriteNote<ProductCreation>? = nil
    ) async throws -> ProductCreation {
        try await write(noting: note) { db in
            try db.execute(
                sql: """
                    INSERT INTO products(slug, title, summary, kind, state, price, currency, tags, repeatable, content, content_length, media_type,
                        file_name, created_at, updated_at, revision, \(Self.apiColumns))
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (slug) DO NOTHING
                    """,
                arguments: [
                    draft.slug.text, draft.title, draft.summary, draft.kind.rawValue, draft.state.rawValue, draft.price.amountText,
                    draft.price.currency.code, draft.tags.joined(separator: ","), draft.repeatable, blob(draft.content.digest.bytes),
                    draft.content.length, draft.content.mediaType, draft.content.fileName, now.milliseconds, now.milliseconds,
                ] + Self.columns(draft.api))
            guard db.changesCount == 1 else { return .slugTaken }
            let id = db.lastInsertedRowID
            if draft.api == nil { try Self.keepEdition(db, productID: id, draft.content) }
            let what = draft.api.map { ("upstream", EventDetails.Value.text($0.upstream.description)) }
            let details = EventDetails([
                ("slug", .text(draft.slug.text)), ("price", .text(draft.price.description)), ("state", .text(draft.state.rawValue)),
                what ?? ("content", .text(draft.content.digest.description)),
            ])
            try Self.append(db, .productCreated, subject: id, actor: actor, details: details, at: now)
            return .created(try Self.product(db, id: id))
        }
    }

    /// Changes what `edit` names. A replaced price is kept, to be honoured for its grace.
    /// - Parameter revision: the edition that is meant; whichever there is when nil.
    public func editProduct(
        slug: Slug, _ edit: ProductEdit, of revision: Int64? = nil, actor: String, at now: Timestamp, noting note: WriteNote<ProductChange>? = nil
    ) async throws -> ProductChange {
        try await write(noting: note) { db in
            guard let row = try Row.fetchOne(db, sql: "\(Reader.selectProduct) WHERE slug = ?", arguments: [slug.text]) else { return .missing }
            let before = try Reader.product(row)
            if let revision, revision != before.revision { return .stale(before) }
            let price = edit.price ?? before.price
            let content = edit.content ?? before.content
            try db.execute(
                sql: """
                    UPDATE products SET title = ?, summary = ?, state = ?, price = ?, currency = ?, tags = ?, repeatable = ?, content = ?,
                        content_length = ?, media_type = ?, file_name = ?, updated_at = ?, revision = revision + 1,
                        (\(Self.apiColumns)) = (?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?
                    """,
                arguments: [
                    edit.title ?? before.title, edit.summary ?? before.summary, (edit.state ?? before.state).rawValue, price.amountText,
                    price.currency.code, (edit.tags ?? before.tags).joined(separator: ","), edit.repeatable ?? before.repeatable,
                    blob(content.digest.bytes), content.length, content.mediaType, content.fileName, now.milliseconds,
                ] + Self.columns(edit.api ?? before.api) + [before.id])
            if price != before.price {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO former_prices(product_id, replaced_at, price, currency) VALUES (?, ?, ?, ?)",
                    arguments: [before.id, now.milliseconds, before.price.amountText, before.price.currency.code])
            }
            if before.api == nil { try Self.keepEdition(db, productID: before.id, content) }
            let after = try Self.product(db, id: before.id)
            try Self.append(db, .productEdited, subject: before.id, actor: actor, details: Self.changes(from: before, to: after), at: now)
            return .changed(after)
        }
    }

    private static let apiColumns =
        "upstream, upstream_trusted, upstream_header, routes, request_limit, head_limit, whole_limit, credit_count, credit_amount"

    private static func columns(_ api: PaidAPI?) -> StatementArguments {
        guard let api else { return StatementArguments([DatabaseValue](repeating: .null, count: 9)) }
        return [
            api.upstream.description, api.isTrusted, api.credential.map(blob) ?? .null, api.routesText, api.limits.request, api.limits.head,
            api.limits.whole, api.credit?.count, api.credit?.amount.amountText,
        ]
    }

    private static func keepEdition(_ db: Database, productID: Int64, _ content: Content) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO editions(product_id, content, content_length, media_type, file_name) VALUES (?, ?, ?, ?, ?)",
            arguments: [productID, blob(content.digest.bytes), content.length, content.mediaType, content.fileName])
    }

    private static func product(_ db: Database, id: Int64) throws -> Product {
        guard let row = try Row.fetchOne(db, sql: "\(Reader.selectProduct) WHERE id = ?", arguments: [id]) else {
            throw StorageError.corrupt("product \(id)")
        }
        return try Reader.product(row)
    }

    /// What an edit changed, for the audit log.
    private static func changes(from before: Product, to after: Product) -> EventDetails {
        let fields: [(String, String, String)] = [
            ("title", before.title, after.title), ("price", before.price.description, after.price.description),
            ("state", before.state.rawValue, after.state.rawValue),
            ("tags", before.tags.joined(separator: ","), after.tags.joined(separator: ",")),
            ("repeatable", "\(before.repeatable)", "\(after.repeatable)"),
            ("content", before.content.digest.description, after.content.digest.description),
        ]
        var members = fields.filter { $0.1 != $0.2 }.map { (name: $0.0, value: EventDetails.Value.change(from: $0.1, to: $0.2)) }
        if let old = before.api, let new = after.api {
            let parts: [(String, String, String)] = [
                ("upstream", old.upstream.description, new.upstream.description), ("upstreamTrusted", "\(old.isTrusted)", "\(new.isTrusted)"),
                ("limits", "\(old.limits)", "\(new.limits)"),
                ("credit", old.credit.map { "\($0.count) of \($0.amount)" } ?? "", new.credit.map { "\($0.count) of \($0.amount)" } ?? ""),
            ]
            members += parts.filter { $0.1 != $0.2 }.map { (name: $0.0, value: EventDetails.Value.change(from: $0.1, to: $0.2)) }
            if old.routes != new.routes { members.append((name: "routes", value: .changed)) }
            if old.credential != new.credential { members.append((name: "upstreamHeader", value: .changed)) }
        }
        // A summary may be long; the product has it.
        if before.summary != after.summary { members.append((name: "summary", value: .changed)) }
        return EventDetails(members)
    }
}
