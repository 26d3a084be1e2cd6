import Domain
import JSON
import X402

/// Whether the 402's body is one that the version 1 client takes, which refuses the whole for one odd entry. Pure.
struct ProbeV1Checks: Sendable {
    let asked: BuyURL
    let answer: ProbeAnswer
    let offer: ProbeOffer?

    private static let name = "v1-body"

    var check: ProbeCheck {
        guard let body = answer.json, body["x402Version"]?.int64 == 1 else {
            guard offer?.isForV1 != false else { return .skipped(Self.name, "Version 1 has no name for any network of this offer.") }
            return .warning(
                Self.name, "The body holds no offer of version 1.", "Send one beside the header: many clients know version 1 only.")
        }
        guard let ways = body["accepts"]?.array, !ways.isEmpty else { return failure("“accepts” lists no way to pay.") }
        for way in ways {
            guard let way = way.object else { return failure("a way to pay is no JSON object.") }
            if let problem = problem(way) { return failure(problem) }
        }
        return .ok(Self.name, "Version 1's client can read the body.")
    }

    private func failure(_ problem: String) -> ProbeCheck {
        .failure(Self.name, "In the body, \(problem)", "Version 1's client refuses the whole body for this; correct it, or leave version 1 out.")
    }

    private func problem(_ way: JSONObject) -> String? {
        for field in ["scheme", "network", "maxAmountRequired", "resource", "description", "mimeType", "payTo", "asset"] {
            guard way[field]?.string != nil else { return "“\(field)” is missing, or no text." }
        }
        guard let network = way["network"]?.string, NetworkNamesV1.caip2(name: network) != nil else {
            return "the network is \(way["network"]?.text ?? "missing"); version 1 knows base, base-sepolia, avalanche and avalanche-fuji."
        }
        guard let amount = way["maxAmountRequired"]?.string.flatMap({ AtomicAmount(wire: $0) }), amount.units > 0 else {
            return "“maxAmountRequired” is no positive whole number as text."
        }
        guard way["resource"]?.string.flatMap({ BuyURL($0) }) == asked else { return "“resource” is not the address that was asked." }
        for field in ["payTo", "asset"] {
            if let problem = ProbeOfferChecks.addressProblem(way[field]?.string) { return "“\(field)” \(problem)." }
        }
        guard let seconds = way["maxTimeoutSeconds"]?.int64, seconds > 0 else { return "“maxTimeoutSeconds” is no positive whole number." }
        for field in ["name", "version"] {
            guard way["extra"]?[field]?.string != nil else { return "“extra.\(field)” is missing, or no text." }
        }
        return nil
    }
}
