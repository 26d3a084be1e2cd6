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

/// Ranges and conditions are judged before the claim: what refuses takes no money.
@Suite struct ConditionTests {
    /// Headers with `@` for the goods' tag, and what comes of them.
    static let given: [(headers: [(HTTPField.Name, String)], status: Int, body: String)] = [
        ([(.range, "bytes=2-4")], 206, "234"), ([(.range, "bytes=0-0")], 206, "0"), ([(.range, "bytes=7-")], 206, "789"),
        ([(.range, "bytes=-3")], 206, "789"), ([(.range, "bytes=-99")], 206, "0123456789"), ([(.range, "bytes=8-99")], 206, "89"),
        ([(.range, "lines=1-2")], 200, "0123456789"), ([(.range, "bytes=1-2,4-5")], 200, "0123456789"), ([(.range, "bytes=4-2")], 200, "0123456789"),
        ([(.range, "bytes=2-4"), (.ifRange, "@")], 206, "234"), ([(.range, "bytes=2-4"), (.ifRange, "\"other\"")], 200, "0123456789"),
        ([(.range, "bytes=2-4"), (.ifRange, "Wed, 21 Oct 2026 07:28:00 GMT")], 200, "0123456789"),
        ([(.ifMatch, "@")], 200, "0123456789"), ([(.ifMatch, "*")], 200, "0123456789"), ([(.ifMatch, "\"other\", @")], 200, "0123456789"),
        ([(.ifNoneMatch, "\"other\"")], 200, "0123456789"),
    ]

    @Test(arguments: given) func `a condition that holds brings the goods or the part`(
        _ given: (headers: [(HTTPField.Name, String)], status: Int, body: String)
    ) async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        var headers = try await shop.pay("song")
        for (name, value) in given.headers { headers[name] = value.replacingTag(with: "\"sha256-\(song.content.digest)\"") }
        let answer = try await shop.get("/p/song", headers)
        #expect(answer.status.code == given.status)
        #expect(answer.text == given.body)
        #expect(answer.headers[.contentLength] == String(given.body.utf8.count))
        #expect((answer.headers[.contentRange] != nil) == (given.status == 206))
        #expect(try answer.outcome().success)
        #expect(try await shop.sales == ["order.paid 1"])
    }

    static let refusing: [(name: HTTPField.Name, value: String, status: Int)] = [
        (.range, "bytes=10-", 416), (.range, "bytes=99-100", 416), (.range, "bytes=-0", 416), (.range, "bytes=99999999999999999999-", 416),
        (.ifMatch, "\"other\"", 412), (.ifMatch, "W/@", 412), (.ifNoneMatch, "@", 304), (.ifNoneMatch, "W/@", 304), (.ifNoneMatch, "*", 304),
        (.ifNoneMatch, "\"other\" , @", 304),
    ]

    @Test(arguments: refusing) func `a condition that does not hold is told and nothing is taken`(
        _ refusing: (name: HTTPField.Name, value: String, status: Int)
    ) async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let tag = "\"sha256-\(song.content.digest)\""
        let pay = try await shop.pay("song")
        let answer = try await shop.get("/p/song", pay.adding(refusing.name, refusing.value.replacingTag(with: tag)))
        answer.expect(refusing.status, hasNot: ["0123456789"])
        #expect(answer.headers[.eTag] == tag)
        #expect(answer.headers[.contentRange] == (refusing.status == 416 ? "bytes */10" : nil))
        #expect(answer.headers[.paymentResponse] == nil)
        if refusing.status == 304 {
            #expect(answer.body.readableBytes == 0)
        } else {
            try answer.expectProblem(refusing.status, refusing.status == 416 ? "The goods have 10 bytes" : "another edition")
        }
        try await shop.expectNothingTaken()
        // The same payment is still good.
        try await shop.get("/p/song", pay).expect(200, has: ["0123456789"])
    }

    @Test func `the tag of one form does not stand for another`() async throws {
        let shop = try TestShop()
        let article = try await shop.sell(article: TestShop.article)
        let headers = try await shop.pay("hello").adding(.ifNoneMatch, "\"sha256-\(article.content.digest)-md\"")
        try await shop.get("/p/hello", headers.adding(.accept, "application/json")).expect(200, has: ["markdown"])
        try await shop.get("/p/hello", headers).expect(304)
    }
}

extension String {
    fileprivate func replacingTag(with tag: String) -> String { replacing("@", with: tag) }
}
