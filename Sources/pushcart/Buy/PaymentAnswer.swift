import JSON
import X402

/// What a shop's answer to a payment means.
enum PaymentAnswer: Hashable, Sendable {
    /// The goods follow.
    case goods(SettlementResponse?)
    /// Not decided yet: the same payment is to be sent again after so many seconds, never another one.
    case pending(seconds: Int64?)
    /// Nobody can say: an error of the shop's machinery. The same payment is to be sent again.
    case unavailable(String)
    /// Not taken, for a reason in one clause. `isFinal`: the shop says that this payment failed and offers its terms anew.
    case refused(String, isFinal: Bool)

    /// - Parameters:
    ///   - header: reads a header by its name.
    ///   - body: of an answer that is no goods; may be empty.
    init(status: Int, header: (String) -> String?, body: [UInt8]) {
        let settlement = (header(PaymentHeader.response) ?? header(PaymentHeader.responseV1)).flatMap(Self.settlement)
        let json = (try? JSONValue(parsing: body))?.object  // a body that is no JSON says nothing
        switch status {
        case 200...299:
            self = .goods(settlement)
        // What a service answered that was paid, wherever it points.
        case 300...399 where settlement?.success == true:
            self = .goods(settlement)
        case 402:
            let terms = Self.terms(header(PaymentHeader.required), json)
            if let settlement, !settlement.success, settlement.errorReason == .settlementPending {
                self = .pending(seconds: Self.seconds(header("Retry-After")))
            } else if let settlement, !settlement.success {
                let reason = settlement.errorReason?.rawValue
                let words = settlement.errorMessage ?? Self.words(json, without: reason)
                self = .refused(Self.clause([reason, words]), isFinal: terms.isThere)
            } else {
                self = .refused(Self.clause([terms.error ?? Self.words(json, without: nil)]), isFinal: false)
            }
        // A service behind the shop answered so, and the shop says beside it that nothing was taken.
        case 400...599 where settlement?.success == false && settlement?.errorReason != .settlementPending:
            let reason = settlement?.errorReason?.rawValue
            self = .refused(Self.clause(["it answered \(status)", reason, settlement?.errorMessage]), isFinal: false)
        case 408, 425, 429, 500...599:
            self = .unavailable("it answered \(status)")
        default:
            self = .refused(Self.clause(["it answered \(status)", Self.words(json, without: nil)]), isFinal: false)
        }
    }

    /// A header that cannot be read says nothing.
    private static func settlement(_ value: String) -> SettlementResponse? {
        (try? PaymentHeader.decode(value)).flatMap { try? SettlementResponse($0) }
    }

    private static func terms(_ header: String?, _ body: JSONObject?) -> (isThere: Bool, error: String?) {
        if let header, !header.isEmpty { return (true, (try? PaymentHeader.decode(header))?["error"]?.string) }
        return (body?["x402Version"] != nil && body?["accepts"]?.array?.isEmpty == false, body?["error"]?.string)
    }

    private static func words(_ json: JSONObject?, without said: String?) -> String? {
        ["message", "detail", "error", "title"].lazy.compactMap { json?[$0]?.string }.first { !$0.isEmpty && $0 != said }
    }

    private static func clause(_ words: [String?]) -> String {
        var text = words.compactMap { $0.map { BuyText.plain($0, limit: 200) } }.filter { !$0.isEmpty }.joined(separator: ": ")
        while text.last == "." { text.removeLast() }
        return text.isEmpty ? "it gave no reason" : text
    }

    private static func seconds(_ retryAfter: String?) -> Int64? { retryAfter.flatMap { Int64($0) } }
}
