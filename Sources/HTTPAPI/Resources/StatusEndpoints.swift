import Domain
import Hummingbird
import JSON
import Payments
import Storage

/// How the shop stands: what runs, what can be paid, what was sold.
struct StatusEndpoints: Sendable {
    let shop: Shop

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/status", id: "status.show", summary: "Show how the shop stands", access: .permission(.statusRead),
                answers: [.ok("Status", "The shop's state.")]
            ) { _ in EndpointAnswer(Self.status.write(try await state())).response },
            Endpoint(
                method: .get, path: "/sales", id: "status.sales", summary: "Sum what was sold, with the newest orders",
                details: "Practice money and real money are never summed together.", access: .permission(.ordersRead),
                answers: [.ok("Sales", "Totals by asset and the 20 newest orders.")]
            ) { call in try await sales(call) },
            Endpoint(
                method: .get, path: "/facilitators", id: "facilitators.list", summary: "List the ways to be paid",
                access: .permission(.settingsRead), answers: [.page("PaymentWay", "Every way that is set up.")]
            ) { _ in EndpointAnswer(Page.json(ways.map(Self.way.write), next: nil)).response },
        ]
    }

    // MARK: State

    struct Way: Sendable {
        let option: PaymentOption
        let shortfall: String?
        /// The host of the payment service that settles; nil where the shop does.
        let service: String?
    }

    struct State: Sendable {
        let shop: Shop
        let ways: [Way]
        let openPayments: Int
        let openRefunds: Int
        let unmatchedIncome: Int
        let products: Int
        let load: WriterLoad
    }

    private var ways: [Way] { shop.offers.options.map { Way(option: $0.option, shortfall: $0.shortfall, service: shop.offers.service($0.option)) } }

    private func state() async throws -> State {
        State(
            shop: shop, ways: ways, openPayments: try await shop.reader.countOpenPayments(),
            openRefunds: try await shop.reader.countOpenRefunds(),
            unmatchedIncome: try await shop.reader.unmatchedIncomeCount(),
            products: try await shop.reader.products(states: [.published], limit: 1000).count, load: shop.writerLoad())
    }

    static let way = JSONResource<Way, Void>(
        "PaymentWay", draft: {},
        [
            JSONMember("network", .network, "The chain, as CAIP-2.") { $0.option.network.description },
            JSONMember("name", .text(), "What people call the chain.") { $0.option.networkName },
            JSONMember("asset", .text(), "What is paid in.") { $0.option.asset.symbol },
            JSONMember("payTo", .address, "Where the money goes.") { $0.option.payToText },
            JSONMember("sandbox", .boolean, "Whether it is practice money.") { $0.option.sandbox },
            JSONMember("ready", .boolean, "Whether it can be paid just now.") { $0.shortfall == nil },
            JSONMember("reason", JSONType<String>.text(), "Why not.", find: \.shortfall),
            JSONMember(
                "explorer", JSONType<String>.text(), "Where people look a transaction up, with {tx} for its hash; practice money has none.",
                find: { $0.option.sandbox ? nil : $0.option.explorer }),
            JSONMember("service", JSONType<String>.text(), "The host of the payment service that settles, where the shop does not.", find: \.service),
        ])

    static let writer = JSONResource<WriterLoad, Void>(
        "WriterLoad", draft: {},
        [
            JSONMember("writes", .integer(), "Writes since the start.") { Int($0.writes) },
            JSONMember("commits", .integer(), "Commits they shared.") { Int($0.commits) },
            JSONMember("processorMicroseconds", .integer(), "Processor time they took.") { Int($0.processorNanoseconds / 1000) },
        ])

    static let status = JSONResource<State, Void>(
        "Status", draft: {},
        [
            JSONMember("version", .text(), "Pushcart's version.") { $0.shop.version },
            JSONMember("shop", .text(), "The shop's name.") { $0.shop.settings.name },
            JSONMember("origin", .uri, "The public address.") { $0.shop.origin },
            JSONMember("practice", .boolean, "Whether only practice money is taken.") { $0.shop.isPractice },
            JSONMember("startedAt", .moment, "When the daemon was started.") { $0.shop.started },
            JSONMember("payments", way.type.list(), "The ways to be paid.", get: \.ways),
            JSONMember("openPayments", .integer(), "Payments that have not ended.", get: \.openPayments),
            JSONMember("openRefunds", .integer(), "Refunds that are approved and have not ended.", get: \.openRefunds),
            JSONMember("unmatchedIncome", .integer(), "Payments that arrived without a sale.", get: \.unmatchedIncome),
            JSONMember("products", .integer(), "Products that are for sale.", get: \.products),
            JSONMember("writer", writer.type, "What the database's writer has done.", get: \.load),
        ])

    // MARK: Sales

    struct Total: Sendable {
        let total: SalesTotal
        let option: PaymentOption?
    }

    struct Sales: Sendable {
        let totals: [Total]
        let latest: [SaleView]
    }

    static let total = JSONResource<Total, Void>(
        "SalesTotal", draft: {},
        [
            JSONMember("network", .network, "The chain.") { $0.total.network.description },
            JSONMember("sandbox", .boolean, "Whether it is practice money.") { $0.total.sandbox },
            JSONMember("count", .integer(), "How many orders.") { Int($0.total.count) },
            JSONMember("amountAtomic", .atomic, "The sum in the asset's smallest unit.") { $0.total.amount.description },
            JSONMember(
                "amount", JSONType<String>.text(), "The sum in whole units.", find: { of in of.option.map { $0.asset.decimal(of.total.amount) } }),
            JSONMember("asset", JSONType<String>.text(), "The asset's name.", find: { $0.option?.asset.symbol }),
            JSONMember("name", JSONType<String>.text(), "What people call the chain.", find: { $0.option?.networkName }),
        ])

    static let salesResource = JSONResource<Sales, Void>(
        "Sales", draft: {},
        [
            JSONMember("totals", total.type.list(), "One sum for each asset.", get: \.totals),
            JSONMember("latest", SaleView.resource.type.list(), "The newest orders.", get: \.latest),
        ])

    private func sales(_ call: EndpointCall) async throws -> Response {
        guard call.principal.products == nil else {
            throw Problem(.forbidden, "This key is for certain products; list their orders instead.", kind: "permission-missing")
        }
        let totals = try await shop.reader.salesTotals().map { Total(total: $0, option: shop.option($0.network, $0.asset, sandbox: $0.sandbox)) }
        let latest = try await shop.reader.sales(limit: 20).map { SaleView($0, shop) }
        return EndpointAnswer(Self.salesResource.write(Sales(totals: totals, latest: latest))).response
    }
}
