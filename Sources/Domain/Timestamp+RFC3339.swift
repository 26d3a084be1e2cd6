extension Timestamp {
    /// Reads a moment as RFC 3339 (section 5.6) writes it, with any offset; what is finer than a millisecond is cut off, a leap second
    /// counts as the next one. Nil for anything else, and for moments before 1970.
    public init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard (20...64).contains(bytes.count) else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64? {
            guard start + count <= bytes.count else { return nil }
            return bytes[start..<start + count].reduce(0 as Int64?) { sum, byte in
                guard let sum, 0x30...0x39 ~= byte else { return nil }
                return sum * 10 + Int64(byte - 0x30)
            }
        }
        func stands(_ characters: String, at place: Int) -> Bool { place < bytes.count && characters.utf8.contains(bytes[place]) }
        guard stands("-", at: 4), stands("-", at: 7), stands("Tt", at: 10), stands(":", at: 13), stands(":", at: 16), let year = number(0, 4),
            let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), day >= 1, day <= Self.days(year, month), hour < 24, minute < 60, second <= 60
        else { return nil }
        var place = 19
        var milliseconds: Int64 = 0
        if stands(".", at: place) {
            let digits = bytes[(place + 1)...].prefix { 0x30...0x39 ~= $0 }
            guard !digits.isEmpty else { return nil }
            for index in 0..<3 { milliseconds = milliseconds * 10 + (index < digits.count ? Int64(digits[digits.startIndex + index] - 0x30) : 0) }
            place += 1 + digits.count
        }
        var offset: Int64 = 0
        if stands("Zz", at: place) {
            place += 1
        } else {
            guard stands("+-", at: place), stands(":", at: place + 3), let hours = number(place + 1, 2), let minutes = number(place + 4, 2),
                hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[place] == UInt8(ascii: "+") ? 1 : -1)
            place += 6
        }
        guard place == bytes.count else { return nil }
        let seconds = Self.daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        self.init(milliseconds: seconds * 1000 + milliseconds)
    }

    private static func days(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Of the Gregorian calendar, counting years from March so that the leap day comes last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let ofEra = year - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
