import Foundation
import Testing

@Suite("What a buyer may do after the sale")
struct RightsTests {
    @Test("The reference client signs in from a fresh process after a restart and gets what it bought without paying")
    func signIn() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let wallets = try await Desk.wallets(2)
            for slug in ["song", "hello"] {
                let bought = try await ReferenceBuyer.v2httpx.buy(shop.url(slug), wallets[0], in: scenario)
                #expect(bought.line["status"] == 200, "\(bought.line)")
            }
            #expect(try await shop.stop() == 0)
            try await shop.start()

            let song = try await ExtensionBuyer.signIn(shop.url("song"), wallets[0], in: scenario)
            #expect(song.line["status"] == 200, "\(song.line)")
            #expect(song.goods == Shop.song)
            #expect(song.line["paymentResponse"] == .null)
            let hello = try await ExtensionBuyer.signIn(shop.url("hello"), wallets[0], in: scenario)
            #expect(hello.goods == Data(Shop.hello.utf8), "\(hello.line)")

            let stranger = try await ExtensionBuyer.signIn(shop.url("song"), wallets[1], in: scenario)
            #expect(stranger.line["status"] != 200 && stranger.goods == nil, "\(stranger.line)")
            #expect(try await shop.orders.count == 2)
            #expect(try await shop.rows("SELECT count(*) FROM sign_in_nonces").first?.first == 2)
        }
    }

    @Test("The reference client pays once under its identifier, though it signs anew each time")
    func identifier() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            try await shop.add("again", file: Shop.song, ["--repeatable"])
            let wallet = try await Desk.wallet()
            for _ in 0..<2 {
                let paid = try await ExtensionBuyer.pay(
                    shop.url("again"), wallet, identifier: "pay_7d5d747be160e280504c099d984bcfe0", in: scenario)
                #expect(paid.line["status"] == 200, "\(paid.line)")
                #expect(paid.goods == Shop.song)
            }
            #expect(try await shop.orders.count == 1)
            let other = try await ExtensionBuyer.pay(
                shop.url("song"), wallet, identifier: "pay_7d5d747be160e280504c099d984bcfe0", in: scenario)
            #expect(other.line["status"] == 409, "\(other.line)")
            #expect(try await shop.orders.count == 1)
        }
    }
}
