import ArgumentParser
import Crypto
import Domain
import EVM
import Foundation
import HTTPAPI
import JSON
import NIOCore
import X402EVM

/// `pushcart receipt`: what buyers keep.
struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Show receipts, and check one without the shop.",
        discussion: "Example:\n  pushcart receipt verify song-receipt.json --goods song.flac", subcommands: [Show.self, Verify.self])

    static func id(_ text: String) throws -> ReceiptID {
        guard let id = ReceiptID(text) else {
            throw ValidationError("“\(text.prefix(100))” is no receipt, such as 1-8f14e45fceea167a5a36dedd; it is the last part of its address.")
        }
        return id
    }

    struct Show: AsyncParsableCommand, ShopCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show a receipt of this shop, or save it.",
            discussion: "Example:\n  pushcart receipt show 1-8f14e45fceea167a5a36dedd --file receipt.json")
        @OptionGroup var shop: ShopOptions
        var data: String? { shop.data }
        @OptionGroup var output: OutputOptions
        @Argument(help: "The receipt's id, the last part of its address.") var receipt: String
        @Option(name: .long, help: ArgumentHelp("Where to save the receipt with its proof.", valueName: "file")) var file: String?

        func validate() throws { _ = try ReceiptCommand.id(receipt) }

        func run() async throws {
            let path = "/r/\(receipt)/receipt.json"
            let json = try await ControlClient.with(data: shop.data) { try await $0.send(.get, path) }
            if let file { try PrivateFile.write(json.encoded(pretty: true), to: file) }
            output.write(json) { json in
                """
                Receipt \(json.text("receipt")), \(json.text("state")) \(json.text("settledAt"))
                  order        \(json.text("order"))
                  product      \(json["product"]?.text("title") ?? "–") (\(json["product"]?.text("slug") ?? "–"))
                  amount       \(json.text("amount")) \(SaleText.money(json)) on \(json.text("network"))
                  payer        \(json.text("payer"))
                  transaction  \(json.text("transaction"))
                  sold         sha256 \(json.text("sha256"))
                  proof        \(json["proof"] == nil ? "not yet; after \(json.text("proofAfter"))" : "under a signed head of the audit log")
                """
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Check a receipt without the shop.",
            discussion: """
                Computes anew what the shop's audit log says of the sale, that this is in the log, and the signature under the log's head; says in \
                a sentence what is wrong. Ends with 0 when the receipt is right, 1 when it is not.

                Example:
                  pushcart receipt verify song-receipt.json --goods song.flac --key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
                """)
        @OptionGroup var output: OutputOptions
        @Argument(help: ArgumentHelp("The receipt.", valueName: "file")) var receipt: String
        @Option(name: .long, help: ArgumentHelp("The shop's public key, 64 hexadecimal digits.", valueName: "hex")) var key: String?
        @Option(name: .long, help: ArgumentHelp("What was bought, to compare its hash.", valueName: "file")) var goods: String?

        func validate() throws {
            guard key.map({ hexBytes($0)?.count == 32 }) ?? true else { throw ValidationError("--key: a public key is 64 hexadecimal digits.") }
        }

        func run() async throws {
            let document = try Self.read(receipt)
            switch ReceiptCheck.judge(document, key: key.flatMap { hexBytes($0) }, units: Self.unit) {
            case .wrong(let sentence), .unproven(let sentence): throw CommandFailure.refused(sentence)
            case .proven(let proven):
                if let goods { try await Self.compare(goods, document) }
                output.write(Self.json(proven, hasKey: key != nil, hasGoods: goods != nil)) { _ in
                    Self.text(document, proven, hasKey: key != nil, hasGoods: goods != nil)
                }
            }
        }

        /// What is known without the shop: how USDC is written.
        static let unit: ReceiptCheck.Units = { network, asset in
            guard let token = NetworkPreset.of(chainID: network.chainID)?.token, token.address.bytes == asset else { return nil }
            return LedgerUnit(symbol: token.symbol, decimals: token.decimals)
        }

        private static func read(_ path: String) throws -> JSONValue {
            let chunks = try FileChunks(path: path) { _ in }
            guard chunks.length <= BuyReceipt.maximumLength, let bytes = FileManager.default.contents(atPath: path) else {
                throw CommandFailure.refused("\(path) is too long to be a receipt.")
            }
            do { return try JSONValue(parsing: Array(bytes), limits: JSONLimits(maxBytes: BuyReceipt.maximumLength)) } catch {
                throw CommandFailure.refused("\(path) is no receipt: \(error)")
            }
        }

        private static func compare(_ path: String, _ receipt: JSONValue) async throws {
            var hash = SHA256()
            for try await chunk in try FileChunks(path: path, progress: { _ in }) { hash.update(data: Array(chunk.readableBytesView)) }
            let found = lowercaseHex(Array(hash.finalize()))
            guard receipt["sha256"]?.string == found else {
                throw CommandFailure.refused("\(path) is not what this receipt is for: its SHA-256 is \(found), sold was \(receipt.text("sha256")).")
            }
        }

        private static func json(_ proven: ReceiptCheck.Proven, hasKey: Bool, hasGoods: Bool) -> JSONValue {
            [
                "proven": true, "key": .string(lowercaseHex(proven.key)), "keyCompared": .bool(hasKey), "goodsCompared": .bool(hasGoods),
                "uncovered": .array(proven.uncovered.map { .string($0) }),
            ]
        }

        private static func text(_ receipt: JSONValue, _ proven: ReceiptCheck.Proven, hasKey: Bool, hasGoods: Bool) -> String {
            var lines = [
                "The receipt is right: order \(receipt.text("order")), “\(receipt["product"]?.text("title") ?? "–")” for \(receipt.text("amount")) \(SaleText.money(receipt)).",
                "  goods        sha256 \(receipt.text("sha256"))\(hasGoods ? ", which the file has" : "")",
                "  transaction  \(receipt.text("transaction"))", "  settled      \(receipt.text("settledAt"))",
                "  signed by    \(lowercaseHex(proven.key))\(hasKey ? ", the key given" : "")",
            ]
            if !proven.uncovered.isEmpty { lines.append("  not covered  \(proven.uncovered.joined(separator: ", "))") }
            if !hasKey {
                let place = proven.shop.map { "\($0)/.well-known/pushcart-audit.json" } ?? "the shop's /.well-known/pushcart-audit.json"
                lines.append("Compare the key with the shop's, once and from elsewhere (\(place)), and give it by --key the next time.")
            }
            return lines.joined(separator: "\n")
        }
    }
}
