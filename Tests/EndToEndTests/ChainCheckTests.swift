import Foundation
import Testing

@Suite("The ledger beside the chain")
struct ChainCheckTests {
    @Test("Sales agree, and a stranger's transfer is listed once: with the daemon and without")
    func compared() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = Shop(scenario)
            try await shop.setUp(on: node)
            let config = try scenario.write("pushcart.yaml", "networks:\n  base-sepolia:\n    chain-id: 84532\n    finality-depth: 2\n")
            try await shop.start(config: config)
            try await shop.add("song", file: Shop.song)
            try await eventually("the network is confirmed") { try await Web.request(shop.port, "GET", "/readyz").status == 200 }
            for wallet in try await node.buyers(3) { expectGoods(try await shop.payPatiently(try await shop.sign(wallet))) }
            try await node.fund([node.payTo.address])
            try await node.admin(["mine": 3])

            let check = ["ledger", "check", "--chain", "--json"]
            let first = try await shop.cli(check)
            #expect(first.code == 0, "\(first.errors)")
            let chain = first.json["chains"].array?.first ?? .null
            #expect(first.json["clean"] == true && chain["sales"] == 3 && chain["foreign"] == 1 && chain["transfers"] == 4, "\(first.output)")
            #expect(try await shop.cli(["ledger", "list", "--kind", "foreign", "--json"]).json["items"].array?.count == 1)
            let second = try await shop.cli(["ledger", "check", "--chain"])
            #expect(second.code == 0 && second.output.contains("agrees"), "\(second.errors)")

            // Without the daemon, by the depth that is usual on this chain.
            try await node.admin(["mine": 40])
            #expect(try await shop.stop() == 0)
            let alone = try await shop.cli(check + ["--from-block", "0"])
            #expect((alone.json["chains"].array?.first ?? .null)["foreign"] == 0)
            #expect(alone.code == 0 && (alone.json["chains"].array?.first ?? .null)["sales"] == 3, "\(alone.errors)")
        }
    }
}
