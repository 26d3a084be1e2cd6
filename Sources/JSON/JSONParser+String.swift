extension JSONParser {
    /// Reads the string whose opening quote is here. What has no escape is taken over as it stands.
    mutating func parseString() throws(JSONError) -> String {
        let start = position + 1
        var index = start
        var foreign = false
        var escaped = false
        while true {
            index = skipPlain(from: index)
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                escaped = true
                index = try checkEscape(at: index)
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, offset: index)
            } else {
                foreign = foreign || byte >= 0x80
                index += 1
            }
        }
        if foreign, let offset = JSONUTF8.firstInvalid(in: bytes, from: start, to: index) { throw JSONError(.invalidUTF8, offset: offset) }
        position = index + 1
        let content = UnsafeBufferPointer(rebasing: bytes[start..<index])
        guard escaped else { return String(decoding: content, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: content.count) { JSONParser.unescape(content, into: $0) }
    }

    /// Skips ASCII that needs no look: eight bytes at a time while none of them is a quote, a backslash, a control or
    /// has its high bit set.
    @inline(__always)
    private func skipPlain(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index &+ 8 <= bytes.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            let found = word | (word &- ones &* 0x20) | (quote &- ones) | (slash &- ones)
            if found & highs != 0 { break }
            index &+= 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { break }
            index &+= 1
        }
        return index
    }

    /// Checks the escape whose backslash is at `start`; a surrogate pair counts as one. Returns where it ends.
    private func checkEscape(at start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(at: start)
            if unit & 0xF800 != 0xD800 { return start + 6 }
            guard unit < 0xDC00, start + 7 < bytes.count, bytes[start + 6] == UInt8(ascii: "\\"), bytes[start + 7] == UInt8(ascii: "u")
            else { throw JSONError(.loneSurrogate, offset: start) }
            guard try codeUnit(at: start + 6) & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, offset: start) }
            return start + 12
        default:
            throw JSONError(.invalidEscape, offset: start)
        }
    }

    /// The four hexadecimal digits after `\u`.
    private func codeUnit(at start: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for index in start + 2..<start + 6 {
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
            guard let digit = JSONParser.hexDigit(bytes[index]) else { throw JSONError(.invalidEscape, offset: start) }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: UInt16(byte - 0x30)
        case 0x41...0x46: UInt16(byte - 0x41 + 10)
        case 0x61...0x66: UInt16(byte - 0x61 + 10)
        default: nil
        }
    }

    /// Writes out a string whose escapes have been checked; never longer than its source. Returns the length.
    private static func unescape(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var length = 0
        var index = 0
        func write(_ byte: UInt8) {
            target[length] = byte
            length += 1
        }
        func unit() -> UInt32 {
            let digits = source[index + 2..<index + 6]
            index += 6
            return digits.reduce(0) { $0 << 4 | UInt32(hexDigit($1) ?? 0) }
        }
        while index < source.count {
            guard source[index] == UInt8(ascii: "\\") else {
                write(source[index])
                index += 1
                continue
            }
            if source[index + 1] == UInt8(ascii: "u") {
                var code = unit()
                if code & 0xFC00 == 0xD800 { code = 0x10000 + (code & 0x3FF) << 10 + unit() & 0x3FF }
                guard let scalar = Unicode.Scalar(code) else { continue }
                UTF8.encode(scalar)?.forEach(write)
                continue
            }
            switch source[index + 1] {
            case UInt8(ascii: "b"): write(0x08)
            case UInt8(ascii: "f"): write(0x0C)
            case UInt8(ascii: "n"): write(0x0A)
            case UInt8(ascii: "r"): write(0x0D)
            case UInt8(ascii: "t"): write(0x09)
            case let other: write(other)
            }
            index += 2
        }
        return length
    }
}
