import Foundation
import Testing

@Suite("Settling for the owner's other shops")
struct DeskSaleTests {
    /// A key for another shop, with a budget.
    private func key(_ shop: Shop, budget: String) async throws -> String {
        let said = try await shop.cli([
            "key", "create", "--name", "other shop", "--role", "agent", "--scopes", "facilitator:use", "--budget", budget, "--json",
        ])
        return try #require(said.json["key"].text)
    }

    @Test("The reference facilitator client has a payment to another shop verified and settled, once")
    func referenceClient() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let key = try await key(shop, budget: "0.015")
            let (wallet, payee) = (try await node.buyer(), try await Desk.wallet())
            let offer = JSON(header: try await shop.get("/p/song")["PAYMENT-REQUIRED"])["accepts"][0]
            let terms: JSON = .object([
                "scheme": .text("exact"), "network": .text(Node.network), "asset": offer["asset"], "amount": .text("10000"),
                "payTo": .text(payee.address), "maxTimeoutSeconds": .int(300),
                "extra": .object(["name": offer["extra"]["name"], "version": offer["extra"]["version"]]),
            ])
            func settle(_ wallet: Wallet) async throws -> JSON {
                let process = try await scenario.run([
                    try await Workshop.pythons.v2, Workshop.tools + "/settle_elsewhere.py", "--url", "\(shop.origin)/facilitator", "--token", key,
                    "--key", wallet.key, "--requirements", String(decoding: terms.encoded, as: UTF8.self),
                ])
                guard let line = try? JSON(parsing: process.output) else { throw Subprocess.Failure(description: process.errorText) }
                return line
            }
            let line = try await settle(wallet)
            #expect(line["supported"]["kinds"].array?.contains { $0["network"] == .text(Node.network) && $0["x402Version"] == 2 } == true, "\(line)")
            #expect(line["verified"]["isValid"] == true && line["settled"][0]["success"] == true, "\(line)")
            #expect(line["settled"][0] == line["settled"][1])
            let hash = line["settled"][0]["transaction"]
            #expect(try await node.transactions.filter { $0["hash"] == hash && $0["status"] == 1 }.count == 1)
            #expect(try await node.balance(payee.address) == Shop.price)
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            #expect(try await shop.rows("SELECT count(*) FROM orders")[0][0] == 0)
            #expect(try await shop.cli(["ledger", "check"]).code == 0)
            #expect(try await shop.cli(["audit", "verify"]).code == 0)

            // The budget has half a cent left.
            let second = try await node.buyer()
            let refused = try await settle(second)
            #expect(refused["verified"]["isValid"] == true && refused["settled"][0]["errorReason"] == "insufficient_budget", "\(refused)")
            #expect(try await node.balance(second.address) == Node.purse)
        }
    }

    @Test("A second shop sells with the first as its payment service", arguments: [true, false])
    func secondShop(_ hasNode: Bool) async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let first = try await Shop.open(scenario, on: node)
            let key = try await key(first, budget: "1.00")
            let second = Shop(scenario, data: "second")
            let token = try scenario.write("desk-token", key + "\n")
            let setup = try await second.cli(
                [
                    "setup", "--email", "owner@example.com", "--password-file", try scenario.write("pw", "correct horse battery staple\n"),
                    "--network",
                    Node.network, "--pay-to", try await Desk.wallet().address, "--facilitator-url", "\(first.origin)/facilitator",
                    "--facilitator-token-file", token,
                ] + (hasNode ? ["--rpc-url", node.url] : []))
            #expect(setup.code == 0, "\(setup.errors)")
            try await second.start()
            try await second.add("song", file: Shop.song)
            try await eventually("the service is confirmed") { try await Web.request(second.port, "GET", "/readyz").status == 200 }
            let wallet = try await node.buyer()
            let paid = try await second.payPatiently(try await second.sign(wallet))
            #expect(paid.status == 200 && paid.body == Shop.song, "\(paid.status) \(paid.text.prefix(300))")
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
            #expect(try await second.rows("SELECT count(*) FROM orders")[0][0] == 1)
            #expect(try await first.rows("SELECT count(*) FROM orders")[0][0] == 0)
            #expect(try await first.rows("SELECT count(*) FROM payments WHERE product_id = 0 AND state = 'settled'")[0][0] == 1)
            #expect(try await first.rows("SELECT spent FROM api_keys WHERE budget IS NOT NULL")[0][0] == "0.01")
        }
    }
}
