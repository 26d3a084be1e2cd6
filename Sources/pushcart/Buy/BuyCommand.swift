import ArgumentParser
import Domain
import Foundation

/// `pushcart buy`: a complete x402 client, versions 2 and 1.
struct BuyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buy",
        abstract: "Buy what is for sale at an address: a complete x402 client.",
        discussion: """
            Asks for the address, checks that the offer is for it and costs no more than --max-price, pays, and saves the goods.
            Practice money needs no key: a practice wallet is made on the first purchase.

            The signed payment is stored under $XDG_STATE_HOME/pushcart (~/.local/state/pushcart) before it is sent. After exit code 75, \
            or when the command was interrupted, run it again: it sends the same payment, so nothing is paid twice.

            Example:
              pushcart buy http://127.0.0.1:4020/p/hello
              pushcart buy https://shop.example/p/song --key-file wallet.key --receipt song-receipt.json
            """)

    @Argument(help: ArgumentHelp("The address of what to buy.", valueName: "url"))
    var url: String

    @Option(help: "The most to pay, in the currency that the money stands for.")
    var maxPrice = "1.00"

    @Option(help: ArgumentHelp("A file that only you can read, with the private key of the wallet that pays.", valueName: "file"))
    var keyFile: String?

    @Option(help: ArgumentHelp("Where to save the goods; - writes them to standard output.", valueName: "file"))
    var output: String?

    @Option(name: .customLong("receipt"), help: ArgumentHelp("Where to save the receipt, which “pushcart receipt verify” checks.", valueName: "file"))
    var receiptFile: String?

    @Flag(help: "Print the result as JSON (also with PUSHCART_OUTPUT=json).")
    var json = false

    mutating func validate() throws {
        guard BuyURL(url) != nil else {
            throw ValidationError("“\(BuyText.plain(url, limit: 120))” is no http or https address; write it like http://127.0.0.1:4020/p/hello.")
        }
        let price: Money
        do { price = try Money(maxPrice, .usd) } catch { throw ValidationError("--max-price: \(error)") }
        // No money that can be paid is finer.
        guard price.scale <= 6 else { throw ValidationError("--max-price: at most 6 decimals can be paid.") }
    }

    func run() async throws {
        guard let asked = BuyURL(url) else { preconditionFailure("the address was validated") }
        let environment = ProcessInfo.processInfo.environment
        let destination = try BuyDestination(output)
        let report = BuyReport(isJSON: json || environment["PUSHCART_OUTPUT"] == "json", isStreaming: destination == .standardOutput)
        let maximum = try Money(maxPrice, .usd)
        let folder = try BuyFolder(environment: environment)
        try await BuyNetwork.with { network in
            try await BuyPurchase(
                asked: asked, maximum: maximum, keyFile: keyFile, destination: destination, folder: folder, transport: network, clock: .system,
                report: report, receiptFile: receiptFile
            ).run()
        }
    }
}
