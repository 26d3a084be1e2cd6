import Domain
import HTTPTypes
import NIOHTTP1

/// Which header fields of a call go on to the service, and which of its answer to the buyer. Names are compared without regard to capitals
/// and with underscores as hyphens, for many services read both as one.
enum CallHeaders {
    /// Of one connection (RFC 9110, section 7.6.1), and what frames a message.
    private static let hop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade", "http2-settings", "content-length", "host", "expect",
    ]

    /// What a client may not tell a service: what we say ourselves, and other names for the method.
    private static let ours: Set<String> = [
        "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip",
        "idempotency-key", "x-idempotency-key", "x-request-id", "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
        "x-original-method", "x-rewrite-url", "access-control-expose-headers",
        // Meant for the shop, and nobody's business behind it.
        "authorization", "cookie",
    ]

    /// What a service may not tell a buyer at the shop's address.
    private static let shops: Set<String> = [
        "set-cookie", "server", "date", "x-request-id", "strict-transport-security", "alt-svc", "clear-site-data", "service-worker-allowed",
        "public-key-pins", "nel", "report-to", "refresh", "x-content-type-options",
    ]

    private static func normal(_ name: String) -> String { name.lowercased().replacing("_", with: "-") }

    private static func isPayment(_ name: String) -> Bool {
        name.hasPrefix("payment-") || name.hasPrefix("x-payment") || name.hasPrefix("x-pay-") || name.hasPrefix("x402-") || name == "x-pay"
            || name.hasPrefix("sign-in-with-x") || name.hasPrefix("settlement-") || name == "payment"
    }

    private static func named(_ values: [String]) -> Set<String> {
        Set(values.flatMap { $0.split(separator: ",") }.map { normal($0.filter { $0 != " " && $0 != "\t" }) })
    }

    /// The fields that a service is told.
    /// - Parameters:
    ///   - client: the buyer's address, where it is known.
    ///   - origin: the shop's own.
    static func request(
        _ fields: HTTPFields, client: InternetAddress?, origin: String, idempotencyKey: String, requestID: String,
        credential: (name: String, value: String)?
    ) -> HTTPHeaders {
        let dropped = named(fields[values: .connection])
        var headers = HTTPHeaders()
        for field in fields {
            let name = normal(field.name.rawName)
            guard !hop.contains(name), !ours.contains(name), !isPayment(name), !name.hasPrefix("x-forwarded"), !dropped.contains(name),
                name != credential.map({ normal($0.name) })
            else { continue }
            headers.add(name: field.name.rawName, value: field.value)
        }
        let parts = origin.split(separator: ":", maxSplits: 1)
        let (scheme, host) = (String(parts.first ?? "http"), String(parts.last ?? "").replacing("//", with: ""))
        var forwarded = "host=\"\(host)\";proto=\(scheme)"
        if let client {
            headers.add(name: "X-Forwarded-For", value: client.description)
            forwarded = "for=\(client.isIPv4 ? client.description : "\"[\(client)]\"");" + forwarded
        }
        headers.add(name: "X-Forwarded-Host", value: host)
        headers.add(name: "X-Forwarded-Proto", value: scheme)
        headers.add(name: "Forwarded", value: forwarded)
        headers.add(name: "Idempotency-Key", value: idempotencyKey)
        headers.add(name: "X-Request-Id", value: requestID)
        if let credential { headers.add(name: credential.name, value: credential.value) }
        return headers
    }

    /// The fields of a service's answer that a buyer is told.
    static func response(_ headers: HTTPHeaders) -> HTTPFields {
        let dropped = named(headers["Connection"])
        var fields: HTTPFields = [:]
        for (raw, value) in headers {
            let name = normal(raw)
            guard !hop.contains(name), !shops.contains(name), !isPayment(name), !name.hasPrefix("access-control-"), !dropped.contains(name),
                let fieldName = HTTPField.Name(raw), HTTPField.isValidValue(value)
            else { continue }
            fields.append(HTTPField(name: fieldName, value: value))
        }
        // Bought by one, and no cache's to give to another.
        let isNeverStored = fields[values: .cacheControl].contains { $0.lowercased().contains("no-store") }
        fields[.cacheControl] = isNeverStored ? "private, no-store" : "private"
        fields[.xContentTypeOptions] = "nosniff"
        return fields
    }

    /// A field as somebody wrote it, such as `Authorization: Bearer …`; nil for what is none.
    static func credential(_ text: String) -> (name: String, value: String)? {
        guard text.utf8.count <= 4096, let colon = text.firstIndex(of: ":") else { return nil }
        let name = String(text[..<colon])
        let value = text[text.index(after: colon)...].trimmed
        guard HTTPField.Name(name) != nil, !hop.contains(normal(name)), !value.isEmpty, HTTPField.isValidValue(value),
            value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { return nil }
        return (name, value)
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
