/// The grammar of numbers (RFC 8259, section 6), in one place for the parser and ``JSONNumber``.
enum JSONNumberGrammar {
    enum Scan {
        /// A number of this many bytes; what follows it is the caller's business.
        case number(length: Int)
        case refused(JSONError.Reason, offset: Int)
    }

    /// Reads a number that begins at `start`.
    @inline(__always)
    static func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Scan {
        let end = bytes.count
        var index = start
        if index < end, bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard index < end else { return .refused(.unexpectedEnd, offset: index) }
        if bytes[index] == UInt8(ascii: "0") {
            index += 1
            if index < end, isDigit(bytes[index]) { return .refused(.leadingZero, offset: index - 1) }
        } else {
            guard skipDigits(bytes, &index) else { return .refused(.invalidNumber, offset: index) }
        }
        if index < end, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard skipDigits(bytes, &index) else { return .refused(index < end ? .invalidNumber : .unexpectedEnd, offset: index) }
        }
        if index < end, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < end, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
            guard skipDigits(bytes, &index) else { return .refused(index < end ? .invalidNumber : .unexpectedEnd, offset: index) }
        }
        return .number(length: index - start)
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// False when there was not a single digit.
    @inline(__always)
    private static func skipDigits(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Bool {
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return index > start
    }
}
