import ArgumentParser
import Foundation
import JSON

/// `pushcart person`: who works in the shop.
struct PersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "Add, list, export and erase people.",
        discussion: "Example:\n  pushcart person add --email ada@example.com --role manager",
        subcommands: [Add.self, List.self, Export.self, Erase.self])

    struct Add: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a person and print the link by which they set their password.",
            discussion: "Example:\n  pushcart person add --email ada@example.com --name Ada --role manager")

        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @Option(name: .long, help: "Their mail address.") var email: String
        @Option(name: .long, help: "What they are called.") var name: String?
        @Option(name: .long, help: "owner, manager, support, analyst or agent.") var role: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let body: JSONObject = ["email": .string(email), "name": .string(name ?? ""), "role": .string(role)]
            let link = try await ControlClient.with(data: shop.data) { client in
                let person = try await client.send(.post, "/api/v1/people", .object(body))
                return try await client.send(.post, "/api/v1/people/\(person["id"]?.int64 ?? 0)/setup-link")
            }
            output.write(link) { "Added \(email). Their link, good once until \($0.text("expiresAt")):\n\($0.text("url"))" }
        }
    }

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show who works in the shop.", discussion: "Example:\n  pushcart person list")

        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/people?limit=500") }) { page in
                let rows = (page["items"]?.array ?? []).map { person in
                    [
                        String(person["id"]?.int64 ?? 0), person.text("email"), person.text("role"), person.text("state"),
                        person["hasTwoStep"]?.bool == true ? "yes" : "no", person.text("name"),
                    ]
                }
                guard !rows.isEmpty else { return "Nobody is here yet. Make a link for the owner: pushcart setup-link" }
                return TextTable.render(["ID", "MAIL", "ROLE", "STATE", "SECOND STEP", "NAME"], rows)
            }
        }
    }

    struct Export: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Write all that is stored of a person into a zip file of JSON.",
            discussion: "Example:\n  pushcart person export 3 --output ada.zip")

        @Argument(help: "The person's number.") var id: Int64
        @Option(name: .long, help: ArgumentHelp("The file to write (default person-N.zip).", valueName: "file")) var output: String?
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }

        func run() async throws {
            let id = id
            let documents = try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/people/\(id)/export") }
            var zip = ZipArchive()
            for member in documents.object?.members ?? [] { zip.add(member.key, Array(member.value.encoded(pretty: true))) }
            let file = output ?? "person-\(id).zip"
            let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CommandFailure.refused("\(file) cannot be written: \(String(cString: strerror(errno))).") }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data(zip.bytes))
            try handle.synchronize()
            print("Wrote \(file)")
        }
    }

    struct Erase: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "erase", abstract: "Erase a person for good; without --confirm it only shows what would go.",
            discussion: "Example:\n  pushcart person erase 3\n  pushcart person erase 3 --confirm VALUE")

        @Argument(help: "The person's number.") var id: Int64
        @Option(name: .long, help: ArgumentHelp("What the command without it printed.", valueName: "value")) var confirm: String?
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = id
            guard let confirm else {
                let plan = try await ControlClient.with(data: shop.data) { try await $0.send(.get, "/api/v1/people/\(id)/erasure") }
                output.write(plan) { plan in
                    func lines(_ name: String) -> String {
                        (plan[name]?.array ?? []).map { "  \($0["count"]?.int64 ?? 0)  \($0.text("what"))" }.joined(separator: "\n")
                    }
                    return """
                        Gone for good:
                        \(lines("goes"))
                        Stays:
                        \(lines("stays"))
                        Nothing was changed. To erase:  pushcart person erase \(id) --confirm \(plan.text("confirmation"))
                        """
                }
                return
            }
            guard let value = confirm.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
                throw CommandFailure(exitCode: 2, sentence: "“\(confirm.prefix(40))” is no confirmation; nothing was changed.")
            }
            _ = try await ControlClient.with(data: shop.data) { try await $0.send(.delete, "/api/v1/people/\(id)?confirmation=\(value)") }
            output.write(["erased": .integer(id)]) { _ in "Person \(id) is erased." }
        }
    }
}

/// `pushcart setup-link`: a way in without a password.
struct SetupLinkCommand: AsyncParsableCommand, ShopCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup-link", abstract: "Print a link by which the owner, or somebody else, sets a password.",
        discussion: """
            Without --email it is for the first owner of a shop that has none. Good once, for 30 minutes.

            Example:
              pushcart setup-link --email ada@example.com
            """)

    @OptionGroup var shop: ShopOptions
    var data: String? { shop.data }
    @Option(name: .long, help: "Who forgot the password.") var email: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var body = JSONObject()
        if let email { body["email"] = .string(email) }
        let sent = body
        let link = try await ControlClient.with(data: shop.data) { try await $0.send(.post, "/api/v1/setup-links", .object(sent)) }
        output.write(link) { SetupLinkText.text($0.text("url"), expires: $0.text("expiresAt")) }
    }
}

enum SetupLinkText {
    /// The link, and how to reach it when the shop listens on its own machine only and that is not this one.
    static func text(_ url: String, expires: String) -> String {
        var text = "\(url)\nGood once, until \(expires)."
        if let parts = URLComponents(string: url), let host = parts.host, ["127.0.0.1", "localhost", "::1"].contains(host) {
            let port = parts.port ?? 80
            text +=
                "\nIs the shop on another machine? Run this on yours first:  ssh -L \(port):\(host):\(port) \(NSUserName())@\(ProcessInfo.processInfo.hostName)"
        }
        return text
    }
}
