/// The grammar of the text exposition format 0.0.4.
enum PrometheusText {
    /// A name of letters, digits, `_` and `:` that does not begin with a digit; anything else becomes `_`.
    static func name(_ text: String, colon: Bool = true) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: byte
            case 0x3A where colon: byte
            default: 0x5F
            }
        }
        if bytes.first.map({ (0x30...0x39).contains($0) }) ?? true { bytes.insert(0x5F, at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Labels as they stand between the braces, in the order of their names, so that one set has one spelling. The first of two that
    /// have the same name stays. `le` belongs to histograms.
    static func labels(_ labels: [(String, String)], isHistogram: Bool) -> String {
        var seen: Set<String> = []
        return labels.compactMap { label, value -> (String, String)? in
            let plain = name(label, colon: false)
            let name = isHistogram && plain == "le" ? "le_" : plain
            return seen.insert(name).inserted ? (name, "\(name)=\"\(escaped(value, quote: true))\"") : nil
        }.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: ",")
    }

    /// - Parameter quote: label values escape the quotation mark, help texts do not.
    static func escaped(_ text: String, quote: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x5C: bytes += [0x5C, 0x5C]
            case 0x0A: bytes += [0x5C, 0x6E]
            case 0x22 where quote: bytes += [0x5C, 0x22]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value)?.description ?? value.description
    }

    static func line(_ name: String, _ labels: String, _ value: Double, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
    }
}
