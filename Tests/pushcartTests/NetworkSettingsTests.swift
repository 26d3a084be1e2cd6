import Domain
import EVM
import Facilitators
import Foundation
import JSON
import Testing
import X402EVM

@testable import pushcart

@Suite struct NetworkSettingsTests {
    private let folder: BuyTemporaryFolder

    init() throws { folder = try BuyTemporaryFolder() }

    private func read(_ lines: String...) async throws -> NetworkSettings {
        let yaml = "networks:\n  mine:\n" + lines.map { "    \($0)\n" }.joined()
        let file = try folder.write(yaml, to: "pushcart.yaml", mode: 0o644)
        return try #require(try await MachineSettings.read(file: file, environment: [:]).networks.first)
    }

    private static let asset = [
        "asset:", "  address: 0x5FbDB2315678afecb367f032d93F642f64180aa3", "  symbol: TOK", "  decimals: 18", "  domain-name: Token",
        "  domain-version: 1",
    ]

    private static let milliCoin: UInt128 = 1_000_000_000_000_000

    @Test func `every key that the file may have is shown as it is used, and of payment services only their hosts`() async throws {
        let yaml = """
            trusted-proxies: [10.0.0.0/8]
            upstream-hosts: [API.internal, "::1"]
            metrics-listen: 127.0.0.1:9100
            networks:
              mine:
                chain-id: 8453
                facilitator-urls: [https://three.example/secret-path]
                fees:
                  daily-budget: "0.05"
            """
        let file = try folder.write(yaml, to: "pushcart.yaml", mode: 0o644)
        let json = try await MachineSettings.read(file: file, environment: [:]).json
        #expect(Set(json.keys) == Set(SettingsKeys.top))
        let network = try #require(json["networks"]?["mine"]?.object)
        #expect(Set(network.keys) == Set(SettingsKeys.network))
        #expect(
            Set(network["asset"]?.object?.keys ?? []) == Set(SettingsKeys.asset) && Set(network["fees"]?.object?.keys ?? []) == Set(SettingsKeys.fees)
        )
        #expect(network["facilitator-urls"] == ["three.example"] && network["facilitator-daily-limit"] == "100")
        #expect(
            network["fees"]?["daily-budget"] == "0.05" && json["trusted-proxies"] == ["10.0.0.0/8"]
                && json["upstream-hosts"] == ["api.internal", "::1"] && json["metrics-listen"] == "127.0.0.1:9100")
        let text = json.members.flatMap { ConfigCommand.Show.lines($0.key, $0.value) }
        #expect(text.contains("networks.mine.facilitator-urls: three.example") && text.contains("networks.mine.asset.symbol: USDC"))
        #expect(!text.joined().contains("secret-path"))
    }

    @Test func `a known chain needs its number only`() async throws {
        let network = try await read("chain-id: 8453")
        #expect(network.chainID == 8453 && network.rpcURLs == [] && network.preset?.name == "Base" && network.preset?.token.domainName == "USD Coin")
        #expect(network.fees.coinPrice == 5000 && network.fees.capPerSettlement == Self.milliCoin)
    }

    @Test func `a chain of one's own is described with its asset, in plain YAML`() async throws {
        let network = try await read(
            "chain-id: 31337", "name: My chain", "rpc-urls: [\"http://127.0.0.1:8545\", https://b.example/key]",
            "explorer: https://scan.example/{tx}",
            "asset:", "  address: 0x5FbDB2315678afecb367f032d93F642f64180aa3", "  symbol: TOK", "  decimals: 18", "  currency: EUR",
            "  domain-name: Token",
            "  domain-version: 1")
        let preset = try #require(network.preset)
        #expect(network.chainID == 31337 && network.rpcURLs == ["http://127.0.0.1:8545", "https://b.example/key"])
        #expect(preset.name == "My chain" && preset.explorer == "https://scan.example/{tx}" && preset.chainID == 31337)
        #expect(preset.token.address.checksummed == "0x5FbDB2315678afecb367f032d93F642f64180aa3" && preset.token.symbol == "TOK")
        #expect(
            preset.token.decimals == 18 && preset.token.currency == "EUR" && preset.token.domainName == "Token" && preset.token.domainVersion == "1")
    }

    @Test func `another asset on a known chain keeps the chain's name`() async throws {
        let yaml = "networks:\n  mine:\n    chain-id: 8453\n" + Self.asset.map { "    \($0)\n" }.joined()
        let file = try folder.write(yaml, to: "pushcart.yaml", mode: 0o644)
        let preset = try #require(try await MachineSettings.read(file: file, environment: [:]).networks.first?.preset)
        #expect(
            preset.name == "Base" && preset.token.symbol == "TOK" && preset.token.currency == "USD" && preset.explorer?.contains("basescan") == true)
        let own = try folder.write(yaml.replacing("8453", with: "31337"), to: "own.yaml", mode: 0o644)
        #expect(try await MachineSettings.read(file: own, environment: [:]).networks.first?.preset?.name == "mine")
    }

    @Test func `limits of fees are set in whole units and in the chain's coin`() async throws {
        let network = try await read(
            "chain-id: 8453", "fees:", "  coin-price: 0", "  maximum-loss: 3", "  daily-budget: 0.05", "  cap-per-settlement: 0.0005")
        #expect(network.fees.coinPrice == 0 && network.fees.maximumLoss == 3)
        #expect(network.fees.dailyBudget == 50 * Self.milliCoin && network.fees.capPerSettlement == Self.milliCoin / 2)
    }

    @Test func `when a block is final is said in blocks or left to the node`() async throws {
        #expect(try await read("chain-id: 8453").finality == nil)
        #expect(try await read("chain-id: 8453", "finality-depth: 12").finality == .blocks(12))
        #expect(try await read("chain-id: 8453", "finality-depth: finalized").finality == .finalized)
    }

    static let wrong: [(lines: [String], says: String)] = [
        (["name: x"], "networks.mine.chain-id” is missing"), (["chain-id: 0"], "no number above zero"),
        (["chain-id: -1"], "chain-id” is no whole number"),
        (["chain-id: base"], "chain-id” is no whole number"), (["chain-id: 8453.0"], "no whole number"),
        (["chain-id: 9223372036854775808"], "no number above zero"),
        (["chain-id: 31337"], "asset” is missing: chain 31337 is not one that Pushcart knows"),
        (["chain-id: 8453", "rpc-urls: [ftp://a]"], "rpc-urls” has an entry"),
        (["chain-id: 8453", "rpc-urls: [https://ok.example, \"https://a b\"]"], "rpc-urls” has an entry"),
        (["chain-id: 8453", "fees:", "  coin-price: cheap"], "fees.coin-price” is no whole number"),
        (["chain-id: 8453", "fees:", "  coin-price: -5"], "fees.coin-price” is no whole number"),
        (["chain-id: 8453", "fees:", "  maximum-loss: 0.5"], "fees.maximum-loss” is no whole number"),
        (["chain-id: 8453", "fees:", "  daily-budget: 1e-3"], "fees.daily-budget” is no amount"),
        (["chain-id: 8453", "fees:", "  daily-budget: -1"], "fees.daily-budget” is no amount"),
        (["chain-id: 8453", "fees:", "  cap-per-settlement: much"], "fees.cap-per-settlement” is no amount"),
        (["chain-id: 8453", "finality-depth: 0"], "finality-depth” is neither"),
        (["chain-id: 8453", "finality-depth: soon"], "finality-depth” is neither"),
        (["chain-id: 8453", "refunds:", "  daily-count: -1"], "refunds.daily-count” is no whole number"),
        (["chain-id: 8453", "refunds:", "  daily-count: 100001"], "refunds.daily-count” is more than 100000"),
        (["chain-id: 8453", "refunds:", "  daily-amount: lots"], "refunds.daily-amount” is no amount"),
        (["chain-id: 8453", "asset:", "  symbol: USDC"], "asset.address” is missing"),
        (["chain-id: 8453", "asset:", "  address: 0x12"], "asset.address” is no address"),
    ]

    @Test(arguments: wrong) func `a wrong value is refused with its place`(_ row: (lines: [String], says: String)) async throws {
        let yaml = "networks:\n  mine:\n" + row.lines.map { "    \($0)\n" }.joined()
        let file = try folder.write(yaml, to: "pushcart.yaml", mode: 0o644)
        let failure = await #expect(throws: CommandFailure.self) { try await MachineSettings.read(file: file, environment: [:]) }
        #expect(failure?.sentence.contains(row.says) == true, "\(failure?.sentence ?? "")")
        #expect(failure?.exitCode == 1)
    }

    @Test(arguments: ["address", "symbol", "decimals", "domain-name", "domain-version"]) func `each part of an asset is needed`(_ part: String)
        async throws
    {
        let lines = Self.asset.filter { !$0.hasPrefix("  \(part):") }
        try #require(lines.count == Self.asset.count - 1)
        let yaml = "networks:\n  mine:\n    chain-id: 31337\n" + lines.map { "    \($0)\n" }.joined()
        let file = try folder.write(yaml, to: "pushcart.yaml", mode: 0o644)
        await #expect(throws: CommandFailure.self) { try await MachineSettings.read(file: file, environment: [:]) }
    }

    @Test(arguments: [("decimals: 18", "decimals: 19"), ("decimals: 18", "decimals: few"), ("symbol: TOK", "currency: usd\n      symbol: TOK")])
    func `an asset is judged by its parts`(_ good: String, _ bad: String) async throws {
        let yaml = "networks:\n  mine:\n    chain-id: 31337\n" + Self.asset.map { "    \($0)\n" }.joined()
        let file = try folder.write(yaml.replacing(good, with: bad), to: "pushcart.yaml", mode: 0o644)
        let failure = await #expect(throws: CommandFailure.self) { try await MachineSettings.read(file: file, environment: [:]) }
        #expect(failure?.sentence.hasPrefix("“networks.mine.asset") == true, "\(failure?.sentence ?? "")")
    }

    @Test(arguments: [
        ("http://a", true), ("https://a.example/k?x=1", true), ("ws://a", false), ("a.example", false), ("https://a b", false), ("https://ä", false),
    ])
    func `a node's address is http or https`(_ text: String, _ isURL: Bool) {
        #expect(NetworkSettings.isURL(text) == isURL)
    }
}
