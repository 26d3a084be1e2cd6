public import Logging
public import Tracing

/// Writes each finished step as a line of the log at level debug, with its trace, so that an operator sees what a payment went through
/// without a collector: `journalctl PUSHCART_TRACE=…`.
public struct LogTracer: Tracer {
    /// The one header that says which trace a request is part of (W3C Trace Context).
    static let header = "traceparent"

    private let log: Logger

    public init(_ log: Logger) { self.log = log }

    private enum Key: InstrumentationContextKey { typealias Value = TraceParent }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind, at instant: @autoclosure () -> Instant,
        function: String, file fileID: String, line: UInt
    ) -> LogSpan {
        var context = context()
        let parent = context[Key.self]
        let place = TraceParent(
            traceID: parent?.traceID ?? Self.digits() + Self.digits(), parentID: Self.digits(), isSampled: parent?.isSampled ?? true)
        context[Key.self] = place
        return LogSpan(operationName, context: context, place: place, parent: parent?.parentID, start: instant().nanosecondsSinceEpoch, log: log)
    }

    public func extract<Carrier, Extract: Extractor>(_ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract)
    where Extract.Carrier == Carrier {
        if let given = extractor.extract(key: Self.header, from: carrier).flatMap(TraceParent.init) { context[Key.self] = given }
    }

    public func inject<Carrier, Inject: Injector>(_ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject)
    where Inject.Carrier == Carrier {
        if let place = context[Key.self] { injector.inject(place.description, forKey: Self.header, into: &carrier) }
    }

    /// Nothing waits: each step is written when it ends.
    public func forceFlush() {}

    /// 16 hexadecimal digits that are not all zero.
    private static func digits() -> String {
        let text = String(UInt64.random(in: 1 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
