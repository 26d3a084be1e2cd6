/// Text that stays on its line and in its place, whoever wrote it.
enum LogText {
    /// Bytes of one event at most.
    static let maximum = 48 * 1024

    /// Control characters, line separators and marks that turn the direction of writing are written out.
    static func escaped(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return text }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            case "\r": escaped.append(contentsOf: "\\r".unicodeScalars)
            case "\t": escaped.append(contentsOf: "\\t".unicodeScalars)
            case _ where isDangerous(scalar): escaped.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// A value as logfmt has it: bare when it is one word, else in quotation marks.
    static func value(_ text: String) -> String {
        let isBare = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 < 0x7F }
        if isBare { return text }
        return "\"\(escaped(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")))\""
    }

    /// A name as logfmt has it: what would end it becomes `_`.
    static func name(_ text: String) -> String {
        text.isEmpty ? "_" : String(decoding: text.utf8.map { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 < 0x7F ? $0 : 0x5F }, as: UTF8.self)
    }

    /// The beginning of a text, with `…` when something was cut off; never more than `size` bytes, at least 3, and never half a character.
    static func cut(_ text: String, to size: Int) -> String {
        guard text.utf8.count > size else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: size - 3)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return "\(text[..<end])…"
    }
}
