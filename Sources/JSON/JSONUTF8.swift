/// Well-formed UTF-8 (Unicode, table 3-7; RFC 3629).
enum JSONUTF8 {
    /// The first byte of the first ill-formed sequence, if there is one.
    static func firstInvalid(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch lead {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: length = 4
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return index
            }
            guard index + length <= end, second.contains(bytes[index + 1]) else { return index }
            for place in index + 2..<max(index + length, index + 2) where bytes[place] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}
