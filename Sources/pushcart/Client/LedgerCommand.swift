import ArgumentParser
import Domain
import JSON

/// `pushcart ledger`: every movement of money.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Show and check every movement of money.", discussion: "Example:\n  pushcart ledger check",
        subcommands: [Check.self, List.self, Balances.self])

    struct Check: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Compare the ledger with orders, payments and the audit log, and with the chain.",
            discussion: """
                Ends with 1 and says what is wrong when something is, and with 75 when the same command may go on later. With --chain every \
                transfer into the shop's wallets is compared too, from where the last comparison ended.

                Example:
                  pushcart ledger check --chain
                """)
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Flag(name: .long, help: "Compare it with the chains too.") var chain = false
        @Option(name: .long, help: "With --chain: the first block to compare, instead of the one after the last comparison.") var fromBlock: UInt64?

        func validate() throws {
            if fromBlock != nil, !chain { throw ValidationError("--from-block goes with --chain.") }
            if let fromBlock, fromBlock > 9_007_199_254_740_991 { throw ValidationError("--from-block is no number of a block.") }
        }

        func run() async throws {
            let (asked, from) = (chain, fromBlock)
            let (ledger, chains) = try await ControlClient.with(data: shop.data) { client in
                let ledger = try await LongRun.telling("Checking the ledger") {
                    try await client.send(.get, "/api/v1/ledger/check", timeout: .seconds(3600))
                }
                return (ledger, asked ? try await ChainComparison.run(client, from: from) : [])
            }
            let report = asked ? ChainComparison.whole(ledger, chains) : ledger
            let wrong = (ledger["clean"]?.bool == true ? [] : [Self.findings(ledger)]) + chains.flatMap(\.findings)
            let stopped = chains.compactMap(\.problem)
            if !wrong.isEmpty || !stopped.isEmpty {
                if output.isJSON { output.write(report) { _ in "" } }
                let sentence = (wrong + stopped.map(\.sentence)).joined(separator: "\n")
                throw wrong.isEmpty && stopped.allSatisfy(\.passes) ? CommandFailure.tryAgain(sentence) : CommandFailure.refused(sentence)
            }
            output.write(report) { report in
                let agreed =
                    "The ledger is right: \(ledger["lines"]?.int64 ?? 0) lines, \(ledger["payments"]?.int64 ?? 0) payments and \(ledger["orders"]?.int64 ?? 0) orders agree."
                return ([agreed] + chains.map(\.sentence)).joined(separator: "\n")
            }
        }

        /// What is wrong, one sentence a line.
        static func findings(_ report: JSONValue) -> String {
            let sentences = report["findings"]?.array?.compactMap(\.string) ?? []
            let more = (report["count"]?.int64 ?? 0) - Int64(sentences.count)
            return (sentences + (more > 0 ? ["And \(more) more."] : [])).joined(separator: "\n")
        }
    }

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the ledger's lines, newest first.",
            discussion: "Example:\n  pushcart ledger list --kind gas --limit 100")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Option(name: .long, help: "sale, gas, refund, fee, payout, foreign or reversal.") var kind: String?
        @Option(name: .long, help: "Only lines of this account, by its number among the balances.") var account: Int64?
        @Option(name: .long, help: "Only lines of this payment, by its number.") var payment: Int64?
        @Option(name: .long, help: "How many, 1 to 500.") var limit = 50
        @Option(name: .long, help: "Where to go on: the “next” of an earlier list.") var cursor: String?

        func validate() throws {
            if let kind, LedgerEntryKind(rawValue: kind) == nil {
                throw ValidationError("“\(kind)” is no kind of line; there are \(LedgerEntryKind.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
        }

        func run() async throws {
            var path = "/api/v1/ledger/entries?limit=\(limit)"
            if let kind { path += "&kind=\(kind)" }
            if let account { path += "&account=\(account)" }
            if let payment { path += "&payment=\(payment)" }
            if let cursor { path += "&cursor=\(cursor)" }
            let asked = path
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, asked) }) { page in
                let rows = (page["items"]?.array ?? []).map { line in
                    [
                        String(line["id"]?.int64 ?? 0), line.text("at"), line.text("kind"), line["debit"]?.text("kind") ?? "–",
                        line["credit"]?.text("kind") ?? "–", LedgerText.amount(line), line["payment"]?.int64.map { "payment \($0)" } ?? "–",
                    ]
                }
                guard !rows.isEmpty else { return "There are no lines." }
                let more = page["next"]?.string.map { "\n\nMore: the same with --cursor \($0)" } ?? ""
                return TextTable.render(["LINE", "DATE", "KIND", "INTO", "OUT OF", "AMOUNT", "FOR"], rows) + more
            }
        }
    }

    struct Balances: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "balances", abstract: "Show how each account stands.",
            discussion:
                "Practice money and real money are never summed. FINAL is what of the balance no network can take back any more.\n\nExample:\n  pushcart ledger balances"
        )
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let page = try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/ledger/balances", timeout: .seconds(3600)) }
            output.write(page) { page in
                let rows = (page["items"]?.array ?? []).map { balance in
                    [
                        String(balance["id"]?.int64 ?? 0), balance["account"]?.text("kind") ?? "–", LedgerText.amount(balance),
                        balance["final"]?.string ?? balance.text("finalAtomic"),
                        balance.text("network"), balance["account"]?.text("address") ?? "–",
                    ]
                }
                guard !rows.isEmpty else { return "There are no accounts yet; the first sale makes them." }
                return TextTable.render(["ACCOUNT", "KIND", "BALANCE", "FINAL", "NETWORK", "ADDRESS"], rows)
            }
        }
    }
}

enum LedgerText {
    /// An amount with its asset; in the smallest unit while the shop does not know how the asset is written. Practice money is marked.
    static func amount(_ money: JSONValue) -> String {
        let practice = money["sandbox"]?.bool == true ? " (practice)" : ""
        guard let amount = money["amount"]?.string, let asset = money["asset"]?.string else {
            return "\(money.text("amountAtomic")) of \(money["contract"]?.string ?? "the network's coin")\(practice)"
        }
        return "\(amount) \(asset)\(practice)"
    }
}
