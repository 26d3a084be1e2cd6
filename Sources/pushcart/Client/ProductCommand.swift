import ArgumentParser
import Domain
import Foundation
import JSON

struct ProductCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "product", abstract: "Add, list, show, edit and archive products.",
        discussion: "Example:\n  pushcart product list",
        subcommands: [Add.self, List.self, Show.self, Edit.self, Archive.self])

    static func text(_ product: JSONValue) -> String {
        let content = product["content"] ?? .null
        let what =
            product.text("kind") == "api"
            ? ProductAPIWords.text(product)
            : "  content  \(product.text("kind")) “\(content.text("fileName"))”, \(content["length"]?.int64 ?? 0) bytes, sha256 \(content.text("sha256"))"
        return """
            \(product.text("title")) (\(product.text("slug")), \(product.text("state")))
              price    \(product.text("price")) \(product.text("currency"))\(product["repeatable"]?.bool == true ? ", sells every time" : "")
              address  \(product.text("url"))
            \(what)
            """
    }

    /// The words that add and edit share.
    struct Words: ParsableArguments {
        @Option(name: .long, help: "A sentence under the title.") var summary: String?
        @Option(name: .long, help: "ISO 4217 code (default: the shop's).") var currency: String?
        @Option(name: .long, help: ArgumentHelp("Up to 5 tags.", valueName: "a,b")) var tags: String?
        @Option(name: .long, help: ArgumentHelp("A file to sell.", valueName: "file")) var file: String?
        @Option(name: .long, help: ArgumentHelp("A Markdown text to sell.", valueName: "file")) var article: String?
        @OptionGroup(title: "APIs") var api: ProductAPIWords
        @Option(name: .long, help: ArgumentHelp("Media type of the file (default: by its name).", valueName: "type")) var mediaType: String?

        func validate() throws {
            if [file, article, api.upstream].count(where: { $0 != nil }) > 1 {
                throw ValidationError("Name one of --file, --article and --upstream.")
            }
        }

        /// Sends the content, if one is named, and writes all fields that are set.
        func fields(_ client: ControlClient, quiet: Bool) async throws -> JSONObject {
            var json = try api.fields
            if let summary { json["summary"] = .string(summary) }
            if let currency { json["currency"] = .string(currency) }
            if let tags { json["tags"] = .array(tags.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) }) }
            if let path = file ?? article {
                let progress = UploadProgress(path: path, quiet: quiet)
                let stored = try await client.send(file: path) { progress.show($0) }
                progress.end()
                let name = (path as NSString).lastPathComponent
                json["content"] = [
                    "sha256": stored["sha256"] ?? .null, "fileName": .string(name),
                    "mediaType": .string(article != nil ? "text/markdown" : mediaType ?? MediaTypes.of(name)),
                ]
            }
            return json
        }
    }

    struct Add: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer something for sale.",
            discussion: """
                Examples:
                  pushcart product add --slug song --title "My song" --price 0.99 --file song.flac
                  pushcart product add --slug hello --title "Hello" --price 0.01 --article text.md --tags essay,short
                  pushcart product add --slug weather --title "Weather" --price 0.01 --upstream http://127.0.0.1:9000 \\
                    --route "GET /forecast/{city}" --route "POST /alerts 0.05"
                """)
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Option(name: .long, help: "Its name in addresses: a-z, 0-9 and hyphens.") var slug: String
        @Option(name: .long, help: "What people read.") var title: String
        @Option(name: .long, help: "A decimal number, such as 0.01.") var price: String
        @OptionGroup var words: Words
        @Flag(name: .long, help: "Sell it every time, also to who has it already.") var repeatable = false
        @Flag(name: .long, help: "Keep it hidden until it is published.") var draft = false

        func validate() throws {
            if words.file == nil && words.article == nil && words.api.upstream == nil {
                throw ValidationError("Say what is sold: --file, --article or --upstream.")
            }
        }

        func run() async throws {
            let product = try await ControlClient.with(data: shop.data) { [self] client in
                var json = try await words.fields(client, quiet: output.isJSON)
                json["slug"] = .string(slug)
                json["title"] = .string(title)
                json["price"] = .string(price)
                json["kind"] = words.api.upstream != nil ? "api" : words.article != nil ? "article" : "file"
                json["repeatable"] = .bool(repeatable)
                json["state"] = draft ? "draft" : "published"
                return try await client.send(.post, "/api/v1/products", .object(json))
            }
            output.write(product) { "Added \(ProductCommand.text($0))\n\nBuy it:  pushcart buy \($0.text("url"))" }
        }
    }

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the products, newest first.", discussion: "Example:\n  pushcart product list --json")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let list = try await ControlClient.with(data: shop.data) { client -> JSONValue in
                var items: [JSONValue] = []
                var path = "/api/v1/products?limit=500"
                while true {
                    let page = try await client.send(.get, path)
                    items += page["items"]?.array ?? []
                    guard let next = page["next"]?.string, items.count < 10_000 else { break }
                    path = "/api/v1/products?limit=500&before=\(next)"
                }
                return ["items": .array(items)]
            }
            output.write(list) { list in
                let rows = (list["items"]?.array ?? []).map {
                    [$0.text("slug"), "\($0.text("price")) \($0.text("currency"))", $0.text("kind"), $0.text("state"), $0.text("title")]
                }
                return rows.isEmpty
                    ? "Nothing is for sale yet. Add something:\n  pushcart product add --slug hello --title \"Hello\" --price 0.01 --article text.md"
                    : TextTable.render(["SLUG", "PRICE", "KIND", "STATE", "TITLE"], rows)
            }
        }
    }

    struct Show: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(abstract: "Show a product.", discussion: "Example:\n  pushcart product show hello")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Argument(help: "The product.") var slug: String

        func run() async throws {
            let path = try ProductCommand.path(slug)
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, path) }, text: ProductCommand.text)
        }
    }

    struct Edit: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a product.",
            discussion: """
                What is not named stays as it is. A former price is honoured for 15 minutes; orders keep the edition that was sold.

                Example:
                  pushcart product edit hello --price 0.02
                """)
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Argument(help: "The product.") var slug: String
        @Option(name: .long, help: "What people read.") var title: String?
        @Option(name: .long, help: "A decimal number, such as 0.01.") var price: String?
        @OptionGroup var words: Words
        @Flag(name: .long, inversion: .prefixedNo, help: "Sell it every time, also to who has it already.") var repeatable: Bool?
        @Option(name: .long, help: "draft, published or archived.") var state: String?

        func run() async throws {
            let path = try ProductCommand.path(slug)
            let product = try await ControlClient.with(data: shop.data) { [self] client in
                var json = try await words.fields(client, quiet: output.isJSON)
                if let title { json["title"] = .string(title) }
                if let price { json["price"] = .string(price) }
                if let repeatable { json["repeatable"] = .bool(repeatable) }
                if let state { json["state"] = .string(state) }
                guard !json.isEmpty else { throw CommandFailure(exitCode: 2, sentence: "Say what to change, such as --price 0.02.") }
                return try await client.send(.patch, path, .object(json))
            }
            output.write(product) { "Changed \(ProductCommand.text($0))" }
        }
    }

    struct Archive: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a product off sale; who bought it keeps it.", discussion: "Example:\n  pushcart product archive hello")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Argument(help: "The product.") var slug: String

        func run() async throws {
            let path = try ProductCommand.path(slug)
            let product = try await ControlClient.with(data: shop.data) { try await $0.send(.patch, path, ["state": "archived"]) }
            output.write(product) { "Archived \(ProductCommand.text($0))" }
        }
    }

    static func path(_ slug: String) throws -> String {
        guard let slug = Slug(slug) else {
            throw CommandFailure(exitCode: 2, sentence: "“\(slug.prefix(80))” is no slug; “pushcart product list” shows those there are.")
        }
        return "/api/v1/products/\(slug)"
    }
}

