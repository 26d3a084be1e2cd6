import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import NIOCore
import Testing

@testable import HTTPAPI

/// Each request has a name, which its answer, its problem and its lines in the log share.
@Suite struct RequestIDTests {
    @Test func `names have twelve characters, are accepted as such, and none comes twice`() {
        let ids = RequestIDs(seed: 7)
        let names = (0..<20_000).map { _ in ids.next() }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.count == 12 && RequestIDs.accepts($0) })
        #expect(RequestIDs(seed: 7).next() == names[0] && RequestIDs(seed: 8).next() != names[0])
        // Each place takes every digit.
        for place in 0..<12 { #expect(Set(names.map { Array($0.utf8)[place] }).count == 32) }
    }

    static let addresses: [(uri: String, status: Int)] = [
        ("/", 200), ("/p/song", 402), ("/p/nothing", 404), ("/nowhere", 404), ("/api/v1/status", 401), ("/healthz", 200),
        ("/assets/style.css", 200), ("/.well-known/x402", 200), ("/metrics", 401), ("/setup", 200), ("/api/v1/openapi.json", 200),
    ]

    @Test func `every answer carries a name of its own`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        var names: [String] = []
        for (uri, status) in Self.addresses {
            for method in [.get, .head, .options] as [HTTPRequest.Method] {
                let answer = try await shop.get(uri, method: method)
                if method == .get { #expect(answer.status.code == status, "\(uri)") }
                let given = answer.headers[values: .xRequestID]
                #expect(given.count == 1 && RequestIDs.accepts(given[0]), "\(method) \(uri)")
                names += given
            }
        }
        #expect(Set(names).count == names.count)
    }

    @Test func `a problem says what its request is called`() async throws {
        let shop = try TestShop()
        try await shop.sell()
        let answers = [
            try await shop.get("/p/nothing"), try await shop.get("/p/song", [.xPayment: "rubbish"]), try await shop.get("/p/song", method: .post),
            try await shop.control("/api/v1/products/none"), try await shop.control("/api/v1/status", as: nil),
        ]
        for answer in answers { #expect(try answer.json()["request"]?.string == answer.headers[.xRequestID], "\(answer.text)") }
        // A condition that fails after the payment was checked does not pass the middleware.
        let unmet = try await shop.get("/p/song", try await shop.pay("song").adding(.ifMatch, "\"other\""))
        #expect(unmet.status == .preconditionFailed)
        #expect(try unmet.json()["request"]?.string == unmet.headers[.xRequestID])
    }

    private struct Trouble: Error {}

    @Test func `what goes wrong is in the log under the same name, and a person reads it on the page`() async throws {
        let book = FieldBook()
        let shop = try TestShop().variant(log: book.log)
        let router = Router(context: ShopContext.self)
        router.add(middleware: FrontMiddleware(shop: shop, ids: RequestIDs()))
        router.add(middleware: FaultMiddleware(shop: shop))
        router.get("x") { _, _ -> Response in throw Trouble() }
        let answer = try await Application(router: router).test(.router) { try await $0.execute(uri: "/x", method: .get, headers: .person) }
        let name = try #require(answer.headers[.xRequestID])
        answer.expect(503, has: ["<code>\(name)</code>"])
        #expect(book.lines.map { $0.fields["request"] } == [name])
        // What is nobody's fault needs no letter to the shop.
        let missing = try await shop.look("/nowhere", .person)
        missing.expect(404, hasNot: [try #require(missing.headers[.xRequestID])])
    }

    // MARK: What others call it

    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    private static let parent = "00-\(trace)-00f067aa0ba902b7-01"
    private static let longest = String(repeating: "a", count: 64)

    /// What a proxy sends as `X-Request-Id` and `traceparent`, and what becomes the request's name.
    static let given: [(id: String?, parent: String?, taken: String?)] = [
        ("abc-123_X.9", nil, "abc-123_X.9"), (longest, nil, longest), (longest + "a", nil, nil), ("a b", nil, nil), ("a\"b", nil, nil),
        ("ü", nil, nil), (nil, parent, trace), ("mine", parent, "mine"), ("<b>", parent, trace),
        (nil, "00-\(trace)-0000000000000000-01", nil), (nil, "rubbish", nil),
    ]

    @Test func `a name that our own proxy gives is taken over when it is one, and nobody else's`() async throws {
        let test = try TestShop()
        let own = try #require(AddressBlock("127.0.0.0/8"))
        let elsewhere = try #require(AddressBlock("192.0.2.0/24"))
        try await Application(router: test.variant(trustedProxies: [own, try #require(AddressBlock("::1"))]).publicRouter).test(.live) { client in
            for (id, parent, taken) in Self.given {
                var headers: HTTPFields = [:]
                headers[.xRequestID] = id
                headers[.traceparent] = parent
                let name = try #require(try await client.execute(uri: "/healthz", method: .get, headers: headers).headers[.xRequestID])
                #expect(taken.map { $0 == name } ?? (name.utf8.count == 12), "\(headers)")
            }
            var two: HTTPFields = [.xRequestID: "one"]
            two.append(HTTPField(name: .xRequestID, value: "two"))
            #expect(try await client.execute(uri: "/healthz", method: .get, headers: two).headers[.xRequestID]?.utf8.count == 12)
        }
        for proxies in [[], [elsewhere]] {
            let answer = try await test.variant(trustedProxies: proxies).ask("/healthz", [.xRequestID: "mine"])
            #expect(answer.headers[.xRequestID]?.utf8.count == 12)
        }
        // In process there is no other end to believe.
        #expect(try await test.variant(trustedProxies: [own]).look("/healthz", [.xRequestID: "mine"]).headers[.xRequestID]?.utf8.count == 12)
    }
}
