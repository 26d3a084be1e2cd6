import ArgumentParser
import Foundation

/// `pushcart probe`: whether a shop keeps to x402, ours or another's.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check whether an address sells as x402 wants it, without paying.",
        discussion: """
            Asks the address as a client would that has not paid, and as careless and hostile clients would, and reports on the status, the \
            offer of version 2 and its every field, the body for version 1, the sizes of headers, what caches and browsers are told, \
            discovery, bad payments and other spellings of the address. Works for any shop that speaks x402.

            Each check is ok, a warning (it works, but not with every client), a failure, or skipped. Nothing is signed and nothing is paid. \
            It takes 90 seconds at most, and about 20 requests.

            Exit code: 0 when nothing failed, 1 otherwise, 2 for an address that is none.

            Example:
              pushcart probe http://127.0.0.1:4020/p/hello
              pushcart probe https://shop.example/p/song --json
            """)

    @Argument(help: ArgumentHelp("The address of what is for sale.", valueName: "url"))
    var url: String

    @OptionGroup var output: OutputOptions

    mutating func validate() throws {
        guard BuyURL(url) != nil else {
            throw ValidationError("“\(BuyText.plain(url, limit: 120))” is no http or https address; write it like http://127.0.0.1:4020/p/hello.")
        }
    }

    func run() async throws {
        guard let asked = BuyURL(url) else { preconditionFailure("the address was validated") }
        let report = try await BuyNetwork.with { network in
            await ProbeRun(asked: asked, transport: network, elapsed: BuyClock.system.elapsed).report()
        }
        output.write(report.json) { _ in report.text }
        if !report.isPassed { throw ExitCode(1) }
    }
}
