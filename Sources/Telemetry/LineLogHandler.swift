import Foundation
public import Logging

/// One line for one event: `2026-11-22T16:00:00Z info pushcart message key=value`.
///
/// Whatever a visitor gets into a message or a value stays in that line: control characters are escaped.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level = .info
    private let label: String
    private let write: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - write: takes one line with its end.
    ///   - now: the clock; a test gives its own.
    init(label: String, write: @escaping @Sendable ([UInt8]) -> Void, now: @escaping @Sendable () -> Date = { Date() }) {
        self.label = label
        self.write = write
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        log(event, LogFields(event, metadata, metadataProvider))
    }

    func log(_ event: LogEvent, _ fields: LogFields) {
        let line = "\(Self.timestamp(now())) \(event.level.rawValue) \(LogText.escaped(label)) \(fields.line(event.message.description))"
        write(Array(LogText.cut(line, to: LogText.maximum).utf8) + [0x0A])
    }

    private static func timestamp(_ date: Date) -> String {
        var (seconds, parts) = (time_t(date.timeIntervalSince1970.rounded(.down)), tm())
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// In one call where the system takes it in one, so that the lines of several threads do not mix.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody takes our lines; there is nobody to tell.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
