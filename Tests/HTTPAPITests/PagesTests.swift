import Catalogue
import Domain
import Foundation
import HTTPTypes
import Payments
import Storage
import Testing
import X402

@testable import HTTPAPI

/// Every template, with everything in it that a shop's owner or a buyer can name.
@Suite struct PagesTests {
    static let evil = "<script>alert('1')</script>\" & “x”"

    private func pages() async throws -> [(name: String, html: String)] {
        let shop = try TestShop(name: Self.evil)
        let product = try await shop.sell(name: Self.evil, type: "a/b") {
            $0.title = Self.evil
            $0.summary = Self.evil
            $0.tags = ["<script>", "a&b"]
        }
        let text = "# \(Self.evil)\n\n[x](javascript:alert(1))\n\n<!-- more -->\n\n<script>alert(2)</script>\n"
        let article = try await shop.sell(article: text) {
            $0.title = Self.evil
            $0.summary = Self.evil
        }
        let parsed = try Article(bytes: Array(text.utf8))
        let real = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction))
        try await real.sell { $0.title = Self.evil }
        _ = try await real.get("/p/song", real.pay("song"))
        _ = try await shop.get("/p/song", shop.pay("song"))
        let (practice, paid) = (try #require(try shop.payments.first), try #require(try real.payments.first))
        let title = try #require(try real.reader.product(id: 1))
        let terms = shop.shop.offers.terms(product)
        let pages = Pages.shared
        return [
            ("storefront", try pages.storefront([product, article], next: "/?before=1", shop.shop)),
            ("empty storefront", try pages.storefront([], next: nil, shop.shop)),
            ("file", try pages.product(product, article: nil, terms: terms, shop.shop.offers, shop.shop)),
            ("article's offer", try pages.product(article, article: parsed, terms: terms, shop.shop.offers, shop.shop)),
            ("unpayable", try pages.product(product, article: nil, terms: nil, shop.shop.offers, shop.shop)),
            ("article", try pages.article(article, parsed, receipt: practice.receiptID, shop.shop)),
            ("article without receipt", try pages.article(article, parsed, receipt: nil, shop.shop)),
            ("receipt", try pages.receipt(practice, product, TestShop.option(sandbox: true), shop.shop)),
            ("receipt of an unknown asset", try pages.receipt(practice, product, nil, shop.shop)),
            ("receipt of real money", try pages.receipt(paid, title, TestShop.option(sandbox: false), real.shop)),
            ("error", try pages.error(Problem(.conflict, Self.evil), shop.shop)),
        ]
    }

    @Test func `every page is whole, escapes what was named and runs nothing`() async throws {
        for (name, html) in try await pages() {
            #expect(html.hasPrefix("<!doctype html>") && html.contains("</html>"), "\(name)")
            #expect(!html.contains("{{") && !html.contains("}}"), "\(name)")
            #expect(!html.lowercased().contains("<script"), "\(name)")
            #expect(!html.contains("javascript:"), "\(name)")
            #expect(html.contains("&lt;script&gt;"), "\(name)")
        }
    }

    @Test func `each page says what it is for`() async throws {
        let pages = Dictionary(uniqueKeysWithValues: try await pages())
        let says: [String: [String]] = [
            "storefront": ["For sale", "Show more", "/?before=1"], "empty storefront": ["Nothing for sale yet"],
            "file": ["What you get", "10 bytes", "pushcart buy"],
            "article's offer": ["How it begins", "pushcart buy"], "unpayable": ["role=\"status\"", "Nothing that this shop is paid in"],
            "article": ["Receipt</a>", "href=\"/r/1-"], "article without receipt": ["href=\"http://127.0.0.1:4020/p/hello\""],
            "receipt": ["Practice money", "0.01 USDC"], "receipt of an unknown asset": ["eip155:84532", "10000"],
            "receipt of real money": ["Payment proof"],
            "error": ["409", "Conflict", "To the shop"],
        ]
        #expect(Set(says.keys) == Set(pages.keys))
        for (name, parts) in says {
            for part in parts { #expect(pages[name]?.contains(part) == true, "\(name): \(part)") }
        }
    }

    @Test func `dates are written for people`() {
        let pages = Pages.shared
        #expect(pages.dateText(Timestamp(seconds: 0)) == "1 January 1970")
        #expect(pages.dateText(Timestamp(seconds: 1_795_391_999)) == "22 November 2026")
        #expect(pages.dateText(Timestamp(seconds: 1_798_761_599)) == "31 December 2026")
    }

    @Test func `a template that is not there is an error and no empty page`() {
        #expect(throws: Problem.self) { try Pages.shared.render("nothing", 1) }
    }
}
