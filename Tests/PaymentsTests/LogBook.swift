import Logging

/// Hands each log entry to the test that waits for it.
struct LogBook: LogHandler {
    private let entries = AsyncStream<String>.makeStream()
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let payment = event.metadata?["payment"].map { " (payment \($0))" } ?? ""
        entries.continuation.yield("\(event.level): \(event.message)\(payment)")
    }

    /// The next entry, once there is one.
    func next() async -> String {
        for await entry in entries.stream { return entry }
        preconditionFailure("the stream never ends")
    }
}
