import Foundation
import Testing

@Suite("The first sale, on a chain")
struct ChainSaleTests {
    @Test("Every reference client buys a file and an article, and the money moves once for each")
    func everyClientBuys() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallets = try await node.buyers(ReferenceBuyer.allCases.count)
            for (buyer, wallet) in zip(ReferenceBuyer.allCases, wallets) {
                async let first = buyer.buy(shop.url("song"), wallet, in: scenario)
                async let second = buyer.buy(shop.url("hello"), wallet, in: scenario)
                let (song, hello) = try await (first, second)
                #expect(song.line["status"] == 200 && song.goods == Shop.song, "\(buyer): \(song.line)")
                #expect(hello.line["status"] == 200 && hello.goods == Data(Shop.hello.utf8), "\(buyer): \(hello.line)")
                let hash = song.line["paymentResponse"]["transaction"]
                #expect(try await node.transactions.contains { $0["hash"] == hash && $0["status"] == 1 })
                #expect(try await node.balance(wallet.address) == Node.purse - 2 * Shop.price)
            }
            #expect(try await shop.books(node) == .of(2 * wallets.count))
            #expect(try await shop.orders.allSatisfy { $0["sandbox"] == false && $0["network"] == "eip155:84532" })
        }
    }

    @Test("pushcart buy pays with a key from a file, and owned is owned the second time")
    func ownClientBuys() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let wallet = try await node.buyer()
            let buy = [
                "buy", shop.url("song"), "--key-file", try scenario.write("wallet.key", wallet.key), "--output", scenario.path("song"), "--json",
            ]
            let first = try await Shop.command(buy, in: scenario)
            #expect(first.code == 0 && first.json["paid"] == true && first.json["sandbox"] == false, "\(first.errors)")
            #expect(FileManager.default.contents(atPath: scenario.path("song")) == Shop.song)
            #expect(try await shop.books(node) == .of(1))
            let dear = try await Shop.command(buy + ["--max-price", "0.009"], in: scenario)
            #expect(dear.code == 1 && dear.errors.contains("0.01"))
            try FileManager.default.removeItem(atPath: scenario.path("song"))
            let second = try await Shop.command(buy, in: scenario)
            #expect(second.code == 0, "\(second.errors)")
            #expect(FileManager.default.contents(atPath: scenario.path("song")) == Shop.song)
            #expect(try await shop.books(node) == .of(1))
            #expect(try await node.balance(wallet.address) == Node.purse - Shop.price)
        }
    }

    @Test("Contract wallets, compact signatures, both kinds of v and addresses in any case pay; a high s does not")
    func everyKindOfSignature() async throws {
        try await Scenario.run { scenario in
            let owner = try await Desk.wallet()
            let contract = try await Desk.wallet().address
            let node = try await Node.start(scenario, ["--wallet", "\(contract)=\(owner.address)"])
            let shop = try await Shop.open(scenario, on: node)
            try await node.fund([contract, owner.address])
            expectGoods(try await shop.payPatiently(try await shop.sign(owner, "song", "--from", contract)))
            #expect(try await node.balance(contract) == Node.purse - Shop.price)
            #expect(try await node.balance(owner.address) == Node.purse)
            let stranger = try await node.buyer()
            expectRefusal(
                try await shop.pay(try await shop.sign(stranger, "hello", "--from", contract), "hello"), "invalid_exact_evm_payload_signature")

            let ways = [["--compact"], ["--parity"], ["--uppercase"], ["--protocol", "1", "--uppercase"], ["--compact", "--uppercase"]]
            let wallets = try await node.buyers(ways.count)
            for (way, wallet) in zip(ways, wallets) {
                let signed = try await Desk.sign(shop.url("song"), wallet.key, way)
                expectGoods(try await shop.payPatiently(signed))
                #expect(try await node.balance(wallet.address) == Node.purse - Shop.price, "\(way)")
            }
            let high = try await node.buyer()
            expectRefusal(try await shop.pay(try await shop.sign(high, "song", "--high-s")), "invalid_exact_evm_payload_signature")
            #expect(try await node.balance(high.address) == Node.purse)
            #expect(try await shop.books(node) == .of(1 + ways.count))
        }
    }

    @Test("A wallet without the money, and one that is not deployed, are refused with their reasons")
    func walletsThatCannotPay() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            expectRefusal(try await shop.pay(try await shop.sign(try await Desk.wallet())), "insufficient_funds")
            let magic = "0x" + String(repeating: "00", count: 96) + String(repeating: "6492", count: 16)
            let undeployed = try await shop.sign(try await node.buyer(), "song", "--signature", magic)
            expectRefusal(try await shop.pay(undeployed), "invalid_exact_evm_payload_undeployed_smart_wallet")
            #expect(try await shop.books(node) == .of(0))
        }
    }
}
