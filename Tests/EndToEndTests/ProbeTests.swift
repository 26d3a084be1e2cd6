import Foundation
import Testing

@Suite("Our own shop, probed and tried out")
struct ProbeTests {
    @Test("pushcart probe finds nothing wrong with an article and a file")
    func clean() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            for slug in ["song", "hello"] {
                let said = try await Shop.command(["probe", shop.url(slug), "--json"], in: scenario)
                #expect(said.code == 0, "\(said.errors)")
                let odd = (said.json["checks"].array ?? []).filter { $0["verdict"] != "ok" }
                #expect(odd.isEmpty, "\(odd)")
                #expect(said.json["passed"] == true && (said.json["checks"].array ?? []).count > 30)
            }
            let text = try await Shop.command(["probe", shop.url("song")], in: scenario)
            #expect(text.code == 0 && text.output.contains("0 warnings, 0 failures, 0 skipped.") && text.output.hasPrefix("CHECK"))
            #expect(try await shop.states.isEmpty)

            let nothing = try await Shop.command(["probe", shop.url("nothing")], in: scenario)
            #expect(nothing.code == 1 && nothing.output.contains("payment-required") && !nothing.output.contains("0 failures"))
            #expect(try await Shop.command(["probe", "nowhere"], in: scenario).code == 2)
        }
    }

    @Test("The practice door of a shop passes too, and sells a sample to our own buyer")
    func practiceDoor() async throws {
        try await Scenario.run { scenario in
            let shop = try await Shop.open(scenario)
            let url = "\(shop.origin)/sandbox/p/song"
            let said = try await Shop.command(["probe", url, "--json"], in: scenario)
            let odd = (said.json["checks"].array ?? []).filter { $0["verdict"] != "ok" && $0["verdict"] != "skipped" }
            #expect(said.code == 0 && odd.isEmpty, "\(odd)")
            let bought = try await Shop.command(["buy", url, "--output", scenario.path("sample.txt"), "--json"], in: scenario)
            #expect(bought.code == 0 && bought.json["sandbox"] == true, "\(bought.errors)")
            let sample = String(decoding: FileManager.default.contents(atPath: scenario.path("sample.txt")) ?? Data(), as: UTF8.self)
            #expect(sample.contains("This is a sample"))
        }
    }

    @Test("A shop on a chain gives a sample for practice money and the goods for real money, each at its door")
    func liveShop() async throws {
        try await Scenario.run { scenario in
            let node = try await Node.start(scenario)
            let shop = try await Shop.open(scenario, on: node)
            let bought = try await Shop.command(
                ["buy", "\(shop.origin)/sandbox/p/song", "--output", scenario.path("sample.txt"), "--json"], in: scenario)
            #expect(bought.code == 0 && bought.json["sandbox"] == true, "\(bought.errors)")
            let sample = FileManager.default.contents(atPath: scenario.path("sample.txt")) ?? Data()
            #expect(String(decoding: sample, as: UTF8.self).contains("This is a sample") && sample.range(of: Shop.song.prefix(64)) == nil)
            try await shop.expectNextSale(node)
            let orders = try await shop.orders
            #expect(orders.map { $0["sandbox"] == true } == [false, true])
        }
    }
}
