import Catalogue
import Domain
import HTTPTypes
import HummingbirdTesting
import JSON
import NIOPosix
import Payments
import Storage
import Testing

@testable import HTTPAPI

/// What goes on to a service and what does not (C-15), and where it may not lead (C-44).
@Suite struct CallHeaderTests {
    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text)! }

    private static let smuggled = [
        "X-Pay-Amount", "X-Payment-Verified", "X_Pay_Amount", "Settlement-Overrides", "settlement_overrides", "PAYMENT-RESPONSE",
        "PAYMENT-REQUIRED", "X-PAYMENT-RESPONSE", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
        "X_Forwarded_For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "Authorization", "Cookie", "Idempotency-Key",
        "X-Idempotency-Key", "X-Request-Id", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
        "Proxy-Authorization", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "X402-Paid", "Expect", "X-Named", "X-Also-Named",
    ]

    @Test func `a client tells a service nothing that is the shop's to say`() async throws {
        try await FakeService.run { service in
            let shop = try ScriptedChain.shop(.settled(transaction: ScriptedChain.transaction))
            try await shop.sell(calls: service.address)
            var headers = try await shop.pay(for: "/p/weather/x")
            for each in Self.smuggled { headers[Self.name(each)] = "forged" }
            headers[.connection] = "X-Named, x-also-named"
            headers[.accept] = "application/json"
            headers[Self.name("X-Mine")] = "kept"
            try await shop.get("/p/weather/x", headers).expect(200)
            let told = try #require(service.asked.first).headers
            #expect(!told.contains { $0.value.contains("forged") }, "\(told)")
            #expect(told[.accept] == "application/json" && told[Self.name("X-Mine")] == "kept")
            #expect(told[Self.name("PAYMENT-SIGNATURE")] == nil)
            #expect(told[values: Self.name("X-Forwarded-Host")] == ["shop.example"])
            #expect(told[values: Self.name("X-Forwarded-Proto")] == ["https"])
            let payment = try #require(try shop.payments.first)
            #expect(told[values: .idempotencyKey] == [CallExchange.key(payment)])
            #expect(!CallExchange.key(payment).contains(payment.receiptID.description))
        }
    }

    @Test func `a service's own key is sealed, sent and never shown`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            let created = try await shop.send(
                .post, "/products",
                [
                    "slug": "weather", "title": "Weather", "kind": "api", "price": "0.01", "upstream": "https://api.example",
                    "upstreamHeader": "Authorization: Bearer s3cret", "routes": ["GET /x"],
                ])
            created.expect(201, hasNot: ["s3cret"])
            let json = try created.json()
            #expect(json["hasUpstreamHeader"]?.bool == true && json["upstreamTrusted"]?.bool == false)
            // What follows is for a service on this machine, as its owner would name it.
            var edit = ProductEdit()
            var api = try #require(try await shop.catalogue.product(Slug("weather")!)?.api)
            #expect(api.credential.map { String(decoding: $0, as: UTF8.self).contains("s3cret") } == false)
            (api.upstream, api.isTrusted) = (try #require(UpstreamAddress(service.address)), true)
            edit.api = api
            _ = try await shop.catalogue.edit(Slug("weather")!, edit, actor: "local:0")
            var headers = try await shop.pay(for: "/p/weather/x")
            headers[.authorization] = "Bearer forged"
            try await shop.get("/p/weather/x", headers).expect(200)
            #expect(service.asked.first?.headers[values: .authorization] == ["Bearer s3cret"])
            for path in ["/products", "/products/weather", "/audit"] {
                #expect(try await shop.send(.get, path).text.contains("s3cret") == false, "\(path)")
            }
        }
    }

    @Test(arguments: [
        "http://127.0.0.1:9000", "http://localhost:9000", "http://10.0.0.1", "https://169.254.169.254/latest", "http://[::1]:80",
        "http://[fd00::1]", "http://[::ffff:127.0.0.1]", "http://192.168.0.1",
    ])
    func `a key may not name what is in a private network`(address: String) async throws {
        let shop = try TestShop()
        let answer = try await shop.send(
            .post, "/products", ["slug": "weather", "title": "Weather", "kind": "api", "price": "0.01", "upstream": .string(address)])
        try answer.expectKind(422, "validation")
        #expect(answer.text.contains("/upstream"))
    }

    /// It lives as long as the tests.
    private static let named = Upstreams(MultiThreadedEventLoopGroup.singleton, named: ["127.0.0.1"])

    @Test func `where the machine's settings name a host, calls go there, whoever named it in the product`() async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: "http://127.0.0.1:\(service.port)", trusted: false)
            let header = try await shop.pay(for: "/p/weather/x")
            #expect(try await shop.get("/p/weather/x", header).status == .badGateway)
            #expect(try await shop.variant(upstreams: Self.named).look("/p/weather/x", header).status == .ok)
            #expect(service.asked.count == 1)
        }
    }

    /// Names that lead to this machine in ways that no address tells.
    @Test(arguments: ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0"])
    func `a name is judged by where it leads when it is asked, and nothing is charged`(host: String) async throws {
        try await FakeService.run { service in
            let shop = try TestShop()
            try await shop.sell(calls: "http://\(host):\(service.port)", trusted: false)
            let answer = try await shop.buy("/p/weather/x")
            #expect(answer.status == .badGateway, "\(answer.text)")
            #expect(!answer.text.contains("127.0.0.1") && service.asked.isEmpty)
            #expect(try shop.spent() == 0)
        }
    }

    @Test func `wrong fields of an API are told each at its place`() async throws {
        let shop = try TestShop()
        let base: [(String, JSONValue)] = [("slug", "weather"), ("title", "Weather"), ("kind", "api"), ("price", "0.01")]
        let cases: [([(String, JSONValue)], String)] = [
            ([], "/upstream"), ([("upstream", "ftp://x")], "/upstream"), ([("upstream", "https://a.example"), ("routes", ["GET x"])], "/routes/0"),
            ([("upstream", "https://a.example"), ("routes", ["GET /x", "POST,GET /x 0.05"])], "/routes/1"),
            ([("upstream", "https://a.example"), ("routes", ["GET /x 0.00000001"])], "/routes/0"),
            ([("upstream", "https://a.example"), ("upstreamHeader", "no field")], "/upstreamHeader"),
            ([("upstream", "https://a.example"), ("upstreamHeader", "Host: evil")], "/upstreamHeader"),
            ([("upstream", "https://a.example"), ("requestLimit", 99_999_999)], "/requestLimit"),
            ([("upstream", "https://a.example"), ("answerLimit", 0)], "/answerLimit"),
            ([("upstream", "https://a.example"), ("creditCount", 3)], "/creditCount"),
            ([("upstream", "https://a.example"), ("creditAmount", "1.00")], "/creditAmount"),
        ]
        for (more, pointer) in cases {
            let answer = try await shop.send(.post, "/products", .object(JSONObject(base + more)))
            #expect(answer.status == .unprocessableContent, "\(more)")
            #expect(try answer.json()["errors"]?.array?.contains { $0["pointer"]?.string == pointer } == true, "\(pointer): \(answer.text)")
        }
        try await shop.sell()
        try await shop.send(.patch, "/products/song", ["upstream": "https://a.example"]).expectKind(422, "validation")
    }
}
