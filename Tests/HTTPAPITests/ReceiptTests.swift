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

@Suite struct ReceiptTests {
    private func bought(_ shop: TestShop, _ slug: String = "song", nonce: UInt8 = 1) async throws -> (answer: TestResponse, receipt: String) {
        let answer = try await shop.get("/p/\(slug)", shop.pay(slug, nonce: nonce))
        let payment = try #require(try shop.payments.last)
        return (answer, "/r/\(payment.receiptID)")
    }

    // MARK: The receipt

    @Test func `a machine reads the receipt's facts`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let (_, receipt) = try await bought(shop)
        let answer = try await shop.get(receipt)
        answer.expect(200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.headers[.vary] == "Accept, User-Agent")
        var json = try #require(try answer.json().object)
        #expect(json["content"]?.string?.hasPrefix("http://127.0.0.1:4020\(receipt)/content?expires=1800086400&signature=") == true)
        #expect(json["transaction"]?.string?.utf8.count == 66)
        #expect(json["proof"]?["entry"]?["kind"] == "order.paid" && json["proofAfter"] == nil)
        for key in ["content", "transaction", "proof"] { json[key] = nil }
        #expect(
            json == [
                "receipt": .string(String(receipt.dropFirst(3))), "receiptURL": .string("http://127.0.0.1:4020\(receipt)"), "state": "settled",
                "paid": true, "finality": "final", "accessEnded": false, "sandbox": true, "network": "eip155:84532",
                "payer": .string(Buyer.ada.address), "amountAtomic": "10000", "amount": "0.01", "asset": "USDC",
                "sha256": .string(song.content.digest.description), "claimedAt": "2027-01-15T08:00:00Z", "settledAt": "2027-01-15T08:00:00Z",
                "order": "2027-000001",
                "product": ["slug": "song", "title": "The song", "url": "http://127.0.0.1:4020/p/song"],
                "payTo": .string(TestShop.payTo.lowercased()), "assetAddress": "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
                "shop": "http://127.0.0.1:4020", "length": 10,
            ])
    }

    @Test func `a person reads it as a page that says practice money and no proof`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        let answer = try await shop.get(receipt, Browser.headers)
        answer.expect(
            200,
            has: [
                "2027-000001", "Paid", "0.01 USDC", "Practice money", "Base Sepolia", Buyer.ada.address, "15 January 2027", "Get what you bought",
                "The song", "http://127.0.0.1:4020\(receipt)",
            ], hasNot: ["{{", "Payment proof", "sepolia.basescan.org", "<script"])
        #expect(answer.headers[.cacheControl] == "no-store")
    }

    @Test func `a receipt of real money shows the proof and where to see it`() async throws {
        let shop = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction))
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        let hash = "0x" + lowercaseHex(ScriptedChain.transaction)
        try await shop.get(receipt, Browser.headers).expect(
            200, has: ["Payment proof", hash, "https://sepolia.basescan.org/tx/\(hash)", "Paid"], hasNot: ["Practice", "practice"])
    }

    @Test func `a payment that a chain took back shows that on its receipt and among its steps, and comes back`() async throws {
        let block = ChainBlock(number: 7, hash: [UInt8](repeating: 0xB1, count: 32))
        let shop = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction, block: block))
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        func steps() async throws -> [String?] {
            try await shop.send(.get, "/payments/1").json()["steps"]?.array?.map { $0["what"]?.string } ?? []
        }
        try await shop.get(receipt, Browser.headers).expect(200, has: ["Paid", "confirmed the payment for good in a while"])
        try await shop.get(receipt).expect(200, has: [#""finality":"settled""#, #""block":7"#])
        #expect(try await steps() == ["claimed", "sent", "settled"])

        let payment = try #require(try shop.payments.first)
        shop.clock.advance(.seconds(5))
        #expect(try await shop.database.writer.takeBack(payment, at: shop.clock.now)?.state == .uncertain)
        try await shop.get(receipt, Browser.headers).expect(200, has: ["Pending"], hasNot: ["Get what you bought"])
        try await shop.get(receipt).expect(200, has: [#""finality":"pending""#, #""paid":false"#], hasNot: [#""block""#])
        #expect(try await steps() == ["claimed", "sent", "settled", "reorganised"])

        shop.clock.advance(.seconds(5))
        let posted = try await shop.database.writer.post(paymentID: 1, transaction: ScriptedChain.transaction, block: block, at: shop.clock.now)
        try await shop.database.writer.markFinal([(posted.payment, block)])
        try await shop.get(receipt, Browser.headers).expect(200, has: ["Paid"], hasNot: ["in a while"])
        #expect(try await steps() == ["claimed", "sent", "settled", "reorganised", "settled"])
        let balances = try await shop.send(.get, "/ledger/balances").json()["items"]?.array ?? []
        let wallet = balances.first { $0["account"]?["kind"] == "wallet" }
        #expect(wallet?["finalAtomic"] == "10000" && wallet?["amountAtomic"] == "10000")
    }

    @Test func `a pending payment has its status at the same address and gives nothing`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        let answer = try await shop.get(receipt)
        answer.expect(200, has: [#""paid":false"#, #""state":"uncertain""#, #""reason":"settlement_pending""#], hasNot: ["/content?", "order"])
        try await shop.get(receipt, Browser.headers).expect(200, has: ["Pending", "Check again"], hasNot: ["Get what you bought"])
    }

    @Test func `a failed payment says that nothing was charged`() async throws {
        let shop = try ScriptedChain.shop(.failed(WireError(.validBefore, "It ran out.")))
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        try await shop.get(receipt, Browser.headers).expect(200, has: ["Failed", "nothing was charged"], hasNot: ["Get what you bought"])
    }

    @Test func `another token, number or spelling is no receipt`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        let token = try #require(receipt.split(separator: "-").last)
        let wrong = token.replacing(token.suffix(1), with: token.hasSuffix("0") ? "1" : "0")
        for uri in ["/r/1-\(wrong)", "/r/2-\(token)", "/r/01-\(token)", "/r/1-\(token.uppercased())x", "/r/1", "/r/x", "\(receipt)%20"] {
            try await shop.get(uri).expectProblem(404, "nothing")
            try await shop.get("\(uri)/content?expires=9999999999&signature=00").expectProblem(404, "nothing")
        }
        let post = try await shop.get(receipt, method: .post)
        try post.expectProblem(405, "GET, HEAD")
    }

    // MARK: The signed link to the goods

    @Test func `a signed link gives the goods, and parts of them, without a payment`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let (answer, _) = try await bought(shop)
        let link = try #require(answer.enclosure)
        let whole = try await shop.get(link)
        #expect(whole.status == .ok && whole.text == "0123456789")
        #expect(whole.headers[.cacheControl] == "private")
        #expect(whole.headers[.contentDisposition] == "attachment; filename=\"song.flac\"")
        #expect(whole.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        #expect(whole.headers[.accessControlAllowOrigin] == "*")
        #expect(whole.headers[.paymentResponse] == nil)
        let part = try await shop.get(link, [.range: "bytes=3-5"])
        #expect(part.status == .partialContent && part.text == "345" && part.headers[.contentRange] == "bytes 3-5/10")
        try await shop.get(link, [.range: "bytes=30-"]).expect(416)
        try await shop.get(link, [.ifNoneMatch: "\"sha256-\(song.content.digest)\""]).expect(304)
        let head = try await shop.get(link, method: .head)
        #expect(head.status == .ok && head.body.readableBytes == 0 && head.headers[.contentLength] == "10")
        #expect(try await shop.sales == ["order.paid 1"])
    }

    @Test func `a link that was changed, or has run out, gives nothing`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        try await shop.sell("film", file: Array("a film".utf8))
        let (answer, receipt) = try await bought(shop)
        let (_, other) = try await bought(shop, "film", nonce: 2)
        #expect(receipt != other)
        let link = try #require(answer.enclosure)
        let query = try #require(link.split(separator: "?").last)
        let signature = try #require(link.split(separator: "=").last)
        let last = link.hasSuffix("0") ? "1" : "0"
        let wrong = [
            "\(receipt)/content", "\(receipt)/content?expires=1800086400", "\(receipt)/content?signature=\(signature)",
            "\(receipt)/content?expires=1800086401&signature=\(signature)", "\(receipt)/content?expires=x&signature=\(signature)",
            "\(receipt)/content?expires=1800086400&signature=", "\(receipt)/content?expires=1800086400&signature=zz", link.dropLast() + last,
            "\(other)/content?\(query)",
        ]
        for uri in wrong {
            let answer = try await shop.get(uri)
            try answer.expectProblem(403, "open the receipt for a new one")
            answer.expect(403, hasNot: ["0123456789", "a film"])
        }
        shop.clock.advance(.seconds(24 * 3600 - 1))
        try await shop.get(link).expect(200)
        shop.clock.advance(.seconds(1))
        try await shop.get(link).expectProblem(403, "has run out")
        // The receipt has a fresh one.
        let fresh = try #require(try await shop.get(receipt).json()["content"]?.string)
        try await shop.get(String(fresh.dropFirst(TestShop.loopback.utf8.count))).expect(200, has: ["0123456789"])
    }

    @Test func `a link to what is not paid gives nothing, though its signature is ours`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        let (_, _) = try await bought(shop)
        let payment = try #require(try shop.payments.first)
        try await shop.get(shop.shop.links.path(payment.receiptID, at: shop.clock.now)).expectProblem(409, "not settled")
    }

    @Test func `a revoked link is gone, a new one works, and the wallet still gets the goods`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let (answer, receipt) = try await bought(shop)
        let link = try #require(answer.enclosure)
        try await shop.get(link).expect(200)
        for times in [1, 2] as [Int64] {
            let revoked = try await shop.send(.post, "/receipts/\(receipt.dropFirst(3))/revoke-links")
            revoked.expect(200)
            #expect(try revoked.json()["times"] == .integer(times))
            let gone = try await shop.get(link)
            try gone.expectProblem(410, "has revoked this link")
            gone.expect(410, hasNot: ["0123456789"])
            let fresh = try #require(try await shop.get(receipt).json()["content"]?.string).dropFirst(TestShop.loopback.utf8.count)
            #expect(fresh.contains("&series=\(times)&"))
            try await shop.get(String(fresh)).expect(200, has: ["0123456789"])
            for (wrong, change) in [("&series=\(times)", ""), ("&series=\(times)", "&series=0"), ("&series=\(times)", "&series=x")] {
                try await shop.get(String(fresh).replacing(wrong, with: change)).expectProblem(403, "not ours")
            }
        }
        let again = try await shop.get("/p/song", shop.pay("song", nonce: 9))
        #expect(again.text == "0123456789" && again.enclosure?.contains("&series=2&") == true)
        let entry = try #require(try await shop.reader.audit(kind: .linksRevoked).first)
        #expect(entry.event.details.text == #"{"payment":1,"series":2}"# && entry.event.subject == 1)
        #expect(try shop.reader.linkSeries() == [1: 2])
    }

    @Test func `what is not paid has no links to revoke, and what is not there neither`() async throws {
        let shop = try ScriptedChain.shop(.unknown)
        try await shop.sell()
        let (_, receipt) = try await bought(shop)
        try await shop.send(.post, "/receipts/\(receipt.dropFirst(3))/revoke-links").expectKind(409, "conflict")
        try await shop.send(.post, "/receipts/1-000000000000000000000000/revoke-links").expectKind(404, "not-found")
        #expect(try shop.reader.linkSeries() == [:])
    }

    @Test func `a link gives the edition that was sold, also when the product is off sale`() async throws {
        let shop = try TestShop()
        let song = try await shop.sell()
        let (answer, _) = try await bought(shop)
        let second = try shop.content(Array("second edition".utf8), "second.txt", "text/plain")
        try await shop.edit(song) {
            $0.content = second
            $0.state = .archived
        }
        try await shop.get(try #require(answer.enclosure)).expect(200, has: ["0123456789"], hasNot: ["second"])
    }

    @Test func `a link gives an article in the form asked for`() async throws {
        let shop = try TestShop()
        try await shop.sell(article: TestShop.article)
        let (answer, _) = try await bought(shop, "hello")
        let link = try #require(answer.enclosure)
        try await shop.get(link).expect(200, has: ["This was *paid* for."])
        try await shop.get(link, Browser.headers).expect(200, has: ["<em>paid</em>"])
        try await shop.get(link, [.accept: "image/png"]).expectProblem(406, "text/markdown")
    }
}
