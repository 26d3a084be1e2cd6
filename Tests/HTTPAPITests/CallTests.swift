import Catalogue
import Domain
import EVM
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

extension TestShop {
    /// Sells calls of a service.
    @discardableResult func sell(
        _ slug: String = "weather", calls upstream: String, routes: [String] = [], trusted: Bool = true, change: (inout PaidAPI) -> Void = { _ in }
    ) async throws -> Product {
        var api = PaidAPI(
            upstream: try #require(UpstreamAddress(upstream)), isTrusted: trusted, routes: try routes.map { try APIRoute($0) })
        change(&api)
        return try await sell(slug) { [api] draft in
            (draft.kind, draft.content, draft.api) = (.api, .none, api)
        }
    }

    /// A payment header by a fresh offer for that request.
    func pay(
        for uri: String, method: HTTPRequest.Method = .get, by buyer: Buyer = .ada, nonce: UInt8 = 1
    ) async throws -> HTTPFields {
        let terms = try #require(try await get(uri, method: method).required().accepts.first)
        return Buyer.header(try buyer.sign(terms, nonce: nonce, at: clock.now))
    }

    /// Buys one call.
    func buy(
        _ uri: String, method: HTTPRequest.Method = .get, body: String? = nil, by buyer: Buyer = .ada, nonce: UInt8 = 1
    ) async throws -> TestResponse {
        try await get(uri, pay(for: uri, method: method, by: buyer, nonce: nonce), method: method, body: body)
    }

    func spent(_ buyer: Buyer = .ada) throws -> UInt128 { try reader.sandboxSpent(payer: buyer.key.address.bytes).units }
}

/// Calls of an API for money: the flow `authorization`.
@Suite struct CallTests {
    private let price: UInt128 = 10_000

    @Test func `a call is asked for, paid and passed on; the books have it`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let unpaid = try await shop.get("/p/weather/forecast?city=rome")
            #expect(unpaid.status == .paymentRequired)
            let required = try unpaid.required()
            #expect(required.accepts[0].extra["paymentFlow"] == nil)
            #expect(required.resource?["url"]?.string == "\(TestShop.loopback)/p/weather/forecast")
            #expect(required.extensions?["sign-in-with-x"] == nil)
            #expect(service.asked.isEmpty)

