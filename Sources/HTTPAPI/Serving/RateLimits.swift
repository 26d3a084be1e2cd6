import Access
import Domain
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import X402

extension Shop {
    /// The client's address, past our own proxies; nil on a unix socket.
    func client(_ request: Request, _ context: ShopContext) -> InternetAddress? {
        guard let peer = context.peer else { return nil }
        guard !trustedProxies.isEmpty else { return peer }
        return ForwardedFor.client(
            peer: peer, forwarded: request.headers[values: .forwarded], xForwardedFor: request.headers[values: .xForwardedFor],
            trusted: trustedProxies)
    }

    /// The client's address as text, for whoever remembers it; `local` on the control socket.
    func address(_ request: Request, _ context: ShopContext) -> String { client(request, context)?.description ?? "local" }

    /// From where a change comes, as the audit log keeps it for good: the session, whose address is forgotten with it, or the network
    /// (/24, /48) and not the address, which may be somebody's. Empty on this machine.
    func auditOrigin(_ request: Request, _ context: ShopContext, _ caller: Principal?) -> String {
        if case .person(_, let session)? = caller?.identity { return "session:\(session)" }
        return client(request, context)?.network?.description ?? ""
    }

    /// Takes a turn of a budget for whoever asks.
    /// - Parameter caller: who was proved to ask, counted beside the address.
    /// - Returns: header fields that tell how much is left; empty where nothing is counted.
    /// - Throws: 429 when nothing is left.
    @discardableResult
    func take(
        _ budget: RateLimitBudget, _ request: Request, _ context: ShopContext, caller: Principal? = nil
    ) throws(Problem) -> HTTPFields {
        guard limiter.limits[budget] != nil, let client = client(request, context) else { return [:] }
        var subjects = [RateLimitSubject.address(client)]
        switch caller?.identity {
        case .key(let id): subjects.append(.key(id: id))
        case .person(let id, _): subjects.append(.person(id: id))
        case .local, nil: break
        }
        let decision = limiter.take(budget, by: subjects)
        guard let texts = decision.headers else { return [:] }
        var headers: HTTPFields = [.rateLimitPolicy: texts.policy, .rateLimit: texts.limit]
        guard case .refused(_, _, let seconds) = decision else { return headers }
        headers[.retryAfter] = String(seconds)
        throw Problem(.tooManyRequests, "Too many requests; go on in \(seconds) s.", headers: headers)
    }

    /// Refuses a wallet that has used up its turns of paying. Whose wallet it is has not been proved yet, so that this takes none:
    /// nobody uses up the turns of another.
    func checkWallet(_ payload: PaymentPayload) throws(Problem) {
        guard limiter.limits[.payments] != nil, let text = payload.payload["authorization"]?["from"]?.string,
            let seconds = limiter.wait(.payments, for: .wallet(Array(text.lowercased().utf8)))
        else { return }
        throw Problem(
            .tooManyRequests, "This wallet pays too often; go on in \(seconds) s.",
            headers: ProductRoutes.crossOrigin.adding(.retryAfter, String(seconds)))
    }

    /// Counts a payment by the wallet that has proved itself by its signature.
    func countWallet(_ payer: [UInt8]) {
        guard limiter.limits[.payments] != nil else { return }
        _ = limiter.take(.payments, by: [.wallet(Array("0x\(lowercaseHex(payer))".utf8))])
    }
}
