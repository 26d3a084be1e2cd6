import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Payments
import Telemetry
import Testing

@testable import HTTPAPI

/// What is told of each request: its kind and how it went, never what it said.
@Suite struct AccessLogTests {
    @Test func `without the setting nothing is told`() async throws {
        let book = FieldBook()
        _ = try await TestShop().variant(log: book.log).look("/healthz")
        #expect(book.lines.isEmpty)
    }

    @Test func `a line has the route's pattern, how it went and by what name, and no address, query or header`() async throws {
        let (book, test) = (FieldBook(), try TestShop())
        let receipt = try await test.receipt(of: test.sell())
        let shop = test.variant(accessLog: AccessLog(book.log))
        let (token, path) = ("\(receipt)", test.shop.links.path(receipt, at: test.clock.now))
        let answers = [
            try await shop.look("/r/\(token)?secret=1", [.authorization: "Bearer secret", .cookie: "secret"]), try await shop.look(path),
            try await shop.look("/secret"), try await shop.look("/p/song"), try await shop.look("/p/song", method: .head),
            try await shop.look("/healthz", method: HTTPRequest.Method("SECRET") ?? .trace),
        ]
        #expect(book.lines.allSatisfy { $0.level == .info && $0.message == "request" })
        #expect(
            book.lines.map { line in ["method", "route", "status"].map { line.fields[$0] ?? "" }.joined(separator: " ") } == [
                "GET /r/{receipt} 200", "GET /r/{receipt}/content 200", "GET NotFound 404", "GET /p/{slug} 402", "HEAD /p/{slug} 402",
                "other NotFound 405",
            ])
        #expect(book.lines.map { $0.fields["request"] } == answers.map { $0.headers[.xRequestID] })
        #expect(book.lines.prefix(4).map { $0.fields["bytes"] } == answers.prefix(4).map { String($0.body.readableBytes) })
        #expect(book.lines.allSatisfy { Int($0.fields["microseconds"] ?? "").map { (0..<60_000_000).contains($0) } ?? false })
        for line in book.lines {
            #expect(Set(line.fields.keys) == ["method", "route", "status", "microseconds", "bytes", "request", "client"])
            for value in line.fields.values { #expect(!value.lowercased().contains("secret") && !value.contains(token)) }
        }
    }

    @Test func `the client is told by its network, past our own proxies`() async throws {
        let (book, test) = (FieldBook(), try TestShop())
        let proxies = ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) }
        let shop = test.variant(trustedProxies: proxies, accessLog: AccessLog(book.log))
        _ = try await shop.look("/healthz")
        _ = try await shop.ask("/healthz", [.xForwardedFor: "2001:db8:1:2:3:4:5:6"])
        _ = try await shop.ask("/healthz", [.xForwardedFor: "192.0.2.7"])
        #expect(book.lines.map { $0.fields["client"] } == ["local", "2001:db8:1:2::/64", "192.0.2.7/32"])
    }
}

/// How requests are counted.
@Suite struct RequestMetricsTests {
    private func series(_ metrics: RequestMetrics) -> [String] {
        metrics.text.split(separator: "\n").filter { $0.hasPrefix("pushcart_http_request_seconds_count") }.map {
            String($0.dropFirst("pushcart_http_request_seconds_count".count))
        }
    }

    @Test func `requests are counted by route, method and status`() async throws {
        let metrics = RequestMetrics(PrometheusRegistry())
        let test = try TestShop()
        try await test.sell()
        let shop = test.variant(metrics: metrics)
        for _ in 0..<3 { _ = try await shop.look("/p/song") }
        _ = try await shop.look("/p/none")
        _ = try await shop.look("/p/song", method: .head)
        _ = try await shop.look("/nowhere")
        #expect(
            series(metrics) == [
                #"{method="GET",route="/p/{slug}",status="402"} 3"#, #"{method="GET",route="/p/{slug}",status="404"} 1"#,
                #"{method="GET",route="NotFound",status="404"} 1"#, #"{method="HEAD",route="/p/{slug}",status="402"} 1"#,
            ])
    }

    @Test func `routes of one length, long ones and none are kept apart, and made-up methods together`() throws {
        let metrics = RequestMetrics(PrometheusRegistry())
        let long = String(repeating: "x", count: 100)
        for _ in 0..<2 {
            for route in ["/a", "/b", nil, long, long + "y"] { metrics.record(route: route, method: .get, status: .ok, nanoseconds: 5) }
        }
        for name in ["ONE", "TWO"] {
            metrics.record(route: "/a", method: try #require(HTTPRequest.Method(name)), status: .ok, nanoseconds: 5)
        }
        #expect(
            series(metrics) == ["/a", "/b", "none", long, long + "y"].map { "{method=\"GET\",route=\"\($0)\",status=\"200\"} 2" } + [
                #"{method="other",route="/a",status="200"} 2"#
            ])
        #expect(metrics.text.contains("pushcart_http_request_seconds_sum{method=\"GET\",route=\"/b\",status=\"200\"} 1e-08"))
    }

    @Test func `threads that count at once lose nothing`() async {
        let metrics = RequestMetrics(PrometheusRegistry())
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        metrics.record(route: "/\(number % 10)", method: .get, status: task % 2 == 0 ? .ok : .notFound, nanoseconds: 1)
                    }
                }
            }
        }
        #expect(series(metrics).count == 20 && series(metrics).allSatisfy { $0.hasSuffix(" 200") })
    }
}
