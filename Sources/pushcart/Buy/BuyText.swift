/// Texts of a shop on their way to a terminal.
enum BuyText {
    /// One line without control characters and marks that turn the direction of writing, at most `limit` characters.
    static func plain(_ text: String, limit: Int) -> String {
        var line = ""
        // The work is bounded too: a title can be as long as the shop likes.
        for scalar in text.unicodeScalars.prefix(limit * 8) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                if !line.isEmpty, line.last != " " { line.append(" ") }
            case .format, .privateUse, .surrogate, .unassigned: continue
            default: line.unicodeScalars.append(scalar)
            }
        }
        while line.last == " " { line.removeLast() }
        return line.count > limit ? line.prefix(limit - 1) + "…" : line
    }

    /// Such as `1.2 KB`; powers of ten.
    static func size(_ bytes: Int64) -> String {
        guard bytes >= 1000 else { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
        var tenths = bytes / 100
        var unit = 0
        let units = ["KB", "MB", "GB", "TB", "PB"]
        while tenths >= 10_000, unit < units.count - 1 {
            tenths /= 1000
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
