/// What a request says of the trace it is part of (W3C Trace Context, section 3.2): `00-<trace>-<parent>-<flags>`.
public struct TraceParent: Hashable, Sendable, CustomStringConvertible {
    /// 32 lowercase hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lowercase hexadecimal digits, not all zero: the step of the caller.
    public let parentID: String
    /// Whether the caller keeps its part of the trace.
    public let isSampled: Bool

    /// Nil for anything else than the specification has. Of a later version the fields that this one knows are read.
    public init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(256))
        guard bytes.count == text.utf8.count, bytes.count >= 55, bytes[2] == 0x2D, bytes[35] == 0x2D, bytes[52] == 0x2D else { return nil }
        func digits(_ range: Range<Int>) -> String? {
            let part = bytes[range]
            guard part.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }) else { return nil }
            return String(decoding: part, as: UTF8.self)
        }
        guard let version = digits(0..<2), version != "ff", bytes.count == 55 || (version != "00" && bytes[55] == 0x2D),
            let trace = digits(3..<35), trace.utf8.contains(where: { $0 != 0x30 }), let parent = digits(36..<52),
            parent.utf8.contains(where: { $0 != 0x30 }), let flags = digits(53..<55).flatMap({ UInt8($0, radix: 16) })
        else { return nil }
        traceID = trace
        parentID = parent
        isSampled = flags & 1 == 1
    }

    init(traceID: String, parentID: String, isSampled: Bool) {
        self.traceID = traceID
        self.parentID = parentID
        self.isSampled = isSampled
    }

    /// As version 00 writes it.
    public var description: String { "00-\(traceID)-\(parentID)-\(isSampled ? "01" : "00")" }
}
