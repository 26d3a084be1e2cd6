import Access
import Domain
import HTTPTypes
import JSON
import Payments

extension JSONType where Value == UpstreamAddress {
    static var upstream: JSONType {
        JSONType<String>.string(8...UpstreamAddress.maximumLength, pattern: "^https?://[!-~]+$")
            .parsed("An address is written as https://host/path, without user, query and fragment.", { UpstreamAddress($0) }, \.description)
    }
}

extension JSONType where Value == APIRoute {
    static var route: JSONType {
        JSONType<String>.string(3...APIRoute.maximumLength, pattern: "^[A-Z,*]+ +/[^ ]*( +[0-9.]+)?$").judged(
            { text in
                do throws(APIRoute.Refusal) { return .good(try APIRoute(text)) } catch { return .bad(error.description) }
            }, \.description)
    }
}

extension ProductView {
    /// What an API has beside other products.
    static let apiMembers: [JSONMember<ProductView, Draft>] = [
        JSONMember(
            "upstream", .upstream, "Where calls of an API go. What is not named on the shop's machine may not lead into private networks.",
            example: "https://api.example/v1", create: .optional, edit: true, find: \ProductView.product.api?.upstream, set: \Draft.upstream),
        JSONMember(
            "upstreamTrusted", JSONType<Bool>.boolean, "Whether it was named on the shop's machine, and may lead anywhere.",
            find: \ProductView.product.api?.isTrusted),
        JSONMember(
            "upstreamHeader", JSONType<String>.string(0...4096),
            "A header field by which the service knows the shop, as `Name: value`; never shown again. Empty takes it away.", create: .optional,
            edit: true, set: \Draft.upstreamHeader),
        JSONMember(
            "hasUpstreamHeader", JSONType<Bool>.boolean, "Whether such a field is set.", find: { $0.product.api.map { $0.credential != nil } }),
        JSONMember(
            "routes", JSONType<APIRoute>.route.list(0...PaidAPI.maximumRoutes),
            "What may be called, and what it costs where that is not the product's price; the most specific wins. Empty sells every call.",
            example: ["GET /forecast/{city} 0.02", "POST /alerts"], create: .optional, edit: true, find: \ProductView.product.api?.routes,
            set: \Draft.routes),
        JSONMember(
            "requestLimit", JSONType<Int>.integer(PaidAPI.Limits.requestRange), "The longest body of a request, in bytes.", example: 1_048_576,
            create: .optional, edit: true, find: \ProductView.product.api?.limits.request, set: \Draft.requestLimit),
        JSONMember(
            "answerLimit", JSONType<Int>.integer(PaidAPI.Limits.headRange), "How long the service may take until it answers, in seconds.",
            example: 30, create: .optional, edit: true, find: \ProductView.product.api?.limits.head, set: \Draft.answerLimit),
        JSONMember(
            "wholeLimit", JSONType<Int>.integer(PaidAPI.Limits.wholeRange), "How long a whole answer may take, in seconds.", example: 600,
            create: .optional, edit: true, find: \ProductView.product.api?.limits.whole, set: \Draft.wholeLimit),
        JSONMember(
            "creditCount", JSONType<Int>.integer(0...PaidAPI.Credit.countRange.upperBound),
            "How many calls of one wallet are answered before they are paid; 0 for none. What it never pays is lost.", example: 5,
            create: .optional, edit: true, find: { $0.product.api?.credit?.count }, set: \Draft.creditCount),
        JSONMember(
            "creditAmount", JSONType<String>.decimal, "What those calls may cost together.", example: "0.10", create: .optional, edit: true,
            find: { $0.product.api?.credit?.amount.amountText }, set: \Draft.creditAmount),
    ]
}

/// Reads what a client says of an API, by the rules that need the shop.
struct ProductAPI {
    let shop: Shop
    let caller: Principal

    private var isLocal: Bool { if case .local = caller.identity { true } else { false } }

