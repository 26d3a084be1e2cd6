public import Logging

/// Writes to journald in its own protocol, so that every field can be asked for: `journalctl PUSHCART_PAYMENT=42`.
///
/// The message carries the fields too, for whoever just reads. A datagram that the journal does not take is written as a line.
public struct JournalLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level = .info
    private let label: String
    private let send: @Sendable ([UInt8]) -> Bool
    private let otherwise: LineLogHandler

    init(label: String, send: @escaping @Sendable ([UInt8]) -> Bool, otherwise: LineLogHandler) {
        self.label = label
        self.send = send
        self.otherwise = otherwise
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let fields = LogFields(event, metadata, metadataProvider)
        var datagram = JournalDatagram(maximum: LogText.maximum)
        datagram.add("PRIORITY", Self.priority(event.level))
        datagram.add("SYSLOG_IDENTIFIER", label)
        datagram.add("CODE_FILE", event.file)
        datagram.add("CODE_LINE", event.line.description)
        datagram.add("CODE_FUNC", event.function)
        datagram.add("MESSAGE", fields.line(event.message.description), leaving: 8192)
        for field in fields.all { datagram.add(JournalDatagram.name(field.name), field.text) }
        if !send(datagram.bytes) { otherwise.log(event, fields) }
    }

    /// The priorities of syslog(3).
    private static func priority(_ level: Logger.Level) -> String {
        switch level {
        case .critical: "2"
        case .error: "3"
        case .warning: "4"
        case .notice: "5"
        case .info: "6"
        case .debug, .trace: "7"
        }
    }
}