            let answer = try await shop.buy("/p/weather/forecast?city=rome")
            #expect(answer.status == .ok && answer.text == "GET /forecast?city=rome ")
            #expect(answer.headers[.cacheControl] == "private" && answer.headers[.setCookie] == nil)
            #expect(answer.headers[HTTPField.Name("X-Answer")!] == "yes")
            #expect(answer.headers[values: .accessControlAllowOrigin] == ["*"])
            let outcome = try answer.outcome()
            #expect(outcome.success)
            #expect(service.asked.count == 1)
            #expect(try shop.spent() == price)
            #expect(try await shop.sales == ["order.paid 1"])
            #expect(try await shop.reader.checkLedger().findings == [])
            await shop.shop.deliveries.flush()
            #expect(try shop.payments.map(\.state) == [.delivered])
            #expect(try shop.reader.callState(paymentID: 1) == "done")
        }
    }

    @Test func `bodies, other methods and streams go through; each call is sold`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address + "/v1/")
            let first = try await shop.buy("/p/weather/alerts", method: .post, body: #"{"city":"rome"}"#)
            #expect(first.text == #"POST /v1/alerts {"city":"rome"}"#)
            for (index, method) in [HTTPRequest.Method.put, .patch, .delete].enumerated() {
                let answer = try await shop.buy("/p/weather", method: method, body: "x", nonce: UInt8(index + 2))
                #expect(answer.text == "\(method.rawValue) /v1 x")
            }
            try await shop.sell("raw", calls: service.address)
            #expect(try await shop.buy("/p/raw/stream", nonce: 9).text == "data: 1\n\ndata: 2\n\ndata: 3\n\n")
            #expect(try await shop.buy("/p/raw/nothing", nonce: 10).status == .noContent)
            #expect(try await shop.buy("/p/raw", nonce: 11).text == "GET / ")
            #expect(try shop.spent() == 7 * price)
        }
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let answer = try await shop.buy("/p/weather/redirect")
            #expect(answer.status == .found && answer.headers[.location] == "http://127.0.0.1:1/elsewhere")
            #expect(try shop.spent() == price && service.asked.count == 1)
        }
    }

    @Test(arguments: [400, 402, 404, 429, 500, 503])
    func `what a service answers badly costs nothing, and the same payment buys the next call`(status: Int) async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let header = try await shop.pay(for: "/p/weather/status/\(status)")
            let answer = try await shop.get("/p/weather/status/\(status)", header)
            #expect(answer.status.code == (status == 402 ? 502 : status))
            if status != 402 { #expect(answer.text == "status \(status)") }
            #expect(try answer.outcome().success == false)
            #expect(try answer.outcome().errorReason == ProductRoutes.upstreamFailed)
            #expect(answer.headers[.paymentRequired] == nil)
            #expect(try shop.payments.map(\.state) == [.released])
            #expect(try shop.spent() == 0)
            #expect(try await shop.sales == [])
            _ = try await shop.get("/p/weather/status/\(status)", header)
            #expect(service.asked.count == 2)
            let names = service.asked.map { $0.headers[.idempotencyKey] }
            #expect(names[0] != names[1])
        }
    }

    @Test func `a service that is not there or does not answer in time costs nothing`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell("gone", calls: "http://127.0.0.1:1")
            let gone = try await shop.buy("/p/gone/x")
            #expect(gone.status == .badGateway)
            #expect(try gone.outcome().success == false)
            try await shop.sell("slow", calls: service.address) { $0.limits.head = 1 }
            let slow = try await shop.buy("/p/slow/held", nonce: 2)
            #expect(slow.status == .gatewayTimeout)
            service.letGo()
            #expect(try shop.spent() == 0)
            #expect(try shop.payments.allSatisfy { $0.state == .released })
        }
    }

    @Test func `a payment shown again gets the same answer and asks nobody, also after a restart`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let header = try await shop.pay(for: "/p/weather/x")
            let first = try await shop.get("/p/weather/x", header)
            let again = try await shop.get("/p/weather/x", header)
            #expect(again.status == .ok && again.text == first.text)
            #expect(again.headers[HTTPField.Name("X-Answer")!] == "yes" && again.headers[.setCookie] == nil)
            let shelf = try AnswerShelf(directory: "\(shop.directory)/answers", now: { [shop] in shop.clock.now })
            let kept = try #require(await shelf.find(1, within: .zero))
            #expect(kept.head.status == 200)
            shop.clock.advance(.seconds(601))
            let late = try await shop.get("/p/weather/x", header)
            #expect(late.status == .conflict)
            #expect(late.headers[.location] == "\(TestShop.loopback)/r/\(try shop.payments[0].receiptID)")
            #expect(service.asked.count == 1)
            #expect(try shop.spent() == price)
        }
    }

    @Test func `two copies at once make one call`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let header = try await shop.pay(for: "/p/weather/held")
            async let first = shop.get("/p/weather/held", header)
            while service.asked.isEmpty { await Task.yield() }
            async let second = shop.get("/p/weather/held", header)
            service.letGo()
            let answers = try await [first, second]
            #expect(answers.allSatisfy { $0.status == .ok && $0.text == "GET /held " })
            #expect(service.asked.count == 1)
            #expect(try shop.spent() == price)
        }
    }

    @Test func `one wallet calls many times at once`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 1...8 {
                    let header = try await shop.pay(for: "/p/weather/n\(number)", nonce: UInt8(number))
                    group.addTask { try await shop.get("/p/weather/n\(number)", header).text }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(texts == Set((1...8).map { "GET /n\($0) " }))
            #expect(try shop.spent() == 8 * price)
        }
    }

    @Test func `a payment for one request answers no other: body, path, query, method`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let header = try await shop.pay(for: "/p/weather/x", method: .post)
            #expect(try await shop.get("/p/weather/x", header, method: .post, body: "one").text == "POST /x one")
            let others: [(String, HTTPRequest.Method, String?)] = [
                ("/p/weather/x", .post, "two"), ("/p/weather/y", .post, "one"), ("/p/weather/x?a", .post, "one"), ("/p/weather/x", .put, "one"),
                ("/p/weather/x", .get, nil),
            ]
            for (uri, method, body) in others {
                let answer = try await shop.get(uri, header, method: method, body: body)
                #expect(answer.status == .paymentRequired, "\(method) \(uri)")
                #expect(try answer.outcome().success == false)
            }
            #expect(service.asked.count == 1)
            #expect(try shop.spent() == price)
        }
    }

    @Test func `a cheap route's payment opens no dear one, and a payment of one door nothing at the other`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address, routes: ["GET /cheap/{x} 0.001", "GET /dear 1.00"])
            let cheap = try #require(try await shop.get("/p/weather/cheap/a").required().accepts.first)
            let dear = try #require(try await shop.get("/p/weather/dear").required().accepts.first)
            #expect(cheap.amount == "1000" && dear.amount == "1000000")
            let header = try await shop.pay(for: "/p/weather/cheap/a")
            #expect(try await shop.get("/p/weather/dear", header).status == .paymentRequired)
            #expect(try await shop.get("/p/weather/cheap/b", header).text == "GET /cheap/b ")
            #expect(try await shop.get("/p/weather/dear", header).status == .paymentRequired)
            #expect(try await shop.get("/sandbox/p/weather/cheap/b", header).status == .paymentRequired)
            #expect(service.asked.map(\.target) == ["/cheap/b"])
            #expect(try shop.spent() == 1000)
        }
    }

    @Test func `the practice door gives a notice and asks nobody`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let answer = try await shop.buy("/sandbox/p/weather/x")
            #expect(answer.status == .ok && answer.text.contains("sample"))
            let published = try TestShop(origin: TestShop.published)
            try await published.sell(calls: service.address)
            #expect(try await published.buy("/p/weather/x").text.contains("opens soon"))
            #expect(service.asked.isEmpty)
        }
    }

    @Test func `an answer that breaks off after it was paid stands and is owed back`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address)
            let header = try await shop.pay(for: "/p/weather/broken")
            // The connection breaks; the router's own client sees it as an error or as a short body.
            _ = try? await shop.get("/p/weather/broken", header)
            while try shop.reader.callState(paymentID: 1) != "refund_due" { await Task.yield() }
            #expect(try await shop.sales == ["order.paid 1", "payment.refund_due 1"])
            #expect(try await shop.reader.refundsDue().map(\.id) == [1])
            let view = try await shop.control("/api/v1/orders/1").json()
            #expect(view["refundDueAt"]?.string != nil)
            #expect(try await shop.get("/p/weather/broken", header).status == .conflict)
            #expect(service.asked.count == 1)
        }
    }

    @Test func `a body that is too long is refused before anything is taken`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address) { $0.limits.request = 4 }
            let header = try await shop.pay(for: "/p/weather/x", method: .post)
            #expect(try await shop.get("/p/weather/x", header, method: .post, body: "12345").status == .contentTooLarge)
            try await shop.expectNothingTaken()
            #expect(try await shop.get("/p/weather/x", header, method: .post, body: "1234").text == "POST /x 1234")
        }
    }

    @Test func `people read at the API's own address what is sold below it, and programs are told at other paths`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address, routes: ["GET /forecast/{city} 0.02", "POST /alerts"])
            for method in [HTTPRequest.Method.get, .head] {
                #expect(try await shop.get("/p/weather", .person, method: method).status == .ok)
            }
            #expect(try await shop.get("/p/weather", .person).text.contains("GET /forecast/{city}"))
            for path in ["/p/weather", "/p/weather/other"] {
                let answer = try await shop.get(path)
                #expect(answer.status == .notFound && answer.text.contains("GET /forecast/{city} 0.02; POST /alerts"))
            }
            #expect(service.asked.isEmpty)
        }
    }

    @Test func `HEAD shows the terms and preflights what may be asked; neither asks the service or takes money`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: service.address, routes: ["GET,POST /x"])
            let header = try await shop.pay(for: "/p/weather/x")
            let head = try await shop.get("/p/weather/x", header, method: .head)
            #expect(head.status == .paymentRequired && head.headers[.paymentRequired] != nil && head.body.readableBytes == 0)
            let preflight = try await shop.get("/p/weather/x", header, method: .options)
            #expect(preflight.status == .noContent && preflight.headers[.accessControlAllowMethods] == "GET, POST, HEAD, OPTIONS")
            #expect(service.asked.isEmpty)
            try await shop.expectNothingTaken()
        }
    }
}
