import Tracing

/// A step that is under way.
public struct Step: Sendable {
    /// On which side of a connection it happens.
    public enum Kind: Sendable {
        case inside, server, client

        var span: SpanKind {
            switch self {
            case .inside: .internal
            case .server: .server
            case .client: .client
            }
        }
    }

    private let span: (any Span)?

    init(span: (any Span)?) { self.span = span }

    /// Tells something of the step; what it is, is not asked for when nobody looks.
    public func note(_ name: String, _ value: @autoclosure () -> String) {
        guard let span else { return }
        span.attributes[name] = value()
    }
}
