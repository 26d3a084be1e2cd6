import Catalogue
import Domain
import Storage
import Testing

@Suite struct ProductCatalogueTests {
    static func edit(_ change: (inout ProductEdit) throws -> Void) rethrows -> ProductEdit {
        var edit = ProductEdit()
        try change(&edit)
        return edit
    }

    @Test func `a product is found by its name as it is now`() async throws {
        let shop = try TemporaryCatalogue()
        let product = try await shop.add("hello")
        #expect(try await shop.catalogue.product(product.slug) == product)
        #expect(try await shop.catalogue.product(product.slug) == product)
        #expect(try shop.catalogue.product(id: product.id) == product)
        let edited = try await shop.catalogue.edit(product.slug, Self.edit { $0.title = "New" }, actor: "local:0").product
        #expect(edited?.title == "New")
        #expect(try await shop.catalogue.product(product.slug)?.title == "New")
    }

    @Test func `a name that was asked for before it was given is found after`() async throws {
        let shop = try TemporaryCatalogue()
        let slug = try #require(Slug("hello"))
        #expect(try await shop.catalogue.product(slug) == nil)
        let product = try await shop.add("hello")
        #expect(try await shop.catalogue.product(slug) == product)
        guard case .slugTaken = try await shop.catalogue.add(TemporaryCatalogue.draft("hello", content: product.content), actor: "a") else {
            Issue.record("two products have one name")
            return
        }
    }

    @Test func `what is not there cannot be edited`() async throws {
        let shop = try TemporaryCatalogue()
        let slug = try #require(Slug("nothing"))
        #expect(try await shop.catalogue.edit(slug, ProductEdit(), actor: "a").product == nil)
        #expect(try shop.catalogue.product(id: 1) == nil)
    }

    @Test func `whoever guesses names does not push real products out`() async throws {
        let shop = try TemporaryCatalogue()
        let product = try await shop.add("hello")
        #expect(try await shop.catalogue.product(product.slug) != nil)
        for number in 0..<5_000 {
            let slug = try #require(Slug("guess-\(number)"))
            #expect(try await shop.catalogue.product(slug) == nil)
        }
        // An edit past the catalogue shows that its own copy was kept.
        _ = try await shop.database.writer.editProduct(
            slug: product.slug, Self.edit { $0.title = "Changed" }, actor: "a", at: TemporaryCatalogue.start)
        #expect(try await shop.catalogue.product(product.slug)?.title == "Title")
    }

    @Test func `an article is rendered from its own bytes, long or short`() async throws {
        let shop = try TemporaryCatalogue()
        let short = try await shop.add("short", markdown: "# Short")
        #expect(try await shop.catalogue.article(short.content).html == "<h1>Short</h1>\n")
        #expect(try await shop.catalogue.article(short.content).html == "<h1>Short</h1>\n")
        let text = String(repeating: "word ", count: 60_000)
        let long = try await shop.add("long", markdown: text)
        #expect(long.content.length > 256 * 1024)
        #expect(try await shop.catalogue.article(long.content).markdown == text)
    }

    @Test func `an article whose bytes are gone or no text is an error, also the second time`() async throws {
        let shop = try TemporaryCatalogue()
        let product = try await shop.add("hello")
        let gone = Content(
            digest: try #require(ContentDigest([UInt8](repeating: 9, count: 32))), length: 5, mediaType: "text/markdown", fileName: "a.md")
        for _ in 0..<2 { await #expect(throws: (any Error).self) { try await shop.catalogue.article(gone) } }
        let binary = try shop.keep([0xFF, 0xFE])
        await #expect(throws: ArticleError.self) { try await shop.catalogue.article(binary) }
        #expect(try await shop.catalogue.article(product.content).markdown == "# Hello")
    }

    @Test func `an edition that was sold is found when the product has another`() async throws {
        let shop = try TemporaryCatalogue()
        let product = try await shop.add("hello")
        let second = try shop.keep(Array("second".utf8))
        _ = try await shop.catalogue.edit(product.slug, Self.edit { $0.content = second }, actor: "a").product
        #expect(try shop.catalogue.content(productID: product.id, digest: product.content.digest) == product.content)
        #expect(try shop.catalogue.content(productID: product.id, digest: second.digest) == second)
    }

    @Test func `a replaced price is honoured for 15 minutes, asked for before or not`() async throws {
        let shop = try TemporaryCatalogue()
        let product = try await shop.add("hello", price: "0.01")
        #expect(try await shop.catalogue.honouredPrices(product).isEmpty)
        let edited = try #require(
            await shop.catalogue.edit(product.slug, Self.edit { $0.price = try Money("0.02", .usd) }, actor: "a").product)
        #expect(try await shop.catalogue.honouredPrices(edited).map(\.amountText) == ["0.01"])
        shop.clock.advance(.seconds(600))
        let again = try #require(
            await shop.catalogue.edit(product.slug, Self.edit { $0.price = try Money("0.03", .usd) }, actor: "a").product)
        #expect(try await shop.catalogue.honouredPrices(again).map(\.amountText) == ["0.01", "0.02"])
        shop.clock.advance(.milliseconds(299_999))
        #expect(try await shop.catalogue.honouredPrices(again).map(\.amountText) == ["0.01", "0.02"])
        shop.clock.advance(.milliseconds(1))
        #expect(try await shop.catalogue.honouredPrices(again).map(\.amountText) == ["0.02"])
        shop.clock.advance(.seconds(600))
        #expect(try await shop.catalogue.honouredPrices(again).isEmpty)
    }
}
