import Domain
import HTTPTypes
import HummingbirdTesting
import JSON
import Storage
import Testing

@testable import HTTPAPI

/// `/docs`.
@Suite struct ReferencePageTests {
    @Test func `every operation and every resource stands on the page, with a call that can be pasted`() async throws {
        let shop = try TestShop()
        let page = try await shop.get("/docs")
        page.expect(200)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        let policy = try #require(page.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"))
        let api = OwnerAPI(shop: shop.shop)
        for endpoint in api.endpoints {
            #expect(page.text.contains("id=\"\(endpoint.id)\""), "\(endpoint.id)")
            #expect(page.text.contains("<code>/api/v1\(endpoint.path)</code>"), "\(endpoint.id)")
        }
        for (name, _) in api.document.schemas { #expect(page.text.contains("id=\"schema-\(name)\""), "\(name)") }
        // Every link inside the page leads somewhere.
        for link in page.text.matches(of: /href="#([A-Za-z.-]+)"/) { #expect(page.text.contains("id=\"\(link.1)\""), "\(link.1)") }
        #expect(!page.text.contains("{{") && !page.text.contains("https://cdn"))
        try await shop.get("/assets/reference.js").expect(200)
    }

    @Test func `a call is written as a shell takes it`() async throws {
        let endpoints = OwnerAPI(shop: try TestShop().shop).endpoints
        let edit = try #require(endpoints.first { $0.id == "settings.edit" })
        #expect(
            Pages.curl(edit, "https://shop.example") == """
                curl -X PATCH 'https://shop.example/api/v1/settings' \\
                  -H "Authorization: Bearer $PUSHCART_KEY" \\
                  -H 'Content-Type: application/json' \\
                  -d '{"name":"Ada'\\''s songs"}'
                """)
        let append = try #require(endpoints.first { $0.id == "contents.append" })
        let call = Pages.curl(append, "http://a")
        #expect(call.contains("-H 'Upload-Offset: 0'") && call.contains("--data-binary @song.flac") && !call.contains("{id}"))
    }

    @Test func `the page is made again when the shop has another name`() async throws {
        let shop = try TestShop(name: ShopSettings().name)
        #expect(try await shop.get("/docs").text.contains(ShopSettings().name))
        try await shop.send(.patch, "/settings", ["name": "Another"]).expect(200)
        #expect(try await shop.get("/docs").text.contains("Another"))
    }
}
