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
}
