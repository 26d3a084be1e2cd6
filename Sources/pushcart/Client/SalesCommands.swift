import ArgumentParser
import JSON

enum SaleText {
    static let head = ["ORDER", "DATE", "PRODUCT", "AMOUNT", "MONEY", "NETWORK", "PAYER"]

    static func row(_ sale: JSONValue) -> [String] {
        [
            sale.text("order"), sale.text("settledAt"), sale["product"]?.text("slug") ?? "–", "\(sale.text("amount")) \(money(sale))",
            finality(sale), sale.text("network"), sale.text("payer"),
        ]
    }

    /// The asset, with practice money marked wherever it is shown.
    static func money(_ sale: JSONValue) -> String { sale.text("asset") + (sale["sandbox"]?.bool == true ? " (practice)" : "") }

    /// How sure the money is, in words; a sale that a chain took back for good is lost.
    static func finality(_ sale: JSONValue) -> String { sale["finality"]?.string ?? (sale["paid"]?.bool == false ? "lost" : "–") }

    /// Where the settlement stands; of practice money there is nothing to say.
    static func block(_ sale: JSONValue) -> String {
        if let block = sale["block"]?.int64 { return ", in block \(block)" }
        return sale["finality"]?.string == "settled" ? ", in a block that nobody told" : ""
    }

    static let none = "No sales yet. Try one yourself: “pushcart product list” shows what to buy with “pushcart buy”."
}

struct SalesCommand: AsyncParsableCommand, ShopCommand {
    static let configuration = CommandConfiguration(
        commandName: "sales", abstract: "Show what was sold, in all and lately.",
        discussion: "Practice money and real money are never summed.\n\nExample:\n  pushcart sales --json")
    @OptionGroup var shop: ShopOptions
    var data: String? { shop.data }
    @OptionGroup var output: OutputOptions

    func run() async throws {
        output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/sales") }) { sales in
            let totals = (sales["totals"]?.array ?? []).map {
                [String($0["count"]?.int64 ?? 0), "\($0.text("amount")) \(SaleText.money($0))", $0.text("name")]
            }
            guard !totals.isEmpty else { return SaleText.none }
            return TextTable.render(["SALES", "AMOUNT", "NETWORK"], totals) + "\n\n"
                + TextTable.render(SaleText.head, (sales["latest"]?.array ?? []).map(SaleText.row))
        }
    }
}

struct OrderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order", abstract: "List and show orders.", discussion: "Example:\n  pushcart order list",
        subcommands: [List.self, Show.self, RevokeLinks.self])

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            abstract: "List orders, newest first.", discussion: "Example:\n  pushcart order list --limit 100")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Option(name: .long, help: "How many, 1 to 500.") var limit = 50
        @Option(name: .long, help: "Where to go on: the “next” of an earlier list.") var cursor: String?

        func run() async throws {
            let path = "/api/v1/orders?limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? "")
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, path) }) { orders in
                let rows = (orders["items"]?.array ?? []).map(SaleText.row)
                guard !rows.isEmpty else { return SaleText.none }
                let more = orders["next"]?.string.map { "\n\nMore: pushcart order list --cursor \($0)" } ?? ""
                return TextTable.render(SaleText.head, rows) + more
            }
        }
    }

    struct Show: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(abstract: "Show an order.", discussion: "Example:\n  pushcart order show 2026-000001")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Argument(help: "The order's number.") var number: String

        func validate() throws {
            guard !number.isEmpty, number.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D }) else {
                throw ValidationError("“\(number)” is no order number, such as 2026-000001.")
            }
        }

        func run() async throws {
            let path = "/api/v1/orders/\(number)"
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, path) }) { order in
                """
                Order \(order.text("order")), \(order.text("state")) \(order.text("settledAt"))
                  product      \(order["product"]?.text("title") ?? "–") (\(order["product"]?.text("slug") ?? "–"))
                  amount       \(order.text("amount")) \(SaleText.money(order)) on \(order.text("network"))
                  money        \(SaleText.finality(order))\(SaleText.block(order))
                  payer        \(order.text("payer"))
                  transaction  \(order.text("transaction"))
                  sold         sha256 \(order.text("sha256"))
                  receipt      \(order.text("receiptURL"))\(RefundText.lines(order))
                """
            }
        }
    }
}

extension OrderCommand {
    struct RevokeLinks: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke-links", abstract: "Make the links to what a receipt bought worth nothing.",
            discussion: """
                For all links that were made so far; new ones work. The receipt's page, signing in with the wallet and showing the payment again \
                still give the goods.

                Example:
                  pushcart order revoke-links 1-8f14e45fceea167a5a36dedd
                """)
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Argument(help: "The receipt's id, the last part of its address.") var receipt: String

        func validate() throws { _ = try ReceiptCommand.id(receipt) }

        func run() async throws {
            let path = "/api/v1/receipts/\(receipt)/revoke-links"
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.post, path) }) { _ in
                "The links of receipt \(receipt) that were made until now are worth nothing."
            }
        }
    }
}

struct StatusCommand: AsyncParsableCommand, ShopCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the shop is doing.", discussion: "Example:\n  pushcart status")
    @OptionGroup var shop: ShopOptions
    var data: String? { shop.data }
    @OptionGroup var output: OutputOptions

    func run() async throws {
        output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/status") }) { status in
            let payments = (status["payments"]?.array ?? []).map { option in
                let name = "\(option.text("asset")) on \(option.text("name"))\(option["sandbox"]?.bool == true ? " (practice money)" : "")"
                return "  paid in   \(name): \(option["ready"]?.bool == true ? "ready" : option.text("reason"))"
            }.joined(separator: "\n")
            return """
                \(status.text("shop")) at \(status.text("origin")), Pushcart \(status.text("version"))
                \(payments)
                  products  \(status["products"]?.int64 ?? 0) for sale
                  payments  \(status["openPayments"]?.int64 ?? 0) on their way, \(status["unmatchedIncome"]?.int64 ?? 0) unmatched
                  refunds   \(status["openRefunds"]?.int64 ?? 0) on their way
                """
        }
    }
}
