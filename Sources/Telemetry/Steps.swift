public import Tracing

/// Traces the steps of a request where somebody wants to see them; else only carries them out, for the price of a comparison.
///
/// Handed in by whoever wires the process, so that no library's steps are among them and tests have a tracer each. A step is told with
/// names and outcomes; never with a key, a signature or a nonce.
public struct Steps: Sendable {
    private let tracer: (any Tracer)?

    public init(_ tracer: any Tracer) { self.tracer = tracer }

    private init() { tracer = nil }

    /// Nobody looks.
    public static let untraced = Steps()

    public var isTraced: Bool { tracer != nil }

    /// Carries out a step inside of the one that is under way in this task, or of `parent`.
    /// - Parameter facts: what is known of it beforehand; not asked for when nobody looks.
    public func run<Value, Failure: Error>(
        _ name: String, _ facts: @autoclosure () -> [(String, String)] = [], kind: Step.Kind = .inside, in parent: InstrumentationContext? = nil,
        _ body: (Step) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let tracer else { return try await body(Step(span: nil)) }
        let span = tracer.startSpan(name, context: parent ?? .current ?? .topLevel, ofKind: kind.span, at: DefaultTracerClock.now)
        let step = Step(span: span)
        for (name, value) in facts() { step.note(name, value) }
        let result: Result<Value, Failure> = await InstrumentationContext.$current.withValue(span.context) {
            do throws(Failure) { return .success(try await body(step)) } catch { return .failure(error) }
        }
        // What an error says may be what a stranger wrote: only that there was one.
        if case .failure = result { span.setStatus(SpanStatus(code: .error)) }
        span.end()
        return try result.get()
    }

    /// Where a step begins that belongs to somebody else's trace; a beginning of its own when nobody said so.
    public func context(of given: TraceParent?) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        if let given, let tracer { tracer.extract(given, into: &context, using: TraceParent.Reader()) }
        return context
    }
}

extension TraceParent {
    /// How tracers read it: as the header that it came in.
    struct Reader: Extractor {
        func extract(key: String, from carrier: TraceParent) -> String? { key == LogTracer.header ? carrier.description : nil }
    }
}
