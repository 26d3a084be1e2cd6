/// From where writes are asked for: the audit log notes it. It goes with the task, as a trace does, because it says nothing to the
/// capabilities between an edge and a write.
public enum WriteOrigin {
    private static let local = TaskLocal<String>(wrappedValue: "")

    /// The address of who asks; empty where there is none.
    public static var current: String { local.get() }

    /// Runs `body` so that what it writes is noted as asked for from `address`.
    public static func with<Result>(_ address: String, _ body: () async throws -> Result) async rethrows -> Result {
        try await local.withValue(address, operation: body)
    }
}
