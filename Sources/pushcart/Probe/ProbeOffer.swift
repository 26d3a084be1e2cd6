import JSON
import X402

/// What `PAYMENT-REQUIRED` holds, as far as it could be read.
struct ProbeOffer: Sendable {
    let json: JSONObject
    /// The ways to pay that are JSON objects.
    let ways: [JSONObject]

    init(_ json: JSONObject) {
        self.json = json
        ways = (json["accepts"]?.array ?? []).compactMap(\.object)
    }

    var resource: String? { json["resource"]?["url"]?.string }
    var mediaType: String? { json["resource"]?["mimeType"]?.string }
    /// The method that the discovery extension names.
    var method: String? { json["extensions"]?["bazaar"]?["info"]?["input"]?["method"]?.string }
    /// Whether nothing real is ever paid here.
    var isPractice: Bool { !ways.isEmpty && ways.allSatisfy { $0["extra"]?["sandbox"]?.bool == true } }
    /// Whether version 1 has a name for one of the networks.
    var isForV1: Bool { ways.contains { $0["network"]?.string.flatMap { NetworkNamesV1.name(caip2: $0) } != nil } }

    /// What a decoded header may hold; more than a payment's, for a 402 lists every way to pay.
    static let limits = JSONLimits(maxBytes: 65_536, maxDepth: 32, maxNodes: 10_000)
}
