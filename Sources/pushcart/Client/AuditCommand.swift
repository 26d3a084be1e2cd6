import ArgumentParser
import Domain
import JSON

/// `pushcart audit`: who did what and when.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show and check the log of who did what.", discussion: "Example:\n  pushcart audit verify",
        subcommands: [Verify.self, List.self])

    struct Verify: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Find out whether anybody has been at the log or the ledger.",
            discussion: """
                Ends with 1 and names the first entry that was changed, removed, inserted or put elsewhere. That the end was cut off shows by \
                the file audit-head beside the database; should that be gone as well, only by a head that you kept outside the shop and give here.

                Example:
                  pushcart audit verify --head 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                """)
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Option(name: .long, help: "A head that was printed or logged before.") var head: String?

        func validate() throws {
            if let head, AuditMark(head) == nil {
                throw ValidationError("“\(head.prefix(100))” is no head, such as the one that this command prints.")
            }
        }

        func run() async throws {
            let path = "/api/v1/audit/verify" + (head.flatMap { AuditMark($0) }.map { "?head=\($0)" } ?? "")
            let verdict = try await LongRun.telling("Checking the audit log") {
                try await ControlClient.with(data: shop.data) { try await $0.send(.get, path, timeout: .seconds(3600)) }
            }
            guard verdict["intact"]?.bool == true else {
                if output.isJSON { output.write(verdict) { _ in "" } }
                throw CommandFailure.refused(verdict.text("sentence"))
            }
            output.write(verdict, text: Self.text)
        }

        /// What is said of a log that is as it was written.
        static func text(_ verdict: JSONValue) -> String {
            guard let mark = verdict["mark"]?.string else { return "The audit log is empty." }
            var lines = [
                "The audit log is as it was written: \(verdict["entries"]?.int64 ?? 0) entries, \(verdict["heads"]?.int64 ?? 0) signed heads."
            ]
            if let others = verdict["otherKeys"]?.int64, others > 0 {
                lines.append("\(others) of them were signed by another key than today's; that is so after the node's key was changed.")
            }
            return (lines + ["Head to keep outside the shop: \(mark)"]).joined(separator: "\n")
        }
    }

    struct List: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List what was done, newest first.",
            discussion: "Example:\n  pushcart audit list --kind product.edited --limit 100")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Option(name: .long, help: "Only what is of this kind, such as order.paid.") var kind: String?
        @Option(name: .long, help: "Only what this actor did, such as person:1 or local:0.") var actor: String?
        @Option(name: .long, help: "How many, 1 to 500.") var limit = 50
        @Option(name: .long, help: "Where to go on: the “next” of an earlier list.") var cursor: String?

        func validate() throws {
            if let kind, Event.Kind(rawValue: kind) == nil { throw ValidationError("“\(kind)” is no kind of entry, such as order.paid.") }
            if let actor, !actor.utf8.allSatisfy({ 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x3A || $0 == 0x2D }) {
                throw ValidationError("“\(actor)” is no actor, such as person:1.")
            }
        }

        func run() async throws {
            var path = "/api/v1/audit?limit=\(limit)"
            if let kind { path += "&kind=\(kind)" }
            if let actor { path += "&actor=\(actor)" }
            if let cursor { path += "&cursor=\(cursor)" }
            let asked = path
            output.write(try await ControlClient.with(data: shop.data) { try await $0.send(.get, asked) }) { page in
                let rows = (page["items"]?.array ?? []).map { entry in
                    [
                        String(entry["sequence"]?.int64 ?? 0), entry.text("at"), entry.text("kind"), String(entry["subject"]?.int64 ?? 0),
                        entry.text("actor"), entry.text("origin"), entry["details"].map { String(decoding: $0.encoded(), as: UTF8.self) } ?? "–",
                    ]
                }
                guard !rows.isEmpty else { return "There are no entries." }
                let more = page["next"]?.string.map { "\n\nMore: the same with --cursor \($0)" } ?? ""
                return TextTable.render(["ENTRY", "DATE", "KIND", "NUMBER", "BY", "FROM", "DETAILS"], rows) + more
            }
        }
    }
}
