import InMemoryTracing
import Logging
import Synchronization
import Telemetry
import Testing
import Tracing

/// Steps of a request, with and without somebody who looks.
@Suite struct StepsTests {
    private struct Broken: Error, CustomStringConvertible { let description = "a secret cause" }

    /// Keeps lines as `message name=value …` in the order of the names.
    private final class Book: LogHandler, Sendable {
        private let kept = Mutex<[(message: String, fields: [String: String])]>([])
        var lines: [(message: String, fields: [String: String])] { kept.withLock { $0 } }
        let metadataProvider: Logger.MetadataProvider? = nil
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .debug }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) {
            kept.withLock { $0.append(("\(event.level) \(event.message)", (event.metadata ?? [:]).mapValues { "\($0)" })) }
        }
    }

    private func tracer(_ book: Book) -> LogTracer { LogTracer(Logger(label: "test") { _ in book }) }

    @Test func `when nobody looks a step is carried out and nothing is asked for`() async throws {
        let asked = Mutex(0)
        @Sendable func fact() -> String {
            asked.withLock { $0 += 1 }
            return "x"
        }
        let value = await Steps.untraced.run("step", [("fact", fact())]) { step in
            step.note("note", fact())
            #expect(InstrumentationContext.current == nil)
            return 7
        }
        #expect(value == 7 && asked.withLock { $0 } == 0 && !Steps.untraced.isTraced)
        await #expect(throws: Broken.self) { try await Steps.untraced.run("step") { _ in throw Broken() } }
    }

    @Test func `steps inside of steps are parts of one trace, with what was told of them`() async throws {
        let tracer = InMemoryTracer()
        let steps = Steps(tracer)
        let value = await steps.run("outer", [("payment", "42")], kind: .server) { outer in
            let inner = await steps.run("inner", kind: .client) { _ in 3 }
            // A task of its own goes on inside the step that began it.
            await Task { await steps.run("later") { _ in } }.value
            outer.note("outcome", "settled")
            return inner
        }
        #expect(value == 3)
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["inner", "later", "outer"] && spans.map(\.kind) == [.client, .internal, .server])
        #expect(Set(spans.map(\.traceID)).count == 1)
        #expect(spans.map(\.parentSpanID) == [spans[2].spanID, spans[2].spanID, nil])
        #expect(spans[2].attributes["payment"]?.toSpanAttribute() == "42" && spans[2].attributes["outcome"]?.toSpanAttribute() == "settled")
        await steps.run("next") { _ in }
        #expect(tracer.finishedSpans.last?.traceID != spans[0].traceID)
    }

    @Test func `a step that fails ends as one that failed, without its error's words`() async throws {
        let tracer = InMemoryTracer()
        await #expect(throws: Broken.self) { try await Steps(tracer).run("step") { _ in throw Broken() } }
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.status?.code == .error && span.errors.isEmpty && tracer.activeSpans.isEmpty)
        let book = Book()
        await #expect(throws: Broken.self) { try await Steps(self.tracer(book)).run("step") { _ in throw Broken() } }
        #expect(book.lines.first?.fields["failed"] == "true")
        #expect(!book.lines.contains { $0.fields.values.contains { $0.contains("secret") } })
    }

    // MARK: In the log

    @Test func `a finished step is a line at level debug that leads to its trace`() async throws {
        let book = Book()
        let steps = Steps(tracer(book))
        await steps.run("outer", [("payment", "42")]) { step in
            await steps.run("inner") { _ in }
            step.note("outcome", "settled")
            // What a step says of itself does not take the place of where it belongs.
            step.note("trace", "mine")
        }
        #expect(book.lines.map(\.message) == ["debug step inner", "debug step outer"])
        let (inner, outer) = (book.lines[0].fields, book.lines[1].fields)
        #expect(
            Set(outer.keys) == ["trace", "span", "microseconds", "payment", "outcome"]
                && Set(inner.keys) == ["trace", "span", "parent", "microseconds"])
        #expect(outer["payment"] == "42" && outer["outcome"] == "settled" && outer["trace"] == inner["trace"] && inner["parent"] == outer["span"])
        #expect(TraceParent("00-\(outer["trace"] ?? "")-\(outer["span"] ?? "")-01") != nil)
        #expect(inner["span"] != outer["span"])
    }

    @Test func `the time of a step is from its beginning to its end, told once`() throws {
        let book = Book()
        func at(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp { .init(nanosecondsSinceEpoch: nanoseconds) }
        let span = tracer(book).startSpan("step", context: .topLevel, ofKind: .internal, at: at(5_000))
        #expect(span.isRecording && span.operationName == "step")
        span.operationName = "other"
        span.attributes["count"] = 3
        span.attributes["ready"] = true
        span.end(at: at(2_005_999))
        span.end(at: at(9_000_000))
        #expect(book.lines.count == 1 && !span.isRecording)
        #expect(book.lines[0].message == "debug step other" && book.lines[0].fields["microseconds"] == "2000")
        #expect(book.lines[0].fields["count"] == "3" && book.lines[0].fields["ready"] == "true")
        // A clock that was set back makes no time negative.
        tracer(book).startSpan("back", context: .topLevel, ofKind: .internal, at: at(5_000)).end(at: at(1))
        #expect(book.lines[1].fields["microseconds"] == "0")
    }

    @Test func `somebody else's trace is gone on with, and handed on`() async throws {
        let (book, given) = (Book(), try #require(TraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")))
        let steps = Steps(tracer(book))
        var sent: [String: String] = [:]
        await steps.run("step", in: steps.context(of: given)) { _ in
            tracer(book).inject(InstrumentationContext.current ?? .topLevel, into: &sent, using: Headers())
        }
        let fields = book.lines[0].fields
        #expect(fields["trace"] == given.traceID && fields["parent"] == given.parentID)
        #expect(sent == ["traceparent": "00-\(given.traceID)-\(fields["span"] ?? "")-00"])
        await steps.run("step", in: steps.context(of: nil)) { _ in }
        #expect(book.lines[1].fields["trace"] != given.traceID && book.lines[1].fields["parent"] == nil)
    }

    private struct Headers: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }
}
