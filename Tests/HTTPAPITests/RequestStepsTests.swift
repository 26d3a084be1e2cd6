import Domain
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryTracing
import Telemetry
import Testing
import Tracing

@testable import HTTPAPI

/// A request as a tracer sees it.
@Suite struct RequestStepsTests {
    @Test func `a request is a step with its route and name, and the delivery is one inside of it`() async throws {
        let (test, tracer) = (try TestShop(), InMemoryTracer())
        try await test.sell()
        let shop = test.variant(steps: Steps(tracer))
        let answer = try await shop.look("/p/song?secret=1", try await test.pay("song"))
        #expect(answer.status == .ok)
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["deliver", "request"] && spans[1].kind == .server)
        #expect(spans[0].traceID == spans[1].traceID && spans[0].parentSpanID == spans[1].spanID)
        var facts: [String: String] = [:]
        spans[1].attributes.forEach { name, value in if case .string(let text) = value { facts[name] = text } }
        #expect(facts == ["method": "GET", "route": "/p/{slug}", "outcome": "200", "request": answer.headers[.xRequestID]])
    }

    @Test func `a trace that our own proxy names is gone on with, and nobody else's`() async throws {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let test = try TestShop()
        let proxies = ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) }
        for (trusted, isTaken) in [(proxies, true), ([], false)] {
            let book = FieldBook()
            _ = try await test.variant(trustedProxies: trusted, steps: Steps(LogTracer(book.log))).ask("/healthz", [.traceparent: given])
            let fields = try #require(book.lines.first { $0.message == "step request" }?.fields)
            #expect((fields["trace"] == "4bf92f3577b34da6a3ce929d0e0e4736") == isTaken)
            #expect((fields["parent"] == "00f067aa0ba902b7") == isTaken)
        }
    }
}
