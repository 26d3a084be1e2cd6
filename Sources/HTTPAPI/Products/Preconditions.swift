import HTTPTypes

/// Whether and which part of some bytes a request may have (RFC 9110, sections 13 and 14), decided before any money is taken.
enum Preconditions {
    enum Outcome: Equatable {
        case whole
        /// First and last byte, both included.
        case part(ClosedRange<Int64>)
        case notModified
        case failed
        case unsatisfiable
    }

    static func judge(_ headers: HTTPFields, etag: String, length: Int64) -> Outcome {
        if let wanted = headers[.ifMatch], !lists(wanted, [etag]) { return .failed }
        // Weak tags agree here and not above (section 8.8.3.2).
        if let held = headers[.ifNoneMatch], lists(held, [etag, "W/\(etag)"]) { return .notModified }
        guard let range = headers[.range], headers[values: .range].count == 1 else { return .whole }
        if let condition = headers[.ifRange], condition != etag { return .whole }
        return part(range, length: length)
    }

    private static func lists(_ header: String, _ etags: [String]) -> Bool {
        header.split(separator: ",").contains { entry in
            let entry = entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            let text = String(entry)
            return text == "*" || etags.contains(text)
        }
    }

    /// One range of bytes; several, or a unit that we do not know, mean the whole.
    private static func part(_ header: String, length: Int64) -> Outcome {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return .whole }
        let ends = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }) else { return .whole }
        if ends[0].isEmpty {
            guard let suffix = Int64(ends[1]) else { return .whole }
            guard suffix > 0, length > 0 else { return .unsatisfiable }
            return .part(max(0, length - suffix)...(length - 1))
        }
        guard let first = Int64(ends[0]) else { return .unsatisfiable }
        let last = ends[1].isEmpty ? length - 1 : min(Int64(ends[1]) ?? .max, length - 1)
        guard first < length else { return .unsatisfiable }
        guard first <= last else { return .whole }
        return .part(first...last)
    }
}
