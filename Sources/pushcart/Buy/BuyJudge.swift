import Domain
import EVM
import JSON
import X402EVM

/// Decides which terms of an offer may be signed: a pure rule, on which all trust in a shop rests.
struct BuyJudge: Sendable {
    /// The address that was really asked, after redirects.
    let asked: BuyURL
    /// The most that may be paid, in whole units of the asset's currency.
    let maximum: Money

    enum Verdict: Sendable {
        case acceptable(BuyTerms)
        /// Why not: what follows “it”, such as `costs 2.00 USDC, more than …`.
        case refused(String)
    }

    /// The first way to pay that is acceptable, or for each why it is not.
    func choose(_ offer: BuyOffer) throws(CommandFailure) -> BuyTerms {
        var reasons: [String] = []
        for way in offer.ways {
            switch judge(way, version: offer.version) {
            case .acceptable(let terms): return terms
            case .refused(let reason): if !reasons.contains(reason) { reasons.append(reason) }
            }
        }
        guard !reasons.isEmpty else { throw .refused("Nothing was paid: the offer lists no way to pay.") }
        // However many ways to pay there are, the answer stays a sentence.
        let shown = reasons.prefix(5).joined(separator: "; ")
        throw .refused("Nothing was paid: the offer \(shown)\(reasons.count > 5 ? "; and so on" : "").")
    }

    func judge(_ way: BuyOffer.Way, version: Int) -> Verdict {
        if let problem = resourceProblem(way.resource) { return .refused(problem) }
        guard way.scheme == "exact" else {
            return .refused("wants the scheme “\(BuyText.plain(way.scheme, limit: 40))”, and only “exact” can be paid")
        }
        guard let network = way.network.flatMap({ Network(caip2: $0) }), let preset = NetworkPreset.of(chainID: network.chainID) else {
            return .refused("is on the network “\(BuyText.plain(way.networkText, limit: 40))”, which is not known here")
        }
        if let problem = assetProblem(way, preset) { return .refused(problem) }
        guard let amount = AtomicAmount(wire: way.amount) else {
            return .refused("has the amount “\(BuyText.plain(way.amount, limit: 40))”, which is no whole number of the smallest unit")
        }
        let asset = preset.asset(on: network)
        guard let limit = try? maximum.atomic(decimals: asset.decimals), amount <= limit else {
            return .refused("costs \(asset.text(amount)) on \(preset.name), more than --max-price \(maximum.amountText)")
        }
        if let problem = flowProblem(way.extra) { return .refused(problem) }
        guard let timeout = way.maxTimeoutSeconds, timeout >= 1 else { return .refused("has no usable “maxTimeoutSeconds”") }
        guard let payTo = EVMAddress(hex: way.payTo) else {
            return .refused("would pay “\(BuyText.plain(way.payTo, limit: 60))”, which is no address of a wallet")
        }
        guard payTo != .zero else { return .refused("would pay the zero address, from which nobody can take it") }
        let sandbox = way.extra["sandbox"]?.bool == true
        guard !sandbox || BuyTerms.testNetworks.contains(network.chainID) else {
            return .refused("calls itself practice money, but \(preset.name) is a network of real money")
        }
        return .acceptable(
            BuyTerms(
                version: version, network: network, preset: preset, amount: amount, payTo: payTo, window: min(timeout, BuyTerms.longestWindow),
                sandbox: sandbox, requirements: way.requirements))
    }

    private func resourceProblem(_ resource: String?) -> String? {
        guard let resource, !resource.isEmpty else { return "does not say which address it is for" }
        guard let offered = BuyURL(resource) else { return "is for “\(BuyText.plain(resource, limit: 120))”, which is no address on the web" }
        // Who sells calls names the resource, and what is asked of it stands in the query.
        guard offered != asked, offered != asked.at(asked.path) else { return nil }
        let place = BuyText.plain(offered.description, limit: 200)
        return "is for \(place) and not for \(asked), which was asked (ask for that address itself if you trust it)"
    }

    private func assetProblem(_ way: BuyOffer.Way, _ preset: NetworkPreset) -> String? {
        let token = preset.token
        guard EVMAddress(hex: way.asset) == token.address else {
            return "wants the token \(BuyText.plain(way.asset, limit: 60)), which is not \(token.symbol) on \(preset.name)"
        }
        // The offer may leave out what we know; where it says something else, it is about another token.
        let claims: [(String, JSONValue)] = [
            ("name", .string(token.domainName)), ("version", .string(token.domainVersion)), ("decimals", .integer(token.decimals)),
            ("symbol", .string(token.symbol)),
        ]
        for (name, truth) in claims {
            if let claim = way.extra[name], !claim.isNull, claim != truth {
                return "says that the \(name) of the token is \(BuyText.plain(claim.text, limit: 40)), and on \(preset.name) it is \(truth.text)"
            }
        }
        return nil
    }

    private func flowProblem(_ extra: JSONObject) -> String? {
        if let flow = extra["paymentFlow"], !flow.isNull, flow != "authorization", flow != "upfront" {
            return "wants the payment flow \(BuyText.plain(flow.text, limit: 40)), which is not known here"
        }
        if let method = extra["assetTransferMethod"], !method.isNull, method != "eip3009" {
            return "wants the transfer method \(BuyText.plain(method.text, limit: 40)), and only “eip3009” can be signed"
        }
        return nil
    }
}
