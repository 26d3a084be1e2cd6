import Domain
import GRDB
import Storage
import Testing

@Suite struct ProductStoreTests {
    typealias Shop = TemporaryShop

    @Test func `a product is found by its name and number as it was made`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", price: "0.005")
        #expect(product.slug.text == "hello")
        #expect(product.price.amountText == "0.005")
        #expect(product.tags == ["music", "live"])
        #expect(product.revision == 1)
        #expect(product.content == Shop.content(1))
        #expect(product.createdAt == Shop.now)
        #expect(try shop.reader.product(slug: product.slug) == product)
        #expect(try shop.reader.product(id: product.id) == product)
        #expect(try await shop.events() == [.productCreated])
    }

    @Test func `what is not there is nil`() async throws {
        let shop = try Shop()
        let slug = try #require(Slug("nothing"))
        #expect(try shop.reader.product(slug: slug) == nil)
        #expect(try shop.reader.product(id: 1) == nil)
        #expect(try shop.reader.content(productID: 1, digest: Shop.content(1).digest) == nil)
        #expect(try shop.reader.formerPrices(productID: 1, since: Timestamp(seconds: 0)).isEmpty)
        #expect(try await shop.writer.editProduct(slug: slug, ProductEdit(), actor: "a", at: Shop.now).product == nil)
        #expect(try await shop.events().isEmpty)
    }

    @Test func `a name is given once`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        guard case .slugTaken = try await shop.writer.createProduct(Shop.draft("hello", price: "9"), actor: "a", at: Shop.now) else {
            Issue.record("two products have one name")
            return
        }
        #expect(try shop.reader.product(slug: product.slug) == product)
        #expect(try await shop.events() == [.productCreated])
    }

    @Test func `an edit changes what it names and nothing else`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let later = Shop.now + .seconds(60)
        var edit = ProductEdit()
        edit.title = "Other"
        var expected = product
        expected.title = "Other"
        expected.updatedAt = later
        expected.revision = 2
        #expect(try await shop.writer.editProduct(slug: product.slug, edit, actor: "local:0", at: later).product == expected)
        #expect(try shop.reader.formerPrices(productID: product.id, since: Timestamp(seconds: 0)).isEmpty)
        #expect(try await shop.events() == [.productCreated, .productEdited])

        var all = ProductEdit()
        all.title = "T"
        all.summary = ""
        let euro = try #require(Currency("EUR"))
        all.price = try Money("5", euro)
        all.tags = []
        all.repeatable = true
        all.state = .archived
        all.content = Shop.content(2)
        let edited = try #require(await shop.writer.editProduct(slug: product.slug, all, actor: "local:0", at: later).product)
        #expect(edited.summary == "")
        #expect(edited.price.description == "5.00 EUR")
        #expect(edited.tags.isEmpty)
        #expect(edited.repeatable)
        #expect(edited.state == .archived)
        #expect(edited.content == Shop.content(2))
        #expect(edited.revision == 3)
        #expect(edited.createdAt == Shop.now)
    }

    @Test func `a replaced price is kept with the moment of its end`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello", price: "0.01")
        for (minute, price) in [(1, "0.02"), (2, "0.03"), (3, "0.03")] {
            var edit = ProductEdit()
            edit.price = try Money(price, .usd)
            _ = try await shop.writer.editProduct(slug: product.slug, edit, actor: "a", at: Shop.now + .seconds(60 * minute))
        }
        let all = try shop.reader.formerPrices(productID: product.id, since: Shop.now)
        #expect(all.map(\.price.amountText) == ["0.01", "0.02"])
        #expect(all.map(\.replacedAt) == [Shop.now + .seconds(60), Shop.now + .seconds(120)])
        #expect(try shop.reader.formerPrices(productID: product.id, since: Shop.now + .seconds(60)).map(\.price.amountText) == ["0.02"])
        #expect(try shop.reader.formerPrices(productID: product.id, since: Shop.now + .seconds(120)).isEmpty)
    }

    @Test func `every edition that was sold can be found, and another product's cannot`() async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        let other = try await shop.product("other")
        var edit = ProductEdit()
        edit.content = Shop.content(2)
        _ = try await shop.writer.editProduct(slug: product.slug, edit, actor: "a", at: Shop.now)
        #expect(try shop.reader.content(productID: product.id, digest: Shop.content(1).digest) == Shop.content(1))
        #expect(try shop.reader.content(productID: product.id, digest: Shop.content(2).digest) == Shop.content(2))
        #expect(try shop.reader.content(productID: other.id, digest: Shop.content(2).digest) == nil)
    }

    @Test func `products are listed from the newest, by state and in pages`() async throws {
        let shop = try Shop()
        for (slug, state) in [("a", Product.State.published), ("b", .draft), ("c", .published), ("d", .archived), ("e", .published)] {
            _ = try await shop.writer.createProduct(Shop.draft(slug, state: state), actor: "a", at: Shop.now)
        }
        #expect(try await shop.reader.products().map(\.slug.text) == ["e", "d", "c", "b", "a"])
        let first = try await shop.reader.products(states: [.published], limit: 2)
        #expect(first.map(\.slug.text) == ["e", "c"])
        #expect(try await shop.reader.products(states: [.published], before: first.last?.id).map(\.slug.text) == ["a"])
        #expect(try await shop.reader.products(states: [.draft, .archived]).map(\.slug.text) == ["d", "b"])
    }

    @Test(arguments: [
        "UPDATE products SET slug = 'UP CASE' WHERE id > 0", "UPDATE products SET currency = 'usd'", "UPDATE products SET price = '1e2'",
    ])
    func `a row that breaks the rules of Domain is told as corrupt, not shown`(_ sql: String) async throws {
        let shop = try Shop()
        let product = try await shop.product("hello")
        try await shop.execute(sql)
        #expect(throws: (any Error).self) { try shop.reader.product(id: product.id) }
    }

    @Test(arguments: [
        "UPDATE products SET kind = 'song'", "UPDATE products SET state = 'gone'", "UPDATE products SET revision = 0",
        "UPDATE products SET content = x'00'", "UPDATE products SET repeatable = 2", "UPDATE products SET title = NULL",
        "UPDATE products SET content_length = -1", "UPDATE products SET created_at = 'today'",
        "DELETE FROM products",  // an edition refers to it
    ])
    func `the schema itself refuses a wrong row`(_ sql: String) async throws {
        let shop = try Shop()
        _ = try await shop.product("hello")
        await #expect(throws: DatabaseError.self) { try await shop.execute(sql) }
    }
}
