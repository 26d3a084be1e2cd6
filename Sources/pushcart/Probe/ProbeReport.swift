import JSON

/// All that was found out about one address.
struct ProbeReport: Sendable {
    let url: String
    let checks: [ProbeCheck]

    func count(_ verdict: ProbeVerdict) -> Int { checks.count { $0.verdict == verdict } }
    var isPassed: Bool { count(.failure) == 0 }

    /// Such as `38 checks: 36 ok, 1 warning, 0 failures, 1 skipped.`
    var summary: String {
        func number(_ verdict: ProbeVerdict, _ word: String) -> String { count(verdict) == 1 ? "1 \(word)" : "\(count(verdict)) \(word)s" }
        return "\(checks.count) checks: \(count(.ok)) ok, \(number(.warning, "warning")), \(number(.failure, "failure")), \(count(.skipped)) skipped."
    }

    var json: JSONValue {
        .object([
            "url": .string(url), "passed": .bool(isPassed), "summary": .string(summary), "checks": .array(checks.map(\.json)),
        ])
    }

    /// A table, then what to do about what is not in order, then one line that sums it up.
    var text: String {
        let table = TextTable.render(["CHECK", "VERDICT", "WHY"], checks.map { [$0.name, $0.verdict.rawValue, $0.why] })
        let advice = checks.compactMap { check in check.advice.map { [check.name, $0] } }
        let list = advice.isEmpty ? "" : "\n\n" + TextTable.render(["CHECK", "WHAT TO DO"], advice)
        return table + list + "\n\n" + summary
    }
}
