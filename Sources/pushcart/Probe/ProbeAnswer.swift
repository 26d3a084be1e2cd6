import JSON

/// An answer as far as a probe reads it.
struct ProbeAnswer: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    /// The first bytes of the body, and whether these are all.
    let body: [UInt8]
    let isWhole: Bool

    /// The value of a header; several of one name are one list.
    subscript(name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// Whether a header that is a list holds that word, whatever its case.
    func lists(_ word: String, in name: String) -> Bool {
        let words = (self[name] ?? "").lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        return words.contains(word.lowercased())
    }

    /// The body when it is a JSON object.
    var json: JSONObject? { isWhole ? (try? JSONValue(parsing: body))?.object : nil }

    /// `text/html` of `text/html; charset=utf-8`.
    var mediaType: String { (self["Content-Type"] ?? "").lowercased().prefix { $0 != ";" }.filter { $0 != " " } }

    /// Bytes of the status line and all header fields on the wire, about.
    var headerLength: Int { headers.reduce(32) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 } }
}