/// A line on the terminal that says how far a long file is.
final class UploadProgress: Sendable {
    private let name: String
    private let isShown: Bool

    init(path: String, quiet: Bool) {
        name = (path as NSString).lastPathComponent
        isShown = !quiet && isatty(STDERR_FILENO) == 1
    }

    func show(_ bytes: Int64) {
        guard isShown, bytes % (8 * 1024 * 1024) < 262_144 else { return }
        FileHandle.standardError.write(Data("\r\(name): \(bytes / 1_000_000) MB stored".utf8))
    }

    func end() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}

/// Media types by the end of a file's name, for what creators sell.
enum MediaTypes {
    private static let known: [String: String] = [
        "pdf": "application/pdf", "epub": "application/epub+zip", "zip": "application/zip", "gz": "application/gzip", "json": "application/json",
        "csv": "text/csv", "txt": "text/plain", "md": "text/markdown", "html": "text/html", "flac": "audio/flac", "mp3": "audio/mpeg",
        "ogg": "audio/ogg", "wav": "audio/wav", "m4a": "audio/mp4", "mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime",
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
        "stl": "model/stl", "ttf": "font/ttf", "otf": "font/otf", "woff2": "font/woff2",
    ]

    static func of(_ name: String) -> String { known[(name as NSString).pathExtension.lowercased()] ?? "application/octet-stream" }
}
