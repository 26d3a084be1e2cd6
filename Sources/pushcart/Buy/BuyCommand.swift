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
              pushcart buy https://shop.example/p/weather/alerts --data '{"city":"rome"}' --header 'Content-Type: application/json' --output -
            """)

    @Argument(help: ArgumentHelp("The address of what to buy.", valueName: "url"))
    var url: String

    @Option(help: "The method of a call of an API.")
    var method = "GET"

    @Option(help: "The body of a call; its method is POST unless --method says otherwise.")
    var data: String?

    @Option(help: ArgumentHelp("The same from a file.", valueName: "file"))
    var dataFile: String?

    @Option(help: ArgumentHelp("A header field of a call; may be repeated.", valueName: "name: value"))
    var header: [String] = []

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
        guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw ValidationError("--method is a word in capitals, such as POST.")
        }
        guard data == nil || dataFile == nil else { throw ValidationError("Name either --data or --data-file.") }
        for field in header {
            guard let colon = field.firstIndex(of: ":"), colon != field.startIndex, field.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }),
                !field[..<colon].contains(" ")
            else { throw ValidationError("“\(BuyText.plain(field, limit: 80))” is no header field; write it like 'Content-Type: application/json'.") }
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
        let request = try request()
        try await BuyNetwork.with { network in
            try await BuyPurchase(
                asked: asked, maximum: maximum, keyFile: keyFile, destination: destination, folder: folder, transport: network,
                request: request, clock: .system, report: report, receiptFile: receiptFile
            ).run()
        }
    }

    /// What is asked for beside the address.
    private func request() throws(CommandFailure) -> BuyRequest {
        var body = Array((data ?? "").utf8)
        if let dataFile {
            guard let file = FileHandle(forReadingAtPath: dataFile),
                let bytes = try? file.read(upToCount: BuyRequest.maximumBody + 1)  // as if it were not there
            else { throw .refused("\(dataFile) cannot be read.") }
            guard bytes.count <= BuyRequest.maximumBody else { throw .refused("\(dataFile) is longer than 16 MB.") }
            body = [UInt8](bytes)
        }
        let isCall = data != nil || dataFile != nil
        return BuyRequest(method: isCall && method == "GET" ? "POST" : method, body: body, fields: header)
    }
}
