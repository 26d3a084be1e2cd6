import ArgumentParser
import JSON

/// `pushcart refund`: money that goes back to buyers.
struct RefundCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refund", abstract: "Give money back: ask for it, approve it, follow it.",
        discussion: """
            A refund is asked for, approved, and then paid by the daemon from the refund wallet. All refunds of a payment together never \
            exceed what was paid.

            Example:
              pushcart refund create 2026-000001 --reason "bought twice" --approve
            """, subcommands: [Create.self, Approve.self, Cancel.self, Record.self, List.self, Show.self])

    struct Create: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Ask for a refund of an order.",
            discussion: """
                Without --amount all that has not been given back. Access ends when nothing of the price remains with the shop, unless you say.

                Example:
                  pushcart refund create 2026-000001 --amount 0.50 --keep-access
                """)

        @Argument(help: "The order's number, or the receipt's id.") var order: String
        @Option(name: .long, help: "How much, such as 0.50.") var amount: String?
        @Option(name: .long, help: "Why; the buyer does not see it.") var reason: String?
        @Flag(name: .long, help: "Let the buyer keep what was bought.") var keepAccess = false
        @Flag(name: .long, help: "End the buyer's access when the money is back.") var endAccess = false
        @Flag(name: .long, help: "Approve it as well.") var approve = false
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if keepAccess, endAccess { throw ValidationError("Say either --keep-access or --end-access.") }
        }

        func run() async throws {
            var body: JSONObject = ["order": .string(order)]
            if let amount { body["amount"] = .string(amount) }
            if let reason { body["reason"] = .string(reason) }
            if keepAccess || endAccess { body["access"] = .string(keepAccess ? "keep" : "end") }
            if approve { body["approve"] = true }
            let sent = body
            output.write(
                try await ControlClient.with(data: shop.data) { try await $0.send(.post, "/api/v1/refunds", .object(sent)) }, text: RefundText.told)
        }
    }

    struct Approve: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "approve", abstract: "Approve a refund: the daemon pays it.", discussion: "Example:\n  pushcart refund approve 1")
        @Argument(help: "The refund's number.") var id: Int64
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let path = "/api/v1/refunds/\(id)/approve"
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.post, path) }, text: RefundText.told)
        }
    }

    struct Cancel: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Decline a refund that has not been sent.", discussion: "Example:\n  pushcart refund cancel 1")
        @Argument(help: "The refund's number.") var id: Int64
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let path = "/api/v1/refunds/\(id)/cancel"
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.post, path) }, text: RefundText.told)
        }
    }

    struct Record: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "record", abstract: "Write down a refund that you paid from a wallet of yours.",
            discussion: """
                The shop pays nothing and believes you; no chain is asked. A transaction counts for one refund.

                Example:
                  pushcart refund record 2026-000001 --amount 0.50 --transaction 0x…
                """)

        @Argument(help: "The order's number, or the receipt's id.") var order: String
        @Option(name: .long, help: "How much, such as 0.50.") var amount: String?
        @Option(name: .long, help: "The transaction that paid it.") var transaction: String?
        @Option(name: .long, help: "Why; the buyer does not see it.") var reason: String?
        @Flag(name: .long, help: "Let the buyer keep what was bought.") var keepAccess = false
        @Flag(name: .long, help: "End the buyer's access.") var endAccess = false
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if keepAccess, endAccess { throw ValidationError("Say either --keep-access or --end-access.") }
        }

        func run() async throws {
            var body: JSONObject = ["order": .string(order)]
            if let amount { body["amount"] = .string(amount) }
            if let transaction { body["transaction"] = .string(transaction) }
            if let reason { body["reason"] = .string(reason) }
            if keepAccess || endAccess { body["access"] = .string(keepAccess ? "keep" : "end") }
            let sent = body
            output.write(
                try await ControlClient.with(data: shop.data) { try await $0.send(.post, "/api/v1/refunds/record", .object(sent)) },
                text: RefundText.told)
        }
    }

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List refunds, newest first.", discussion: "Example:\n  pushcart refund list --state requested")
        @Option(name: .long, help: "requested, approved, sending, settled, uncertain, failed or cancelled.") var state: String?
        @Option(name: .long, help: "How many, 1 to 500.") var limit = 50
        @Option(name: .long, help: "Where to go on: the “next” of an earlier list.") var cursor: String?
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if let state, !RefundText.states.contains(state) {
                throw ValidationError("“\(state)” is no state of a refund; there are \(RefundText.states.joined(separator: ", ")).")
            }
        }

        func run() async throws {
            let path = "/api/v1/refunds?limit=\(limit)" + (state.map { "&state=\($0)" } ?? "") + (cursor.map { "&cursor=\($0)" } ?? "")
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, path) }) { page in
                let rows = (page["items"]?.array ?? []).map(RefundText.row)
                guard !rows.isEmpty else { return "There are no refunds." }
                let more = page["next"]?.string.map { "\n\nMore: the same with --cursor \($0)" } ?? ""
                return TextTable.render(RefundText.head, rows) + more
            }
        }
    }

    struct Show: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a refund.", discussion: "Example:\n  pushcart refund show 1")
        @Argument(help: "The refund's number.") var id: Int64
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let path = "/api/v1/refunds/\(id)"
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, path) }, text: RefundText.told)
        }
    }
}
