import Catalogue
import Domain
import Foundation
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// An article is given in the form that the request wants.
@Suite struct ArticleFormTests {
    static let forms: [(accept: String?, type: String)] = [
        (nil, "text/markdown; charset=utf-8"), ("*/*", "text/markdown; charset=utf-8"), ("text/plain", "text/markdown; charset=utf-8"),
        ("application/json", "application/json"), ("text/html", "text/html; charset=utf-8"),
        ("text/html;q=0.4, application/json;q=0.5", "application/json"),
    ]

    @Test(arguments: forms) func `a machine gets the form it asks for, and Markdown if it does not say`(_ form: (accept: String?, type: String))
        async throws
    {
        let shop = try TestShop()
        let article = try await shop.sell(article: TestShop.article)
        var headers = try await shop.pay("hello")
        if let accept = form.accept { headers[.accept] = accept }
        let answer = try await shop.get("/p/hello", headers)
        answer.expect(200, has: ["paid"])
        #expect(answer.headers[.contentType] == form.type)
        #expect(answer.headers[.contentDisposition] == nil)
        let tags = ["text/markdown; charset=utf-8": "md", "application/json": "json", "text/html; charset=utf-8": "html"]
        #expect(answer.headers[.eTag] == "\"sha256-\(article.content.digest)-\(tags[form.type] ?? "")\"")
    }

    @Test func `the Markdown is the text as it was given`() async throws {
        let shop = try TestShop()
        try await shop.sell(article: TestShop.article)
        #expect(try await shop.get("/p/hello", shop.pay("hello")).text == TestShop.article)
    }

    @Test func `the JSON has the text in both forms`() async throws {
        let shop = try TestShop()
        let article = try await shop.sell(article: TestShop.article)
        let answer = try await shop.get("/p/hello", shop.pay("hello").adding(.accept, "application/json"))
        #expect(
            try answer.json() == [
                "slug": "hello", "title": "The hello", "summary": "Words about it.", "markdown": .string(TestShop.article),
                "html": "<h1>Hello</h1>\n<p>This is free.</p>\n<p>This was <em>paid</em> for.</p>\n",
                "sha256": .string(article.content.digest.description),
            ])
    }

    @Test func `a person gets a page for reading that leads to the receipt`() async throws {
        let shop = try TestShop()
        try await shop.sell(article: TestShop.article)
        var headers = try await shop.pay("hello")
        headers.append(contentsOf: Browser.headers)
        let answer = try await shop.get("/p/hello", headers)
        let receipt = try #require(try shop.payments.first?.receiptID)
        answer.expect(
            200, has: ["<!doctype html>", "<p>This was <em>paid</em> for.</p>", "href=\"/r/\(receipt)\"", "15 January 2027"],
            hasNot: ["{{", "<script"])
        #expect(answer.headers[.contentLength] == String(answer.body.readableBytes))
        let link = try #require(answer.enclosure)
        try await shop.get(link, Browser.headers).expect(200, has: ["<em>paid</em>", "href=\"/r/\(receipt)\""])
    }

    @Test(arguments: ["image/png", "application/pdf, text/csv", "*/*;q=0", "text/html;q=0, text/markdown;q=0, application/json;q=0"])
    func `a form that there is not is refused before anything is taken`(_ accept: String) async throws {
        let shop = try TestShop()
        try await shop.sell(article: TestShop.article)
        let answer = try await shop.get("/p/hello", shop.pay("hello").adding(.accept, accept))
        try answer.expectProblem(406, "text/markdown, application/json or text/html")
        try await shop.expectNothingTaken()
    }

    @Test func `a file is given whatever is asked for`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.get("/p/song", shop.pay("song").adding(.accept, "image/png")).expect(200, has: ["0123456789"])
    }
}
