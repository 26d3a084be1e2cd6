import X402

/// Whether the 402, and what HEAD and a browser's preflight are answered, travel well. Pure.
enum ProbeAnswerChecks {
    /// A page that asks; nobody is there.
    static let origin = "https://probe.example"

    static func status(_ answer: ProbeAnswer) -> ProbeCheck {
        let advice = "Answer every request without a payment with 402, before anything else is checked."
        switch answer.status {
        case 402: return .ok("status", "A request without a payment is answered 402.")
        case 200..<300: return .failure("status", "A request without a payment is answered \(answer.status): nothing has to be paid.", advice)
        case 300..<400:
            return .failure("status", "The answer is \(answer.status), to \(answer["Location"] ?? "nowhere").", "Probe the address that it leads to.")
        default: return .failure("status", "A request without a payment is answered \(answer.status).", advice)
        }
    }

    static func sizes(_ answer: ProbeAnswer) -> [ProbeCheck] {
        let (offer, headers) = (answer[PaymentHeader.required]?.utf8.count ?? 0, answer.headerLength)
        let shorter = "Shorten descriptions, leave out schemas, offer fewer ways to pay."
        return [
            offer < ProbeOfferChecks.maximumOffer
                ? .ok("offer-size", "PAYMENT-REQUIRED has \(offer) bytes.")
                : .failure("offer-size", "PAYMENT-REQUIRED has \(offer) bytes; proxies cut headers from 6 KB on.", shorter),
            headers < ProbeOfferChecks.maximumHeaders
                ? .ok("header-size", "All headers have \(headers) bytes together.")
                : .failure("header-size", "All headers have \(headers) bytes together; clients refuse 16 KB.", shorter),
        ]
    }

    static func form(_ answer: ProbeAnswer) -> [ProbeCheck] {
        [
            answer.mediaType == "application/json"
                ? .ok("content-type", "The 402's body says that it is JSON.")
                : .warning(
                    "content-type", "The 402's body is of type “\(answer["Content-Type"] ?? "none")”.", "Programs that ask get application/json."),
            answer.lists("no-store", in: "Cache-Control")
                ? .ok("no-store", "No cache keeps the offer.")
                : .warning(
                    "no-store", "Cache-Control does not say no-store.", "A kept offer has run out when it is used; send Cache-Control: no-store."),
            answer.lists("Accept", in: "Vary") || answer.lists("*", in: "Vary")
                ? .ok("vary", "Caches tell people from programs.")
                : .warning("vary", "Vary does not name Accept.", "Where people see a page at this address, send Vary: Accept, User-Agent."),
        ]
    }

    private static func isOpen(_ answer: ProbeAnswer) -> Bool { ["*", origin].contains(answer["Access-Control-Allow-Origin"] ?? "") }

    static func exposed(_ answer: ProbeAnswer) -> ProbeCheck {
        let exposed = "Access-Control-Expose-Headers"
        let missing = [PaymentHeader.required, PaymentHeader.response].filter { !answer.lists($0, in: exposed) && !answer.lists("*", in: exposed) }
        guard isOpen(answer), missing.isEmpty else {
            return .failure(
                "cors",
                isOpen(answer) ? "Pages may not read \(missing.joined(separator: " and "))." : "Pages of other origins may not read the answer.",
                "Send Access-Control-Allow-Origin: * and Access-Control-Expose-Headers: PAYMENT-REQUIRED, PAYMENT-RESPONSE.")
        }
        return .ok("cors", "Pages may read the offer and the outcome.")
    }

    static func head(_ answer: ProbeAnswer) -> ProbeCheck {
        guard answer.status == 402 else {
            return .warning("head", "HEAD is answered \(answer.status).", "Answer HEAD like GET, without the body.")
        }
        guard answer[PaymentHeader.required] != nil else {
            return .warning("head", "The answer to HEAD has no PAYMENT-REQUIRED.", "Answer HEAD like GET, without the body.")
        }
        return .ok("head", "HEAD is answered like GET.")
    }

    static func preflight(_ answer: ProbeAnswer) -> ProbeCheck {
        let advice = "Answer OPTIONS with 204, Access-Control-Allow-Origin: * and Access-Control-Allow-Headers with PAYMENT-SIGNATURE."
        guard (200..<300).contains(answer.status) else {
            return .failure("preflight", "A browser's preflight is answered \(answer.status), so that no page can pay.", advice)
        }
        let allowed = "Access-Control-Allow-Headers"
        guard isOpen(answer), answer.lists(PaymentHeader.signature, in: allowed) || answer.lists("*", in: allowed) else {
            return .failure("preflight", "A browser's preflight does not allow PAYMENT-SIGNATURE.", advice)
        }
        guard answer.status == 204 else { return .warning("preflight", "A browser's preflight is answered \(answer.status).", advice) }
        return .ok("preflight", "Pages may send a payment.")
    }
}
