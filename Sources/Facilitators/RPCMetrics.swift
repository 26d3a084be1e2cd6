/// Who counts what the nodes of one network do.
public struct RPCMetrics: Sendable {
    /// A request ended, whichever way, after so long.
    public let answered: @Sendable (_ took: Duration) -> Void
    /// It ended badly, or with an answer that nobody can use.
    public let failed: @Sendable (_ failure: RPCFailure) -> Void

    public init(answered: @escaping @Sendable (_ took: Duration) -> Void, failed: @escaping @Sendable (_ failure: RPCFailure) -> Void) {
        self.answered = answered
        self.failed = failed
    }

    /// Nobody counts.
    public static let none = RPCMetrics(answered: { _ in }, failed: { _ in })
}