    /// - Returns: the API as it is to be; nil where nothing of it is to be changed, and for what is none.
    /// - Throws: only when nothing can be sealed.
    func read(
        _ draft: ProductView.Draft, kind: Product.Kind?, before: PaidAPI?, currency: Currency, _ problems: inout [JSONProblem]
    ) throws -> PaidAPI? {
        guard kind == .api else {
            if kind != nil, draft.namesAPI {
                let member = draft.upstream != nil ? "upstream" : draft.routes != nil ? "routes" : "kind"
                problems.append(JSONProblem(.root.appending(member), "Only a product of kind “api” has this."))
            }
            return nil
        }
        if draft.content != nil { problems.append(JSONProblem(.root.appending("content"), "An API has no bytes; it has an upstream.")) }
        guard let upstream = draft.upstream ?? before?.upstream else {
            // What could not be read has its own problem.
            if !problems.contains(where: { $0.pointer == .root.appending("upstream") }) {
                problems.append(JSONProblem(.root.appending("upstream"), "Say where its calls go."))
            }
            return nil
        }
        guard before == nil || draft.namesAPI else { return nil }
        var api = before ?? PaidAPI(upstream: upstream, isTrusted: isLocal)
        if upstream != api.upstream || isLocal && draft.upstream != nil { (api.upstream, api.isTrusted) = (upstream, isLocal) }
        if !api.isTrusted, !shop.upstreams.names(api.upstream), let sentence = Self.refusal(api.upstream) {
            problems.append(JSONProblem(.root.appending("upstream"), sentence))
        }
        if let text = draft.upstreamHeader { api.credential = try credential(text, &problems) }
        if let routes = draft.routes { api.routes = judged(routes, currency, &problems) }
        if let limit = draft.requestLimit { api.limits.request = limit }
        if let limit = draft.answerLimit { api.limits.head = limit }
        if let limit = draft.wholeLimit { api.limits.whole = limit }
        api.credit = credit(draft, before?.credit, currency, &problems)
        return api
    }

    /// Names are judged when they are asked for; what says plainly where it leads is judged now.
    private static func refusal(_ upstream: UpstreamAddress) -> String? {
        guard upstream.host == "localhost" || InternetAddress(upstream.host).map({ !$0.isPublic }) ?? false else { return nil }
        return
            "This leads into a private network; only somebody on the shop's machine may name it, with “pushcart product edit --upstream” or “upstream-hosts” in pushcart.yaml."
    }

    private func credential(_ text: String, _ problems: inout [JSONProblem]) throws -> [UInt8]? {
        guard !text.isEmpty else { return nil }
        guard CallHeaders.credential(text) != nil else {
            problems.append(JSONProblem(.root.appending("upstreamHeader"), "A header field is written as “Name: value”, in ASCII."))
            return nil
        }
        return try shop.upstreamSeal.seal(Array(text.utf8))
    }

    private func judged(_ routes: [APIRoute], _ currency: Currency, _ problems: inout [JSONProblem]) -> [APIRoute] {
        for (index, route) in routes.enumerated() {
            let place = JSONPointer.root.appending("routes").appending(index)
            if routes[..<index].contains(where: { $0.path == route.path && !Set($0.methods).isDisjoint(with: route.methods) }) {
                problems.append(JSONProblem(place, "Another route has this path and method already."))
            }
            guard let text = route.price else { continue }
            do {
                if let problem = Self.payability(try Money(text, currency), shop) { problems.append(JSONProblem(place, problem)) }
            } catch { problems.append(JSONProblem(place, "\(error)")) }
        }
        return routes
    }

    private func credit(
        _ draft: ProductView.Draft, _ before: PaidAPI.Credit?, _ currency: Currency, _ problems: inout [JSONProblem]
    ) -> PaidAPI.Credit? {
        let count = draft.creditCount ?? before?.count ?? 0
        guard count > 0 else {
            if draft.creditAmount != nil { problems.append(JSONProblem(.root.appending("creditAmount"), "Say how many calls, too.")) }
            return nil
        }
        guard let text = draft.creditAmount ?? before?.amount.amountText else {
            problems.append(JSONProblem(.root.appending("creditCount"), "Say what the calls may cost together, too."))
            return nil
        }
        do {
            let amount = try Money(text, currency)
            if let problem = Self.payability(amount, shop) { problems.append(JSONProblem(.root.appending("creditAmount"), problem)) }
            return PaidAPI.Credit(count: count, amount: amount)
        } catch {
            problems.append(JSONProblem(.root.appending("creditAmount"), "\(error)"))
            return nil
        }
    }
}
