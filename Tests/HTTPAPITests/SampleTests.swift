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

/// Practice money on a public address buys a sample, by every way to the goods.
@Suite struct SampleTests {
    @Test func `a practice purchase on a public address brings a sample of a file, never the file`() async throws {
        let shop = try TestShop(origin: TestShop.published)
        let song = try await shop.sell(file: Array("secret bytes".utf8))
        let pay = try await shop.pay("song")
        let answer = try await shop.get("/p/song", pay)
        answer.expect(200, has: ["This is a sample", "The song", "https://shop.example"], hasNot: ["secret"])
        #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(answer.headers[.contentDisposition] == nil)
        #expect(answer.headers[.eTag] != "\"sha256-\(song.content.digest)\"")
        #expect(try answer.outcome().success)
        #expect(try shop.payments.map(\.sandbox) == [true])
        #expect(try await shop.sales == ["order.paid 1"])
        try await shop.get("/p/song", pay).expect(200, has: ["This is a sample"], hasNot: ["secret"])
        try await shop.get("/p/song", shop.pay("song", nonce: 2)).expect(200, has: ["This is a sample"], hasNot: ["secret"])
        try await shop.get("/p/song", pay.adding(.range, "bytes=0-3")).expect(206, has: ["This"], hasNot: ["secret"])

        let link = try #require(answer.enclosure)
        try await shop.get(link).expect(200, has: ["This is a sample"], hasNot: ["secret"])
        try await shop.get(link, Browser.headers).expect(200, has: ["This is a sample"], hasNot: ["secret"])
    }

    @Test(arguments: ["*/*", "text/html", "application/json", "image/png"])
    func `a sample of an article has its teaser and no more, whatever form is asked for`(_ accept: String) async throws {
        let shop = try TestShop(origin: TestShop.published)
        try await shop.sell(article: TestShop.article)
        let answer = try await shop.get("/p/hello", shop.pay("hello").adding(.accept, accept))
        answer.expect(200, has: ["This is a sample", "This is free."], hasNot: ["paid*"])
        #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
        let link = try #require(answer.enclosure)
        try await shop.get(link, [.accept: accept]).expect(200, has: ["This is free."], hasNot: ["paid*"])
    }

    @Test func `practice purchases made before the shop opened bring a sample after it opened`() async throws {
        let practice = try TestShop(origin: TestShop.published)
        try await practice.sell(file: Array("secret bytes".utf8))
        let link = try #require(try await practice.get("/p/song", practice.pay("song")).enclosure)
        try await practice.opened(link).expect(200, has: ["sample"], hasNot: ["secret"])
    }

    @Test(arguments: [HTTPField.Name("X-Forwarded-For")!, HTTPField.Name("Forwarded")!])
    func `a practice buyer behind a proxy gets a sample though the shop calls itself local`(_ name: HTTPField.Name) async throws {
        let shop = try TestShop()
        try await shop.sell(file: Array("secret bytes".utf8))
        let answer = try await shop.get("/p/song", shop.pay("song").adding(name, "for=192.0.2.7"))
        answer.expect(200, has: ["This is a sample"], hasNot: ["secret"])
        let link = try #require(answer.enclosure)
        try await shop.get(link, [name: "192.0.2.7"]).expect(200, has: ["This is a sample"], hasNot: ["secret"])
    }

    @Test func `on this machine practice money buys the goods`() async throws {
        let shop = try TestShop()
        try await shop.sell(file: Array("secret bytes".utf8))
        try await shop.get("/p/song", shop.pay("song")).expect(200, has: ["secret bytes"], hasNot: ["sample"])
    }
}

extension TestResponse {
    /// Path and query of the signed link to the goods.
    var enclosure: String? {
        guard let link = headers[.link], let start = link.range(of: "/r/"), let end = link.range(of: ">; rel=\"enclosure\"") else { return nil }
        return String(link[start.lowerBound..<end.lowerBound])
    }
}
