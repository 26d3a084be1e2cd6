import AsyncHTTPClient

/// In which way a node failed us, for whoever counts.
public enum RPCFailure: String, CaseIterable, Sendable {
    /// No connection, or one that broke.
    case unreachable
    case timeout
    /// A status of HTTP that brings no answer.
    case status
    /// An answer that is not what the protocol says.
    case malformed
    /// A batch of which calls were left unanswered.
    case incomplete
    /// The node understood and refused a call, otherwise than by running it: too many requests, a range too wide.
    case refused
    /// It is on another chain.
    case chain

    init(_ error: any Error) {
        switch error as? HTTPClientError {
        case .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout: self = .timeout
        default: self = .unreachable
        }
    }
}
