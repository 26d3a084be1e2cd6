import Catalogue
import Domain
import HTTPTypes
import Hummingbird
import JSON
import Payments
import Storage

/// The chains on which the shop takes real money.
struct NetworkEndpoints: Sendable {
    let shop: Shop

    struct View: Sendable {
        let network: ShopNetwork
        /// Whether the daemon has been started since.
        let isInUse: Bool
    }

    struct Draft: Sendable {
        var payTo: String?
        var rpcURL: String?
        var settlerKey: String?
        var facilitatorURL: String?
        var facilitatorToken: String?
        var refundKey: String?
    }

    static let resource = JSONResource<View, Draft>(
        "Network", draft: { Draft() },
        [
            JSONMember("network", .network, "The chain, as CAIP-2.", example: "eip155:8453") { $0.network.network.description },
            JSONMember(
                "payTo", JSONType<String>.string(42...42, pattern: "^0x[0-9a-fA-F]{40}$"), "Where the money goes: your wallet's address.",
                example: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", create: .required, edit: false,
                get: { "0x" + lowercaseHex($0.network.payTo) }, set: \.payTo),
            JSONMember(
                "rpcUrl", JSONType<String>.string(8...500, pattern: "^https?://[!-~]+$"),
                "A node of the chain; never shown again. Left out, the machine's settings name one.", create: .optional, set: \.rpcURL),
            JSONMember(
                "settlerKey", JSONType<String>.string(64...66, pattern: "^(0x)?[0-9a-fA-F]{64}$"),
                "The key that pays network fees; keep little on it. Never shown again. Left out, the one before stays.", create: .optional,
                set: \.settlerKey),
            JSONMember(
                "facilitatorUrl", JSONType<String>.string(8...500, pattern: "^https?://[!-~]+$"),
                "A payment service that settles instead of the shop, by the x402 facilitator interface; never shown again. Instead of a settler key.",
                create: .optional, set: \.facilitatorURL),
            JSONMember(
                "facilitatorToken", JSONType<String>.string(1...4096),
                "What that service knows the shop by: a token, or the JSON file of an Ed25519 key. Never shown again.", create: .optional,
                set: \.facilitatorToken),
            JSONMember(
                "refundKey", JSONType<String>.string(64...66, pattern: "^(0x)?[0-9a-fA-F]{64}$"),
                "The key of the wallet that refunds are paid from; another one than the settler's. Never shown again. Left out, the one before stays.",
                create: .optional, set: \.refundKey),
            JSONMember("hasNode", .boolean, "Whether a node was named here; the machine's settings may name one besides.") { $0.network.node != nil },
            JSONMember("paysFees", .boolean, "Whether a key that pays fees is set.") { $0.network.settlerKey != nil },
            JSONMember("hasFacilitator", .boolean, "Whether a payment service settles instead of the shop.") { $0.network.facilitator != nil },
            JSONMember("paysRefunds", .boolean, "Whether a key that refunds are paid from is set.") { $0.network.refundKey != nil },
            JSONMember("inUse", .boolean, "Whether the daemon takes money so already; if not, it does when it is started again.", get: \.isInUse),
        ])

    private static let id = EndpointParameter.path("network", "The chain, as CAIP-2.", pattern: "^eip155:[1-9][0-9]{0,17}$", example: "eip155:8453")

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/networks", id: "networks.list", summary: "List the chains on which real money is taken",
                access: .permission(.settingsRead), answers: [.page("Network", "The networks, in the order in which they are offered.")]
            ) { _ in EndpointAnswer(Page.json(try shop.reader.networks().map { Self.resource.write(view($0)) }, next: nil)).response },
            Endpoint(
                method: .put, path: "/networks/{network}", id: "networks.set", summary: "Take real money on a chain",
                details: "Replaces what was said of that chain before. The daemon takes it up when it is started again.",
                access: .permission(.settingsWrite), parameters: [Self.id],
                body: .json(Self.resource.creationSchema, example: ["payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"]),
                answers: [.ok("Network", "The network as it is set now.")]
            ) { call in try await set(call) },
            Endpoint(
                method: .delete, path: "/networks/{network}", id: "networks.remove", summary: "Take no more money on a chain",
                details: "From the next start of the daemon on. Sales and receipts stay.", access: .permission(.settingsWrite), parameters: [Self.id],
                answers: [.done("It is out of use.")], refusals: [(.conflict, "Payments or refunds on it have not ended.")]
            ) { call in try await remove(call) },
        ]
    }

    private func view(_ network: ShopNetwork) -> View {
        let isInUse = shop.offers.options.contains {
            !$0.option.sandbox && $0.option.network == network.network && $0.option.payTo == network.payTo
        }
        return View(network: network, isInUse: isInUse)
    }

    private func network(_ call: EndpointCall) throws(Problem) -> Network {
        guard let network = Network(caip2: call.path("network")) else { throw .notFound }
        return network
    }

    private func set(_ call: EndpointCall) async throws -> Response {
        let network = try network(call)
        let (draft, problems) = Self.resource.readCreation(try call.json())
        guard problems.isEmpty, let payTo = draft.payTo else { throw Problem.invalid(problems) }
        let made: ShopNetwork
        do {
            made = try shop.makeNetwork(
                NetworkDraft(
                    network: network, payTo: payTo, rpcURL: draft.rpcURL, settlerKey: draft.settlerKey, facilitatorURL: draft.facilitatorURL,
                    facilitatorToken: draft.facilitatorToken, refundKey: draft.refundKey))
        } catch let refusal as NetworkRefusal {
            let member =
                switch refusal.field {
                case .network: throw Problem(.notFound, refusal.sentence)
                case .payTo: "payTo"
                case .rpcURL: "rpcUrl"
                case .settlerKey: "settlerKey"
                case .facilitatorURL: "facilitatorUrl"
                case .facilitatorToken: "facilitatorToken"
                case .refundKey: "refundKey"
                }
            throw Problem.invalid([JSONProblem(.root.appending(member), refusal.sentence)])
        }
        let answer: @Sendable (ShopNetwork) -> EndpointAnswer = { EndpointAnswer(Self.resource.write(view($0))) }
        try await shop.settingsBook.set(made, actor: call.principal.actor, noting: call.note(answer))
        return answer(made).response
    }

    private func remove(_ call: EndpointCall) async throws -> Response {
        let note = call.note { (removal: NetworkRemoval) in removal == .removed ? EndpointAnswer.empty : nil }
        switch try await shop.settingsBook.remove(try network(call), actor: call.principal.actor, noting: note) {
        case .removed: return EndpointAnswer.empty.response
        case .unknown: throw Problem(.notFound, "No money is taken on that chain.")
        case .busy(let payments):
            throw Problem(.conflict, "\(payments) payments on it have not ended; try again when they have.", kind: "payments-open")
        case .refunding(let refunds):
            throw Problem(
                .conflict, "\(refunds) refunds on it have not ended; try again when they have, or cancel them.", kind: "refunds-open")
        }
    }
}
