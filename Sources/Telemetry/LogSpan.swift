import Logging
import Synchronization
public import Tracing

/// A step on its way into the log.
public final class LogSpan: Span {
    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var failed = false
        var ended = false
    }

    public let context: InstrumentationContext
    private let place: TraceParent
    private let parent: String?
    private let start: UInt64
    private let log: Logger
    private let state: Mutex<State>

    init(_ name: String, context: InstrumentationContext, place: TraceParent, parent: String?, start: UInt64, log: Logger) {
        state = Mutex(State(name: name))
        self.context = context
        self.place = place
        self.parent = parent
        self.start = start
        self.log = log
    }

    public var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { state.withLock { $0.attributes = newValue } }
    }

    public var isRecording: Bool { state.withLock { !$0.ended } }

    public func setStatus(_ status: SpanStatus) { state.withLock { $0.failed = status.code == .error } }

    /// Not told: the line has what a step came to.
    public func addEvent(_ event: SpanEvent) {}

    /// That there was an error is told, not which: its words may be a stranger's.
    public func recordError<Instant: TracerInstant>(_ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant) {
        state.withLock { $0.failed = true }
    }

    /// Not told: a line has one parent.
    public func addLink(_ link: SpanLink) {}

    /// Writes the line, once.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard
            let ended = state.withLock({ state -> State? in
                defer { state.ended = true }
                return state.ended ? nil : state
            })
        else { return }
        let end = instant().nanosecondsSinceEpoch
        var metadata: Logger.Metadata = [
            "trace": "\(place.traceID)", "span": "\(place.parentID)", "microseconds": "\(end > start ? (end - start) / 1000 : 0)",
        ]
        if let parent { metadata["parent"] = "\(parent)" }
        if ended.failed { metadata["failed"] = "true" }
        ended.attributes.forEach { name, attribute in metadata[name] = metadata[name] ?? .string(Self.text(attribute)) }
        log.debug("step \(ended.name)", metadata: metadata)
    }

    private static func text(_ attribute: SpanAttribute) -> String {
        switch attribute {
        case .string(let text): text
        case .int32(let number): "\(number)"
        case .int64(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let isTrue): "\(isTrue)"
        case .stringConvertible(let value): value.description
        default: "\(attribute)"
        }
    }
}
