import Foundation
import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite struct LogTests {
    private final class Lines: Sendable {
        private let all = Mutex<[[UInt8]]>([])
        var texts: [String] { all.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
        func take(_ bytes: [UInt8]) { all.withLock { $0.append(bytes) } }
    }

    private struct Trouble: Error, CustomStringConvertible { let description = "no\nroom" }

    private let lines = Lines()

    private func handler() -> LineLogHandler {
        LineLogHandler(label: "shop", write: { [lines] in lines.take($0) }, now: { Date(timeIntervalSince1970: 1_795_363_200.9) })
    }

    private var logger: Logger { Logger(label: "shop") { _ in handler() } }

    // MARK: Lines

    @Test func `an event is one line, its fields in order`() {
        var log = logger
        log[metadataKey: "run"] = "7"
        log.info("Sold a song.", metadata: ["payment": "42", "title": "My Song", "empty": ""])
        log.debug("not at this level")
        #expect(lines.texts == ["2026-11-22T16:00:00Z info shop Sold a song. empty=\"\" payment=42 run=7 title=\"My Song\"\n"])
        #expect(log[metadataKey: "run"] == "7")
    }

    @Test(
        arguments: [
            ("two\nlines", #"two\nlines"#), ("\r\n\t\u{0}\u{1B}[31m", #"\r\n\t\u{0}\u{1b}[31m"#), ("\u{202E}gnp.exe", #"\u{202e}gnp.exe"#),
            ("a\u{2028}b\u{2029}c\u{85}d\u{7F}", #"a\u{2028}b\u{2029}c\u{85}d\u{7f}"#), ("Grüße 👩‍👩‍👧", "Grüße 👩‍👩‍👧"), (#"C:\new"#, #"C:\new"#),
        ])
    func `nothing that a visitor sends makes a second line`(_ message: String, _ written: String) {
        logger.warning("\(message)", metadata: ["from": "\(message)"])
        let line = lines.texts[0]
        #expect(line.hasPrefix("2026-11-22T16:00:00Z warning shop \(written) from="))
        #expect(line.unicodeScalars.filter { $0.value < 0x20 } == ["\n"])
    }

    @Test(
        arguments: [
            ("word", "word"), ("two words", #""two words""#), ("a=b", #""a=b""#), (#"say "hi""#, #""say \"hi\"""#), (#"a\b"#, #""a\\b""#),
            ("", #""""#), ("x\ny", #""x\ny""#), ("é", #""é""#),
        ])
    func `a value that is not one plain word stands in quotation marks`(_ value: String, _ written: String) {
        #expect(LogText.value(value) == written)
    }

    @Test func `names cannot pretend to be other fields`() {
        logger.info("x", metadata: ["a b=c\nlevel": "1", "": "2"])
        #expect(lines.texts[0].hasSuffix(" x _=2 a_b_c_level=1\n"))
    }

    @Test func `nested values keep their names, and an error is a field`() {
        logger.error(
            "x", error: Trouble(), metadata: ["a": ["b": ["c": "1", "token": "t"]], "list": ["1", ["k": "2", "key": "3"], .stringConvertible(4)]])
        #expect(lines.texts[0].hasSuffix(" x a.b.c=1 a.b.token=*** error=\"no\\nroom\" list=\"[1, {k=2, key=***}, 4]\"\n"))
        logger.error("x", error: Trouble(), metadata: ["error": "mine"])
        #expect(lines.texts[1].hasSuffix(" x error=mine\n"))
    }

    @Test func `what is nearer to the event wins`() {
        var handler = handler()
        handler.metadata = ["a": "handler", "b": "handler", "c": "handler"]
        handler.metadataProvider = Logger.MetadataProvider { ["b": "provider", "c": "provider"] }
        Logger(label: "shop") { [handler] _ in handler }.info("x", metadata: ["c": "event"])
        #expect(lines.texts[0].hasSuffix(" x a=handler b=provider c=event\n"))
    }

    @Test(
        arguments: [
            ("password", true), ("PASSWORD", true), ("client_secret", true), ("apiKey", true), ("APIKey", true), ("X-Payment-Signature", true),
            ("access.token", true), ("Authorization", true), ("key", true), ("key_id", false), ("monkey", false), ("tokens", false),
            ("signatures", false), ("payment", false), ("", false), ("keyed", false),
        ])
    func `what is named like a secret is not told`(_ name: String, _ isSecret: Bool) {
        #expect(LogFields.isSecret(name) == isSecret)
    }

    @Test func `a secret is masked whatever it holds`() {
        logger.info("x", metadata: ["token": ["inner": "s3cret"], "secret": ["s3cret"], "Authorization": "Bearer s3cret"])
        #expect(lines.texts[0].hasSuffix(" x Authorization=*** secret=*** token=***\n"))
    }

    @Test func `a line is cut where it gets too long, between characters`() {
        logger.info("\(String(repeating: "ü", count: 60_000))")
        let line = lines.texts[0]
        #expect(line.utf8.count <= 48 * 1024 + 1 && line.utf8.count > 48 * 1024 - 4)
        #expect(line.hasSuffix("ü…\n"))
        #expect(LogText.cut("abcdef", to: 6) == "abcdef")
        #expect(LogText.cut("abcdefg", to: 6) == "abc…")
        #expect(LogText.cut("aüüüü", to: 5) == "a…")
    }

    // MARK: The journal

    /// A socket at which this process is the journal.
    private final class Journal: Sendable {
        let path: String
        private let descriptor: Int32

        init() throws {
            path = "/tmp/journal-\(UInt64.random(in: 0 ... .max))"
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { [path] in $0.copyBytes(from: path.utf8) }
            let code = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            try #require(code == 0)
        }

        deinit {
            close(descriptor)
            unlink(path)
        }

        /// The next entry's fields; those with a length are unfolded. Nil when nothing is there.
        func next() -> [String: String]? {
            var bytes = [UInt8](repeating: 0, count: 100_000)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return nil }
            var (fields, rest) = ([String: String](), bytes[..<count])
            while let end = rest.firstIndex(where: { $0 == 0x3D || $0 == 0x0A }) {
                let name = String(decoding: rest[..<end], as: UTF8.self)
                let isCounted = rest[end] == 0x0A
                rest = rest[(end + 1)...]
                var length = rest.firstIndex(of: 0x0A).map { $0 - rest.startIndex } ?? 0
                if isCounted {
                    length = rest.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
                    rest = rest.dropFirst(8)
                }
                fields[name] = String(decoding: rest.prefix(length), as: UTF8.self)
                rest = rest.dropFirst(length + 1)
            }
            return fields
        }
    }

    /// A file with its device and inode as systemd tells them.
    private func withStream(_ body: (_ descriptor: Int32, _ stream: String, _ text: () -> String) throws -> Void) throws {
        let path = "/tmp/stderr-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND, 0o600)
        defer {
            close(descriptor)
            unlink(path)
        }
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        try body(descriptor, "\(status.st_dev):\(status.st_ino)") {
            FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }

    @Test func `the journal gets the fields, and no field can pretend to be the journal's own`() throws {
        let journal = try Journal()
        try withStream { descriptor, stream, text in
            var log = Logger(label: "shop") { Logs.handler($0, stream: stream, descriptor: descriptor, journal: journal.path) }
            log[metadataKey: "run"] = "7"
            log.error("It\nbroke.", metadata: ["payment.id": "42", "text": "a\nPRIORITY=7\n", "MESSAGE": "mine", "token": "t"], line: 99)
            let fields = try #require(journal.next())
            #expect(
                fields == [
                    "PRIORITY": "3", "SYSLOG_IDENTIFIER": "shop", "CODE_FILE": "TelemetryTests/LogTests.swift", "CODE_LINE": "99",
                    "CODE_FUNC": fields["CODE_FUNC"], "PUSHCART_RUN": "7", "PUSHCART_PAYMENT_ID": "42", "PUSHCART_TEXT": "a\nPRIORITY=7\n",
                    "PUSHCART_MESSAGE": "mine", "PUSHCART_TOKEN": "***",
                    "MESSAGE": #"It\nbroke. MESSAGE=mine payment.id=42 run=7 text="a\nPRIORITY=7\n" token=***"#,
                ])
            #expect(log[metadataKey: "run"] == "7")
            #expect(text().isEmpty)
        }
    }

    @Test func `levels become priorities`() throws {
        let journal = try Journal()
        try withStream { descriptor, stream, _ in
            var log = Logger(label: "shop") { Logs.handler($0, stream: stream, descriptor: descriptor, journal: journal.path) }
            log.logLevel = .trace
            let priorities = Logger.Level.allCases.map { level in
                log.log(level: level, "x")
                return journal.next()?["PRIORITY"]
            }
            #expect(priorities == ["7", "7", "6", "5", "4", "3", "2"])
        }
    }

    @Test func `an entry is never larger than the journal takes`() throws {
        let journal = try Journal()
        try withStream { descriptor, stream, text in
            let log = Logger(label: "shop") { Logs.handler($0, stream: stream, descriptor: descriptor, journal: journal.path) }
            let long = String(repeating: "ü", count: 100_000)
            log.info("\(long)", metadata: ["a": "\(long)", "b": "\(long)"])
            let fields = try #require(journal.next())
            #expect(fields["MESSAGE"]?.hasSuffix("ü…") == true)
            #expect(fields["PUSHCART_A"]?.hasSuffix("ü…") == true)
            #expect(fields["PUSHCART_B"] == nil)
            #expect(fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 48 * 1024)
            #expect(text().isEmpty)
        }
    }

    @Test func `without a journal, or when it takes nothing, lines go to standard error`() throws {
        let journal = try Journal()
        try withStream { descriptor, stream, text in
            for (stream, path) in [
                (nil, journal.path), ("1:2", journal.path), (stream, "/nowhere"), (stream, String(repeating: "x", count: 200)),
            ] as [(String?, String)] {
                Logger(label: "shop") { Logs.handler($0, stream: stream, descriptor: descriptor, journal: path) }.info("line")
            }
            let log = Logger(label: "shop") { Logs.handler($0, stream: stream, descriptor: descriptor, journal: journal.path) }
            log.info("to the journal")
            #expect(journal.next() != nil)
            // The journal is full: it is not waited for.
            for _ in 0..<2000 { log.info("more") }
            let lines = text().split(separator: "\n")
            #expect(lines.count > 100)
            #expect(lines.prefix(4).allSatisfy { $0.hasSuffix(" info shop line") })
            #expect(lines.last?.hasSuffix(" info shop more") == true)
        }
    }

    @Test func `a descriptor that takes nothing stops nobody`() {
        LineLogHandler.write([1, 2, 3], to: -1)
        let log = Logs.make(label: "test", level: .critical)
        #expect(log.logLevel == .critical)
        #expect(log.label == "test")
    }
}
