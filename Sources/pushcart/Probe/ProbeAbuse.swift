import JSON
import X402

/// Requests that no honest client makes, and how each may be answered. None of them could pay: nothing is signed.
struct ProbeAbuse: Sendable {
    let name: String
    let question: ProbeQuestion
    /// What it is, for a sentence.
    let what: String

    static let names = [
        "garbage-payment", "oversized-payment", "two-payments", "deep-payment", "wrong-network", "path-encoded-slash", "path-parameter",
        "path-double-slash", "path-trailing-slash", "post",
    ]

    static func all(_ asked: BuyURL, _ offer: ProbeOffer?) -> [ProbeAbuse] {
        func payment(_ name: String, _ what: String, _ headers: [(name: String, value: String)]) -> ProbeAbuse {
            ProbeAbuse(name: name, question: ProbeQuestion(url: asked, headers: headers), what: what)
        }
        let (signature, first, garbage) = (PaymentHeader.signature, PaymentHeader.signatureV1, "bm8gcGF5bWVudA==")
        var all = [
            payment("garbage-payment", "A payment that is no JSON", [(signature, garbage)]),
            payment("oversized-payment", "A payment of 20,000 bytes", [(signature, String(repeating: "A", count: 20_000))]),
            payment("two-payments", "A payment of each version at once", [(signature, garbage), (first, garbage)]),
            payment("deep-payment", "A payment nested 2,000 deep", [(signature, Base64.encode(deep))]),
            payment("wrong-network", "A payment on a network that nobody offered", [(signature, PaymentHeader.encode(foreign(offer)))]),
        ]
        for (name, what, path) in paths(asked.path) {
            // What an address cannot say is not asked.
            guard let url = asked.at(path) else { continue }
            all.append(ProbeAbuse(name: name, question: ProbeQuestion(url: url), what: what))
        }
        all.append(ProbeAbuse(name: "post", question: ProbeQuestion(method: .post, url: asked), what: "A POST without a payment"))
        return all
    }

    private static var deep: [UInt8] {
        Array(#"{"x402Version":2,"accepted":{},"payload":"#.utf8) + [UInt8](repeating: UInt8(ascii: "["), count: 2000)
            + [UInt8](repeating: UInt8(ascii: "]"), count: 2000) + [UInt8(ascii: "}")]
    }

    private static func foreign(_ offer: ProbeOffer?) -> JSONObject {
        var accepted = offer?.ways.first ?? ["scheme": "exact", "amount": "1", "asset": "", "payTo": "", "maxTimeoutSeconds": 300]
        accepted["network"] = "eip155:999999999"
        let zero = "0x" + String(repeating: "0", count: 40)
        let authorization: JSONObject = [
            "from": .string(zero), "to": accepted["payTo"] ?? .string(zero), "value": accepted["amount"] ?? "1", "validAfter": "0",
            "validBefore": "1", "nonce": .string("0x" + String(repeating: "0", count: 64)),
        ]
        return [
            "x402Version": 2, "accepted": .object(accepted),
            "payload": ["signature": .string("0x" + String(repeating: "0", count: 130)), "authorization": .object(authorization)],
        ]
    }

    /// The same path as careless readers take it.
    private static func paths(_ path: String) -> [(name: String, what: String, path: String)] {
        let place = path.lastIndex(of: "/") ?? path.startIndex
        let (before, last) = (path[..<place], path[place...].dropFirst())
        return [
            ("path-encoded-slash", "The address with an encoded slash", "\(before)%2F\(last)"),
            ("path-parameter", "The address with a parameter in its path", "\(path);x=1"),
            ("path-double-slash", "The address with a doubled slash", "\(before)//\(last)"),
            ("path-trailing-slash", "The address with a slash at its end", "\(path)/"),
        ]
    }

    /// - Parameter answer: nil when the connection was closed without one.
    func judge(_ answer: ProbeAnswer?, _ offer: ProbeOffer?) -> ProbeCheck {
        guard let answer else {
            return .warning(name, "\(what) is not answered at all.", "Answer it with 400 or 431, so that whoever made a mistake learns of it.")
        }
        switch answer.status {
        case 500...:
            return .failure(
                name, "\(what) is answered \(answer.status).",
                "Bad input is the client's mistake: answer 4xx, and look for the cause in the shop's log.")
        case 200..<300:
            guard
                answer[PaymentHeader.response] != nil || name.hasSuffix("payments") || name.hasSuffix("payment") || name == "wrong-network"
                    || answer.mediaType == offer?.mediaType?.lowercased().prefix(while: { $0 != ";" }).description
            else {
                return .warning(
                    name, "\(what) is answered \(answer.status), though not with what is for sale as it seems.",
                    "See what is given there; 404 is better.")
            }
            return .failure(
                name, "\(what) is answered \(answer.status): the goods without a payment, as it seems.",
                "The gate and the route must read an address and a payment in one and the same way.")
        default:
            guard name != "post" || offer?.method != "POST" || answer.status == 402 else {
                return .failure(
                    name, "\(what) is answered \(answer.status), though the offer is for POST.", "Answer 402 before the body is looked at.")
            }
            return .ok(name, "\(what) is answered \(answer.status), without goods.")
        }
    }
}
