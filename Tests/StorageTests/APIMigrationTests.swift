import Domain
import GRDB
import Storage
import Testing

@Suite struct APIMigrationTests {
    /// What the shop was before it could sell calls.
    private static let before = """
        CREATE TABLE products_old(
            id INTEGER PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            summary TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('file', 'article')),
            state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
            price TEXT NOT NULL,
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            tags TEXT NOT NULL,
            repeatable INTEGER NOT NULL CHECK (repeatable IN (0, 1)),
            content BLOB NOT NULL CHECK (length(content) = 32),
            content_length INTEGER NOT NULL CHECK (content_length >= 0),
            media_type TEXT NOT NULL,
            file_name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision > 0)
        ) STRICT;
        INSERT INTO products_old SELECT id, slug, title, summary, kind, state, price, currency, tags, repeatable, content, content_length,
            media_type, file_name, created_at, updated_at, revision FROM products;
        DROP TABLE products;
        ALTER TABLE products_old RENAME TO products;
        CREATE INDEX products_by_state ON products(state);
        DROP TABLE calls; DROP TABLE call_credits; DROP INDEX payments_refund_due;
        ALTER TABLE payments DROP COLUMN refund_due_at;
        DELETE FROM grdb_migrations WHERE identifier = '8 apis';
        """

    @Test func `products, orders and what refers to them survive, and the shop sells calls then`() async throws {
        let shop = try await AuditLogTests.shop()
        let (products, orders) = (try await shop.reader.products(), try await shop.reader.sales(limit: 100).map(\.order))
        #expect(!products.isEmpty && !orders.isEmpty)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        // The shop may be writing just now.
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: shop.path, configuration: configuration)
        try await queue.write { db in try db.execute(sql: Self.before) }
        try queue.close()

        let database = try ShopDatabase(path: shop.path)
        #expect(try await database.reader.products() == products)
        #expect(try await database.reader.sales(limit: 100).map(\.order) == orders)
        #expect(try await database.reader.checkLedger().findings == [])
        var draft = try TemporaryShop.draft("weather", repeatable: false)
        draft.kind = .api
        draft.content = .none
        draft.api = PaidAPI(
            upstream: try #require(UpstreamAddress("https://api.example/v1")), isTrusted: false, credential: [1, 2],
            routes: [try APIRoute("GET /a/{b} 0.02"), try APIRoute("POST /")], limits: PaidAPI.Limits(request: 5, head: 6, whole: 7),
            credit: PaidAPI.Credit(count: 3, amount: try Money("0.10", .usd)))
        guard case .created(let product) = try await database.writer.createProduct(draft, actor: "local:0", at: TemporaryShop.now) else {
            throw TemporaryShop.Missing()
        }
        #expect(product.api == draft.api)
        #expect(try database.reader.product(id: product.id) == product)
        let (violations, references) = try await database.reader.read { db in
            (
                try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").count,
                try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE sql LIKE '%products_new%'")
            )
        }
        #expect(violations == 0 && references == [])
        try database.close()
    }
}
