import JSON

/// One thing that a shop does right or wrong.
struct ProbeCheck: Hashable, Sendable {
    let name: String
    let verdict: ProbeVerdict
    /// A sentence; what the shop said in it is cut and cleaned.
    let why: String
    /// What to do; nil where nothing has to be done.
    let advice: String?

    private init(_ name: String, _ verdict: ProbeVerdict, _ why: String, _ advice: String?) {
        self.name = name
        self.verdict = verdict
        self.why = BuyText.plain(why, limit: 300)
        self.advice = advice
    }

    static func ok(_ name: String, _ why: String) -> ProbeCheck { ProbeCheck(name, .ok, why, nil) }
    static func skipped(_ name: String, _ why: String) -> ProbeCheck { ProbeCheck(name, .skipped, why, nil) }
    static func warning(_ name: String, _ why: String, _ advice: String) -> ProbeCheck { ProbeCheck(name, .warning, why, advice) }
    static func failure(_ name: String, _ why: String, _ advice: String) -> ProbeCheck { ProbeCheck(name, .failure, why, advice) }

    var json: JSONValue {
        .object(["name": .string(name), "verdict": .string(verdict.rawValue), "why": .string(why), "advice": advice.map(JSONValue.string) ?? .null])
    }
}
