import Foundation
public import Logging

/// Where the process writes what happens.
public enum Logs {
    /// The journal, when systemd has connected standard error to it; else standard error.
    public static func make(label: String = "pushcart", level: Logger.Level) -> Logger {
        var log = Logger(label: label) { handler($0, stream: ProcessInfo.processInfo.environment["JOURNAL_STREAM"], descriptor: 2) }
        log.logLevel = level
        return log
    }

    /// - Parameter stream: `JOURNAL_STREAM` as systemd sets it: device and inode of what it connected. It is inherited by programs whose
    ///   output goes elsewhere, hence the comparison (systemd.exec(5)).
    static func handler(
        _ label: String, stream: String?, descriptor: Int32, journal: String = JournalSocket.standard
    ) -> any LogHandler {
        let lines = LineLogHandler(label: label, write: { LineLogHandler.write($0, to: descriptor) })
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0, stream == "\(status.st_dev):\(status.st_ino)", let socket = JournalSocket(journal)
        else { return lines }
        return JournalLogHandler(label: label, send: { socket.send($0) }, otherwise: lines)
    }
}
