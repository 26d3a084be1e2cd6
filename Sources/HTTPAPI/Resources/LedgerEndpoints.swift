import Domain
import Hummingbird
import JSON
import Payments
import Storage

/// The ledger: every movement of money, and how the accounts stand.
struct LedgerEndpoints: Sendable {
    let shop: Shop

    private static let block = JSONType<Int>.integer(0...9_007_199_254_740_991)
    private static let number = JSONType<Int>.integer(1...9_007_199_254_740_991)

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/ledger/entries", id: "ledger.entries", summary: "List the ledger's lines, newest first",
                details: "A line moves an amount from the account that it credits to the one that it debits. Lines are never changed or deleted.",
                access: .permission(.ledgerRead),
                parameters: [
                    .limit, .cursor, .query("kind", JSONType<LedgerEntryKind>.choice, "Only lines of this kind."),
                    .query("account", Self.number, "Only lines of this account, by its number among the balances."),
                    .query("payment", Self.number, "Only lines of this payment."),
                ], answers: [.page("LedgerLine", "A page of lines.")]
            ) { call in try await entries(call) },
            Endpoint(
                method: .get, path: "/ledger/balances", id: "ledger.balances", summary: "Show how each account stands",
                details: "Practice money and real money have accounts of their own and are never in one sum.", access: .permission(.ledgerRead),
                answers: [.page("LedgerBalance", "All accounts.")]
            ) { call in
                try Self.checkProducts(call)
                let balances = try await shop.reader.ledgerBalances()
                return EndpointAnswer(Page.json(balances.map(Self.balance.write), next: nil)).response
            },
            Endpoint(
                method: .get, path: "/ledger/check", id: "ledger.check", summary: "Compare the ledger with orders and payments",
                details: "Reads everything once: a few seconds for a million sales.", access: .permission(.ledgerRead),
                answers: [.ok("LedgerReport", "What was found.")]
            ) { call in
                try Self.checkProducts(call)
                return EndpointAnswer(Self.report.write(try await shop.reader.checkLedger())).response
            },
            Endpoint(
                method: .post, path: "/ledger/chain-check", id: "ledger.chain-check", summary: "Compare the next blocks of a chain with the ledger",
                details:
                    "One range of blocks a call, beginning where the last one ended. Call it again with `next` as `from` until `done`, then with `following` as `network`. Income that nobody announced is listed in the ledger once.",
                access: .permission(.ledgerWrite),
                parameters: [
                    .query("network", JSONType<String>.string(8...40, pattern: "^eip155:[1-9][0-9]{0,17}$"), "The chain; the first when left out."),
                    .query("from", Self.block, "The block to begin with. What begins elsewhere than the last comparison ended is not remembered."),
                ], answers: [.ok("ChainCheckStep", "What was compared.")]
            ) { call in try await compare(call) },
        ]
    }

    /// The books are of the whole shop.
    static func checkProducts(_ call: EndpointCall) throws(Problem) {
        guard call.principal.products == nil else {
            throw Problem(.forbidden, "This key is for certain products; the books are of the whole shop.", kind: "permission-missing")
        }
    }

    private func entries(_ call: EndpointCall) async throws -> Response {
        try Self.checkProducts(call)
        let limit = try call.limit
        let cursor = try PageCursor(call, sort: "ledger")
        let page = try await shop.reader.ledgerEntries(
            before: try cursor?.lastID, kind: try call.value("kind", .choice), account: try call.value("account", Self.number).map(Int64.init),
            paymentID: try call.value("payment", Self.number).map(Int64.init), limit: limit)
        let next = page.count == limit ? page.last.map { PageCursor(sort: "ledger", last: String($0.id)).text } : nil
        return EndpointAnswer(Page.json(page.map(Self.line.write), next: next)).response
    }

    private func compare(_ call: EndpointCall) async throws -> Response {
        try Self.checkProducts(call)
        let network = try call.value("network", JSONType<String>.string(8...40, pattern: "^eip155:[1-9][0-9]{0,17}$"))
        let from = try call.value("from", Self.block).map { UInt64($0) }
        guard network == nil || network.flatMap({ Network(caip2: $0) }) != nil else {
            throw Problem(.badRequest, "The parameter “network” is no chain.")
        }
        let answer: @Sendable (ChainCheckStep) -> EndpointAnswer = { EndpointAnswer(Self.step.write($0)) }
        let step = try await shop.gate.chainCheck.step(
            network.flatMap { Network(caip2: $0) }, from: from, actor: call.principal.actor, noting: call.note(answer), answer: answer)
        guard let step else { throw Problem(.badRequest, "The parameter “network”: no money is taken on that chain.") }
        return step.response
    }

    // MARK: Resources

    static let step = JSONResource<ChainCheckStep, Void>(
        "ChainCheckStep", draft: {},
        [
            JSONMember(
                "network", JSONType<String>.network, "The chain; missing where the shop takes no real money.", example: "eip155:8453",
                find: { $0.network?.description }),
            JSONMember("from", block, "The first block that was compared.", find: { $0.blocks.map { Int(clamping: $0.lowerBound) } }),
            JSONMember("through", block, "The last block that was compared.", find: { $0.blocks.map { Int(clamping: $0.upperBound) } }),
            JSONMember("next", block, "The block to go on with.", find: { $0.next.map { Int(clamping: $0) } }),
            JSONMember(
                "final", block, "The newest block that the chain cannot take back; none after it is compared.",
                find: { $0.final.map { Int(clamping: $0) } }),
            JSONMember("transfers", .integer(), "Transfers to the shop that the chain showed.", get: \.transfers),
            JSONMember("sales", .integer(), "Sales among them.", get: \.sales),
            JSONMember("foreign", .integer(), "Transfers that nobody had announced, listed now.", get: \.foreign),
            JSONMember("findings", JSONType<String>.text().list(), "What does not agree.", get: \.findings),
            JSONMember("done", .boolean, "Whether nothing is left on this chain.", get: \.isDone),
            JSONMember("problem", JSONType<String>.text(), "Why it cannot go on.", find: \.problem),
            JSONMember("problemPasses", .boolean, "Whether to try the same again.", get: \.problemPasses),
            JSONMember("following", JSONType<String>.network, "The chain that comes after it.", find: { $0.following?.description }),
        ])

    static let account = JSONResource<LedgerAccount, Void>(
        "LedgerAccount", draft: {},
        [
            JSONMember("kind", .choice, "What it stands for.", get: \.kind),
            JSONMember("address", JSONType<String>.address, "The address on the chain, where it has one.", find: { hex($0.address) }),
        ])

    /// What is said of the money, alike for lines and balances.
    private static func facts<Of>(_ asset: @escaping @Sendable (Of) -> LedgerAsset, _ unit: @escaping @Sendable (Of) -> LedgerUnit?) -> [JSONMember<
        Of, Void
    >] {
        [
            JSONMember("network", .network, "The chain, as CAIP-2.", example: "eip155:8453") { asset($0).network.description },
            JSONMember(
                "contract", JSONType<String>.address, "The asset's contract; missing for the network's own coin.",
                find: { hex(asset($0).address) }),
            JSONMember("asset", JSONType<String>.text(), "The asset's name.", example: "USDC", find: { unit($0)?.symbol }),
            JSONMember("sandbox", .boolean, "Whether it is practice money.") { asset($0).sandbox },
        ]
    }

    private static func hex(_ address: [UInt8]) -> String? { address.isEmpty ? nil : "0x" + lowercaseHex(address) }

    static let line = JSONResource<LedgerEntry, Void>(
        "LedgerLine", draft: {},
        [
            JSONMember("id", .integer(), "Its number.") { Int($0.id) },
            JSONMember("kind", .choice, "Why the money moved.", get: \.movement.kind),
            JSONMember("payment", .integer(), "The payment that it belongs to.", find: { $0.movement.paymentID.map(Int.init) }),
            JSONMember("debit", account.type, "The account that took.", get: \.movement.debit),
            JSONMember("credit", account.type, "The account that gave.", get: \.movement.credit),
            JSONMember("amountAtomic", .atomic, "The amount in the asset's smallest unit.", example: "1000000") { $0.movement.amount.description },
            JSONMember(
                "amount", JSONType<String>.text(), "The amount in whole units.", example: "1.00", find: { $0.unit?.decimal($0.movement.amount) }),
            JSONMember("at", .moment, "When.", get: \.at),
            JSONMember("auditEntry", .integer(), "The entry of the audit log whose hash covers it.") { Int($0.sequence) },
            JSONMember("reverses", .integer(), "The line that it takes back.", find: { $0.movement.reverses.map(Int.init) }),
        ] + facts({ $0.movement.debit.asset }, \.unit))

    static let balance = JSONResource<LedgerBalance, Void>(
        "LedgerBalance", draft: {},
        [
            JSONMember("id", .integer(), "The account's number.") { Int($0.accountID) },
            JSONMember("account", account.type, "The account.", get: \.account),
            JSONMember("amountAtomic", signed, "The balance in the asset's smallest unit.", example: "-21000") {
                ($0.isNegative ? "-" : "") + $0.amount.description
            },
            JSONMember(
                "amount", JSONType<String>.text(), "The balance in whole units.", example: "1.00",
                find: { balance in balance.unit.map { (balance.isNegative ? "-" : "") + $0.decimal(balance.amount) } }),
            JSONMember("finalAtomic", signed, "What of the balance no chain can take back any more.", example: "-21000") {
                ($0.final.isNegative ? "-" : "") + $0.final.amount.description
            },
            JSONMember(
                "final", JSONType<String>.text(), "The same in whole units.", example: "1.00",
                find: { balance in balance.unit.map { (balance.final.isNegative ? "-" : "") + $0.decimal(balance.final.amount) } }),
            JSONMember("debitsAtomic", .atomic, "All that it ever took.") { $0.debits.description },
            JSONMember("creditsAtomic", .atomic, "All that it ever gave.") { $0.credits.description },
        ] + facts(\.account.asset, \.unit))

    private static let signed = JSONType<String>.text().described(["pattern": "^(0|-?[1-9][0-9]*)$"])

    static let report = JSONResource<LedgerReport, Void>(
        "LedgerReport", draft: {},
        [
            JSONMember("clean", .boolean, "Whether nothing was found.", get: \.isClean),
            JSONMember("count", .integer(), "How many things are wrong.") { Int($0.count) },
            JSONMember("findings", JSONType<String>.text().list(0...LedgerReport.limit), "A sentence for each of the first.", get: \.findings),
            JSONMember("payments", .integer(), "Payments that were looked at.") { Int($0.payments) },
            JSONMember("orders", .integer(), "Orders that were looked at.") { Int($0.orders) },
            JSONMember("entitlements", .integer(), "Entitlements that were looked at.") { Int($0.entitlements) },
            JSONMember("lines", .integer(), "Lines of the ledger that were looked at.") { Int($0.lines) },
        ])
}
