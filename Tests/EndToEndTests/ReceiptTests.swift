import Foundation
import Testing

@Suite("Receipts")
struct ReceiptTests {
    @Test("A receipt is JSON for machines and a page for people, and lasts")
    func receipt() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let paid = try await shop.payPatiently(try await shop.sign(wallet))
            let path = String(try #require(paid.link("describedby")).dropFirst(shop.origin.count))
            #expect(path.hasPrefix("/r/"))
            let receipt = try await shop.get(path)
            #expect(receipt.status == 200 && receipt["Cache-Control"] == "no-store")
            #expect(receipt.json["paid"] == true && receipt.json["amount"] == "0.01" && receipt.json["network"] == "eip155:84532")
            #expect(receipt.json["payer"].text?.lowercased() == wallet.address.lowercased())
            #expect(receipt.json["transaction"] == paid.outcome["transaction"])
            #expect(receipt.json["product"]["slug"] == "song")
            let content = String(try #require(receipt.json["content"].text).dropFirst(shop.origin.count))
            #expect(try await shop.get(content).body == Shop.song)

            let page = try await shop.get(path, [("Accept", "text/html"), ("User-Agent", "Mozilla/5.0")])
            #expect(page.status == 200 && page["Content-Type"]?.hasPrefix("text/html") == true)
            #expect(page.text.contains("The song") && page.text.contains(paid.outcome["transaction"].text ?? "?"))
            #expect(try await shop.stop() == 0)
            try await shop.start()
            #expect(try await shop.get(path).json["order"] == receipt.json["order"])
        }
    }

    @Test("A receipt of another token is not found; a link that was changed or has run out is refused")
    func wrongLinks() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let paid = try await shop.pay(try await shop.sign(try await Desk.wallet()))
            let path = String(try #require(paid.link("describedby")).dropFirst(shop.origin.count))
            let token = path.dropFirst(3)
            let changed = token.dropLast() + (token.last == "a" ? "b" : "a")
            for wrong in ["/r/\(changed)", "/r/\(token)x", "/r/\(token.dropLast())", "/r/\(token.uppercased())", "/r/1", "/r/%00"] {
                guard wrong != path else { continue }
                #expect(try await shop.get(wrong).status == 404, "\(wrong)")
            }
            let link = String(try #require(paid.link("enclosure")).dropFirst(shop.origin.count))
            #expect(try await shop.get(link).body == Shop.song)
            let parts = link.components(separatedBy: "?")
            let query = Dictionary(
                uniqueKeysWithValues: parts[1].split(separator: "&").map { part in
                    let sides = part.split(separator: "=").map(String.init)
                    return (sides[0], sides[1])
                })
            let (expires, signature) = (try #require(query["expires"]), try #require(query["signature"]))
            let wrong = [
                "", "?expires=\(expires)", "?signature=\(signature)",
                "?expires=\(expires)&signature=\(signature.dropLast())0\(signature.hasSuffix("0") ? "1" : "")",
                "?expires=\(Int(expires)! + 1)&signature=\(signature)", "?expires=1&signature=\(signature)", "?expires=-1&signature=\(signature)",
                "?expires=99999999999999999999&signature=\(signature)", "?expires=\(expires)&signature=", "?expires=x&signature=y",
            ]
            for query in wrong {
                let answer = try await shop.get(parts[0] + query)
                #expect(answer.status == 403 && answer.body.range(of: Shop.song.prefix(64)) == nil, "\(query): \(answer.status)")
            }
            let other = try await shop.pay(try await shop.sign(try await Desk.wallet(), "hello"), "hello")
            let foreign = String(try #require(other.link("enclosure")).dropFirst(shop.origin.count)).components(separatedBy: "?")[0]
            #expect(try await shop.get(foreign + "?" + parts[1]).status == 403)
        }
    }

    @Test("A receipt that was bought is checked without the shop, and links are revoked by the command")
    func verify() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let (goods, file) = ("\(scenario.directory)/song.out", "\(scenario.directory)/receipt.json")
            let bought = try await Shop.command(["buy", shop.url("song"), "--output", goods, "--receipt", file], in: scenario)
            #expect(bought.code == 0 && bought.errors.contains("Saved the receipt"), "\(bought.errors)")
            let receipt = try JSON(parsing: try Data(contentsOf: URL(fileURLWithPath: file)))
            let link = String(try #require(receipt["content"].text).dropFirst(shop.origin.count))
            #expect(try await shop.get(link).status == 200)
            let id = try #require(receipt["receipt"].text)
            #expect(try await shop.cli(["order", "revoke-links", id]).code == 0)
            #expect(try await shop.get(link).status == 410)
            let shown = try await shop.cli(["receipt", "show", id])
            #expect(shown.code == 0 && shown.output.contains("under a signed head"), "\(shown.errors)")
            let key = try #require(try await shop.get("/.well-known/pushcart-audit.json").json["keys"][0].text)
            #expect(try await shop.stop() == 0)

            let verified = try await Shop.command(["receipt", "verify", file, "--goods", goods, "--key", key], in: scenario)
            #expect(verified.code == 0 && verified.output.contains("The receipt is right") && verified.output.contains(key), "\(verified.errors)")
            let unsure = try await Shop.command(["receipt", "verify", file], in: scenario)
            #expect(unsure.code == 0 && unsure.output.contains("/.well-known/pushcart-audit.json"), "\(unsure.errors)")
            let other = try scenario.write("other", "other goods")
            for (arguments, word) in [
                (["--goods", other], "is not what this receipt is for"), (["--key", String(repeating: "0", count: 64)], "signed by another key"),
            ] {
                let refused = try await Shop.command(["receipt", "verify", file] + arguments, in: scenario)
                #expect(refused.code == 1 && refused.errors.contains(word), "\(refused.errors)")
            }
            let forged = try scenario.write(
                "forged",
                String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
                    .replacing(#""amountAtomic":"10000""#, with: #""amountAtomic":"99999""#))
            let refused = try await Shop.command(["receipt", "verify", forged], in: scenario)
            #expect(refused.code == 1 && refused.errors.contains("“amountAtomic”"), "\(refused.errors)")
            #expect(try await Shop.command(["receipt", "verify", file, "--key", "x"], in: scenario).code == 2)
            #expect(FileManager.default.fileExists(atPath: "\(shop.data)/audit-head"))
        }
    }
}
