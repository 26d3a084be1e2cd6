import Foundation
import Testing

@Suite("Prices and editions")
struct PriceTests {
    private let mismatch = "invalid_exact_evm_payload_authorization_value_mismatch"

    private func keep(_ signed: Signed, _ scenario: Scenario, _ name: String = "offer.json") throws -> String {
        try scenario.write(name, signed.whole.encoded)
    }

    @Test("An older offer is honoured after the price rose; what was never the price is refused")
    func risingPrice() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let wallets = try await Desk.wallets(4)
            let sealed = try await shop.sign(wallets[0])
            let offer = try keep(sealed, scenario)
            for price in ["0.02", "0.03"] {
                let edited = try await shop.cli(["product", "edit", "song", "--price", price, "--json"])
                #expect(edited.code == 0 && edited.json["price"].text == price, "\(edited.errors)")
            }
            #expect(JSON(header: try await shop.get("/p/song")["PAYMENT-REQUIRED"])["accepts"][0]["amount"] == "30000")
            expectGoods(try await shop.pay(sealed))
            let unsealed = try await shop.sign(wallets[1], "song", "--offer", offer, "--drop-extra")
            expectGoods(try await shop.pay(unsealed))
            for amount in ["15000", "9999", "30001"] {
                let neither = try await shop.sign(wallets[2], "song", "--value", amount, "--drop-extra", "--set", "accepted.amount=\"\(amount)\"")
                expectRefusal(try await shop.pay(neither), mismatch)
            }
            expectGoods(try await shop.pay(try await shop.sign(wallets[3])))
            #expect(try await shop.orders.map { $0["amountAtomic"] } == ["30000", "10000", "10000"])
        }
    }

    @Test("The seal of a cheap product, or a seal with another amount, does not lower a price")
    func borrowedSeals() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            try await shop.add("cheap", price: "0.001", file: Data("cheap".utf8))
            let wallet = try await Desk.wallet()
            expectRefusal(try await shop.pay(try await shop.sign(wallet, "cheap"), "song"), mismatch)
            let lowered = try await shop.sign(wallet, "song", "--value", "1000", "--set", "accepted.amount=\"1000\"")
            expectRefusal(try await shop.pay(lowered), mismatch)
            #expect(try await shop.orders.isEmpty)
        }
    }

    @Test("An order pins the edition that was sold; what is archived stays with who bought it")
    func editions() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let wallets = try await Desk.wallets(3)
            let first = try await shop.sign(wallets[0])
            expectGoods(try await shop.pay(first))
            let second = Data("the second edition".utf8)
            let path = try scenario.write("second.bin", second)
            #expect(try await shop.cli(["product", "edit", "song", "--file", path]).code == 0)
            expectGoods(try await shop.pay(first))
            expectGoods(try await shop.pay(try await shop.sign(wallets[0])))
            expectGoods(try await shop.pay(try await shop.sign(wallets[1])), second)
            let late = try await shop.sign(wallets[2])
            let fresh = try await shop.sign(wallets[0])
            #expect(try await shop.cli(["product", "archive", "song"]).code == 0)
            #expect(try await shop.get("/p/song").status == 404)
            let answer = try await shop.pay(late)
            #expect(answer.status != 200 && answer.status < 500, "\(answer.status)")
            expectGoods(try await shop.pay(first))
            expectGoods(try await shop.pay(fresh))
            #expect(try await shop.orders.count == 2)
        }
    }
}
