import ArgumentParser
import Dispatch
import Foundation

/// The one binary: the daemon and its commands.
@main
struct Pushcart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pushcart", abstract: "A shop and pay desk of your own, for people and AI agents.",
        discussion: """
            Example, a shop with practice money and a first sale:
              pushcart serve &
              pushcart product add --slug hello --title "Hello" --price 0.01 --article text.md
              pushcart buy http://127.0.0.1:4020/p/hello
            """, version: ShopAssembly.version,
        subcommands: [
            ServeCommand.self, SetupCommand.self, ProductCommand.self, BuyCommand.self, ProbeCommand.self, SalesCommand.self, OrderCommand.self,
            ReceiptCommand.self, RefundCommand.self, LedgerCommand.self, AuditCommand.self, StatusCommand.self, KeyCommand.self, PersonCommand.self,
            SetupLinkCommand.self, NodeKeyCommand.self,
            ConfigCommand.self,
        ])

    /// Parses, becomes the owner of the shop's directory while there is one thread, and runs.
    static func main() {
        do {
            let command = try parseAsRoot()
            if let command = command as? any ShopCommand {
                try DataDirectory.becomeOwner(of: DataDirectory.chosen(command.data, settings: command.config))
            }
            let parsed = Parsed(command: command)
            // The priority that an asynchronous main has: above it, our threads would push the event loops' aside.
            Task(priority: .medium) { await run(parsed) }
            dispatchMain()
        } catch { end(error) }
    }

    /// Handed from the first thread to the task that runs it, never used by both.
    private struct Parsed: @unchecked Sendable { let command: any ParsableCommand }

    private static func run(_ parsed: Parsed) async {
        do {
            if var command = parsed.command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = parsed.command
                try command.run()
            }
            Foundation.exit(0)
        } catch { end(error) }
    }

    /// Every end has its exit code: 0 done, 1 refused, 2 wrong usage, 69, 75, 77 as `CommandFailure` says.
    private static func end(_ error: any Error) -> Never {
        if let failure = error as? CommandFailure {
            FileHandle.standardError.write(Data("\(failure.sentence)\n".utf8))
            Foundation.exit(failure.exitCode)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        let isHelp = code == .success
        if !text.isEmpty { (isHelp ? FileHandle.standardOutput : .standardError).write(Data("\(text)\n".utf8)) }
        Foundation.exit(isHelp ? 0 : code == .validationFailure ? 2 : 1)
    }
}

/// A command on a shop's directory.
protocol ShopCommand {
    /// The `--data` flag.
    var data: String? { get }
    /// The `--config` flag, where there is one.
    var config: String? { get }
}

extension ShopCommand {
    var config: String? { nil }
}
