import ArgumentParser
import Domain
import Foundation
import JSON

/// `pushcart key`: keys with which programs call.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make, list and revoke API keys.",
        discussion: "Example:\n  pushcart key create --name \"nightly export\" --role analyst --expires 90d",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a key; it is shown once.",
            discussion: "Example:\n  pushcart key create --name \"nightly export\" --role analyst --scopes orders:read --expires 90d")

        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @Option(name: .long, help: "What it is for.") var name: String
        @Option(name: .long, help: "owner, manager, support, analyst or agent.") var role: String
        @Option(name: .long, help: "What it may do of that, such as products:read,orders:read.") var scopes: String?
        @Option(name: .long, help: "The products it is for, by slug, with commas between.") var products: String?
        @Option(name: .long, help: "The most that it may spend in its life.") var budget: String?
        @Option(name: .long, help: "From where it may be used, such as 203.0.113.0/24.") var addresses: String?
        @Option(name: .long, help: "When it ends: 90d, 12h, or a date such as 2027-01-31.") var expires: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            var body: JSONObject = ["name": .string(name), "role": .string(role)]
            func list(_ text: String) -> JSONValue {
                .array(text.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) })
            }
            if let scopes { body["scopes"] = list(scopes) }
            if let products { body["products"] = list(products) }
            if let addresses { body["addresses"] = list(addresses) }
            if let budget { body["budget"] = .string(budget) }
            if let expires { body["expiresAt"] = .string(try Self.moment(expires, now: Date()).formatted(.iso8601)) }
            let sent = body
            let key = try await ControlClient.with(data: shop.data) { try await $0.send(.post, "/api/v1/keys", .object(sent)) }
            output.write(["id": key["id"] ?? .null, "key": key["key"] ?? .null]) { "\($0.text("key"))\nKeep it now: it is not shown again." }
        }

        /// - Throws: `CommandFailure` with 2 for what is neither a span nor a date.
        static func moment(_ text: String, now: Date) throws -> Date {
            if let unit = text.last, let seconds = ["d": 86_400.0, "h": 3_600.0][unit], let count = Int(text.dropLast()), (1...36_500).contains(count)
            {
                return now.addingTimeInterval(Double(count) * seconds)
            }
            if let date = try? Date.ISO8601FormatStyle().parse(text) { return date }
            if let date = try? Date.ISO8601FormatStyle().year().month().day().parse(text) { return date }
            throw CommandFailure(exitCode: 2, sentence: "“\(text.prefix(40))” is no time; write 90d, 12h or 2027-01-31.")
        }
    }

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show the keys.", discussion: "Example:\n  pushcart key list")

        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let page = try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/keys?limit=500") }
            output.write(page) { page in
                let rows = (page["items"]?.array ?? []).map { key in
                    [
                        String(key["id"]?.int64 ?? 0), "\(key.text("prefix"))…", key.text("role"),
                        key["revokedAt"]?.string.map { "revoked \($0)" } ?? key["expiresAt"]?.string ?? "no end", key.text("usedAt"),
                        key.text("name"),
                    ]
                }
                guard !rows.isEmpty else { return "There are no keys. Make one: pushcart key create --name \"my program\" --role analyst" }
                return TextTable.render(["ID", "KEY", "ROLE", "ENDS", "USED", "NAME"], rows)
            }
        }
    }

    struct Revoke: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Revoke a key, at once and for good.", discussion: "Example:\n  pushcart key revoke 3")

        @Argument(help: "The key's number.") var id: Int64
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = id
            let key = try await ControlClient.with(data: shop.data) { try await $0.send(.delete, "/api/v1/keys/\(id)") }
            output.write(key) { "Revoked \($0.text("prefix"))… (\($0.text("name")))" }
        }
    }
}
