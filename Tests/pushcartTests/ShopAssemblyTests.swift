import Access
import ArgumentParser
import Domain
import EVM
import Facilitators
import Foundation
import HTTPAPI
import Payments
import Sealing
import Storage
import Testing

@testable import pushcart

/// What `setup` was told, and what the daemon makes of it.
@Suite struct ShopAssemblyTests {
    private static let key = "0x" + String(repeating: "11", count: 32)
    private static let payTo = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C"

    private func setUp(
        _ directory: TestDirectory, _ arguments: String..., password: String = "correct horse battery staple\nmore\n", key: String = key
    ) async throws {
        let passwordFile = try directory.write(Array(password.utf8), "password")
        let keyFile = try directory.write(Array("\(key)\n".utf8), "key")
        defer { for file in [passwordFile, keyFile] { try? FileManager.default.removeItem(atPath: file) } }
        let all = ["--data", directory.path, "--password-file", passwordFile] + arguments.map { $0 == "KEY" ? keyFile : $0 }
        try await SetupCommand.parse(all.contains("--email") ? all : all + ["--email", "Me@Example.com"]).run()
    }

    @Test func `a shop that was told nothing takes practice money`() async throws {
        let directory = try TestDirectory()
        try await setUp(directory)
        try await directory.assemble { assembly in
            #expect(assembly.shop.isPractice && assembly.shop.isLoopback && assembly.shop.origin == "http://127.0.0.1:4020")
            let option = try #require(assembly.shop.gate.offers.payable.first)
            #expect(option.sandbox && option.network.description == "eip155:84532" && option.v1Name == "base-sepolia")
            #expect(option.asset.addressText == "0x036CbD53842c5426634e7929541eC2318f3dCF7e")
            #expect(assembly.services.count == 5)
        }
        let hasOwner = try await directory.open { database, _ in try database.reader.hasOwner() }
        #expect(hasOwner)
    }

    @Test func `a shop that was told a network is paid there, once that is confirmed`() async throws {
        let directory = try TestDirectory()
        try await setUp(
            directory, "--network", "eip155:8453", "--pay-to", Self.payTo, "--rpc-url", "http://127.0.0.1:1", "--settler-key-file", "KEY", "--origin",
            "https://shop.example/", "--name", "Lena’s cart")
        try await directory.assemble { assembly in
            #expect(!assembly.shop.isPractice && assembly.shop.origin == "https://shop.example" && assembly.shop.settings.name == "Lena’s cart")
            let (option, shortfall) = try #require(assembly.shop.gate.offers.options.first)
            #expect(!option.sandbox && option.networkName == "Base" && option.payToText == Self.payTo)
            #expect(shortfall?.contains("still connecting") == true)
            #expect(assembly.services.count == 6)
        }
        let keys = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/keys").filter { $0.hasPrefix("settler-8453-") }
        let key = "\(directory.path)/keys/\(try #require(keys.first))"
        #expect(keys.count == 1)
        #expect(try String(contentsOfFile: key, encoding: .utf8) == Self.key)
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `a shop that was told a payment service is paid through it, and neither address nor token stands open`() async throws {
        let directory = try TestDirectory()
        try await setUp(
            directory, "--network", "eip155:8453", "--pay-to", Self.payTo, "--facilitator-url", "https://x402.example/planted-path",
            "--facilitator-token-file", "KEY", key: "planted-token")
        try await directory.assemble { assembly in
            #expect(!assembly.shop.isPractice)
            let (option, shortfall) = try #require(assembly.shop.gate.offers.options.first)
            #expect(shortfall?.contains("payment service") == true)
            #expect(assembly.shop.gate.offers.service(option) == "x402.example")
            #expect(assembly.services.count == 6)
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) where name.hasPrefix("shop.sqlite") {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/\(name)"))
            #expect(bytes.range(of: Data("planted".utf8)) == nil, "\(name)")
        }
    }

    @Test func `a token stays with its service, and a key of one's own takes its place`() async throws {
        let directory = try TestDirectory()
        let machine = try await MachineSettings.read(file: nil, environment: [:])
        try await directory.open { _, directory in
            let vault = try ShopAssembly.vault(directory)
            let setup = NetworkSetup(machine: machine, directory: directory, vault: vault)
            let network = try #require(Network(chainID: 8453))
            func draft(_ change: (inout NetworkDraft) -> Void) -> NetworkDraft {
                var draft = NetworkDraft(network: network, payTo: Self.payTo)
                change(&draft)
                return draft
            }
            let first = try setup.make(
                draft {
                    $0.facilitatorURL = "https://one.example"
                    $0.facilitatorToken = "secret"
                }, before: nil)
            #expect(first.facilitator?.token != nil && first.settlerKey == nil && first.node == nil)
            #expect(try setup.service(first)?.address.host == "one.example")
            let same = try setup.make(draft { $0.rpcURL = "http://127.0.0.1:1" }, before: first)
            #expect(same.facilitator == first.facilitator && same.node != nil)
            let other = try setup.make(draft { $0.facilitatorURL = "https://two.example" }, before: first)
            #expect(other.facilitator?.token == nil)
            let own = try setup.make(
                draft {
                    $0.rpcURL = "http://127.0.0.1:1"
                    $0.settlerKey = Self.key
                }, before: first)
            #expect(own.facilitator == nil && own.settlerKey != nil)
            #expect(try setup.service(own) == nil)
            let back = try setup.make(draft { $0.facilitatorURL = "https://one.example" }, before: own)
            #expect(back.settlerKey == nil)
            for (wrong, field) in [
                (draft { $0.facilitatorToken = "secret" }, NetworkRefusal.Field.facilitatorToken),
                (
                    draft {
                        $0.facilitatorURL = "https://one.example"
                        $0.settlerKey = Self.key
                    }, .facilitatorURL
                ),
                (
                    draft {
                        $0.facilitatorURL = "https://one.example"
                        $0.facilitatorToken = "two words"
                    }, .facilitatorToken
                ),
            ] {
                let refusal = #expect(throws: NetworkRefusal.self) { try setup.make(wrong, before: nil) }
                #expect(refusal?.field == field)
            }
            try vault.close()
        }
    }

    @Test func `what is measured is there from the start, each family with its help`() async throws {
        let directory = try TestDirectory()
        try await setUp(
            directory, "--network", "eip155:8453", "--pay-to", Self.payTo, "--rpc-url", "http://127.0.0.1:1", "--settler-key-file", "KEY")
        try await directory.assemble { assembly in
            let lines = assembly.shop.metrics.text.split(separator: "\n").map(String.init)
            let wanted = [
                #"pushcart_payments_total{rail="x402",sandbox="false",state="settled"} 0"#,
                #"pushcart_payments_total{rail="x402",sandbox="true",state="refused"} 0"#,
                #"pushcart_rpc_request_seconds_count{network="eip155:8453"} 0"#,
                #"pushcart_rpc_failures_total{kind="timeout",network="eip155:8453"} 0"#,
                #"pushcart_network_shortfall{network="eip155:8453",sandbox="false"} 1"#, "pushcart_writes_waiting 0", "pushcart_passwords_waiting 0",
                "pushcart_connections_open 0", "pushcart_connections_turned_away_total 0", #"pushcart_rate_limit_refusals_total{budget="sign-in"} 0"#,
                #"pushcart_build_info{version="\#(ShopAssembly.version)"} 1"#, #"pushcart_cache_entries{cache="settings"} 1"#,
            ]
            for line in wanted { #expect(lines.contains(line), "\(line)") }
            let caches =
                [
                    "products", "articles", "former-prices", "offers", "sessions", "people", "access-tokens", "api-keys", "settings", "sealing-keys",
                ].map { "{cache=\"\($0)\"}" } + ["chain-state", "account-codes", "rpc-nodes"].map { "{cache=\"\($0)\",network=\"eip155:8453\"}" }
            for cache in caches {
                for name in ["hits_total", "misses_total", "evictions_total", "entries", "bytes"] {
                    #expect(lines.contains { $0.hasPrefix("pushcart_cache_\(name)\(cache) ") }, "\(name) \(cache)")
                }
            }
            let size = try #require(lines.first { $0.hasPrefix(#"pushcart_database_bytes{file="database"} "#) }?.split(separator: " ").last)
            #expect(try #require(Int(size)) >= 4096)
            let families = lines.filter { $0.hasPrefix("# TYPE pushcart_") }.map { $0.split(separator: " ")[2] }
            for family in families { #expect(lines.contains { $0.hasPrefix("# HELP \(family) ") }, "\(family)") }
            #expect(!families.isEmpty && Set(families).count == families.count)
        }
    }

    @Test func `setup may be run again`() async throws {
        let directory = try TestDirectory()
        try await setUp(directory, "--name", "First")
        try await setUp(directory, "--origin", "https://shop.example", password: "another password")
        try await directory.open { database, _ in
            let settings = try database.reader.settings()
            #expect(settings.name == "First" && settings.origin == "https://shop.example")
        }
    }

    static let wrong: [(arguments: [String], code: Int32, says: String)] = [
        (["--email", "nobody"], 2, "no mail address"), (["--email", "a@b@c"], 2, "no mail address"), (["--email", "a b@c"], 2, "no mail address"),
        (["--origin", "shop.example"], 2, "no origin"), (["--network", "base"], 2, "no network"),
        (["--network", "eip155:31337"], 2, "eip155:8453 (Base)"),
        (["--network", "eip155:8453"], 2, "--pay-to"), (["--network", "eip155:8453", "--pay-to", "0x12"], 2, "is no address"),
        (["--network", "eip155:8453", "--pay-to", "0x0000000000000000000000000000000000000000"], 2, "is no address"),
        (["--network", "eip155:8453", "--pay-to", "0x209693bc6afc0C5328bA36FaF03C514EF312287C"], 2, "typing error"),
        (["--network", "eip155:8453", "--pay-to", payTo], 2, "--rpc-url"),
        (["--network", "eip155:8453", "--pay-to", payTo, "--rpc-url", "ftp://a"], 2, "http or https"),
        (["--network", "eip155:8453", "--pay-to", payTo, "--rpc-url", "http://a"], 2, "--settler-key-file"),
        (["--network", "eip155:8453", "--pay-to", payTo, "--rpc-url", "http://a", "--settler-key-file", "/nowhere"], 1, "cannot be read"),
        (["--network", "eip155:8453", "--pay-to", payTo, "--facilitator-url", "http://x402.example"], 2, "https://host"),
        (["--network", "eip155:8453", "--pay-to", payTo, "--facilitator-url", "https://user:key@x402.example"], 2, "https://host"),
        (
            ["--network", "eip155:8453", "--pay-to", payTo, "--facilitator-url", "https://a.example", "--facilitator-token-file", "/nowhere"], 1,
            "cannot be read"
        ),
        (["--network", "eip155:8453", "--facilitator-url", "https://a.example"], 2, "--pay-to"),
    ]

    @Test(arguments: wrong) func `what setup cannot use it refuses, and nothing is stored`(_ row: (arguments: [String], code: Int32, says: String))
        async throws
    {
        let directory = try TestDirectory()
        let passwordFile = try directory.write(Array("correct horse battery staple".utf8), "password")
        defer { try? FileManager.default.removeItem(atPath: passwordFile) }
        let arguments =
            ["--data", directory.path, "--password-file", passwordFile] + (row.arguments[0] == "--email" ? [] : ["--email", "a@b"]) + row.arguments
        let failure = await #expect(throws: CommandFailure.self) { try await SetupCommand.parse(arguments).run() }
        #expect(failure?.exitCode == row.code && failure?.sentence.contains(row.says) == true, "\(failure?.sentence ?? "")")
        let hasOwner = try await directory.open { database, _ in try database.reader.hasOwner() }
        #expect(!hasOwner)
        let keys = FileManager.default.enumerator(atPath: "\(directory.path)/keys")?.compactMap { $0 as? String } ?? []
        #expect(!keys.contains { $0.hasPrefix("settler") })
    }

    @Test func `a short password and a key that is none are refused`() async throws {
        let directory = try TestDirectory()
        let short = await #expect(throws: CommandFailure.self) { try await setUp(directory, password: "short\n") }
        #expect(short?.exitCode == 2 && short?.sentence == "A password has at least 12 characters and at most 512 bytes.")
        let key = await #expect(throws: CommandFailure.self) {
            try await setUp(
                directory, "--network", "eip155:8453", "--pay-to", Self.payTo, "--rpc-url", "http://a", "--settler-key-file", "KEY", key: "0x1234")
        }
        #expect(key?.sentence.contains("holds no private key") == true)
        #expect(key?.sentence.contains("1234") == false)
    }

    @Test func `a running shop cannot be set up`() async throws {
        let directory = try TestDirectory()
        let lock = try await TestDirectory.retake(directory.path)
        let failure = await #expect(throws: CommandFailure.self) { try await setUp(directory) }
        #expect(failure?.exitCode == 75 && failure?.sentence.contains(lock.path) == true)
    }

    @Test(arguments: [
        ["--pay-to", payTo], ["--rpc-url", "http://a"], ["--settler-key-file", "x"], ["--facilitator-url", "https://a"],
        ["--facilitator-token-file", "x"],
    ])
    func `what belongs to a network needs one`(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try SetupCommand.parse(["--data", "x"] + arguments) }
    }

    // MARK: What the daemon cannot use

    private func refusal(_ network: ShopNetwork, key: String? = nil) async throws -> String? {
        let directory = try TestDirectory()
        try await directory.open { database, directory in
            if let key { try directory.store(Data(key.utf8), "settler.key") }
            try await database.writer.setNetwork(network, actor: "test", at: Timestamp(seconds: 1))
        }
        return (await #expect(throws: CommandFailure.self) { try await directory.assemble { _ in } })?.sentence
    }

    @Test func `a network that cannot work is told at the start`() async throws {
        func network(_ chain: UInt64, _ url: String?, _ key: String?) throws -> ShopNetwork {
            ShopNetwork(
                network: try #require(Network(chainID: chain)), payTo: [UInt8](repeating: 5, count: 20), node: url.map { .open($0) }, settlerKey: key)
        }
        #expect(try await refusal(network(31337, "http://a", "settler.key"))?.contains("eip155:31337 is not one that Pushcart knows") == true)
        #expect(try await refusal(network(8453, nil, "settler.key"))?.contains("No node is known for Base") == true)
        #expect(try await refusal(network(8453, "http://a", nil))?.contains("key that pays fees on Base is missing") == true)
        #expect(try await refusal(network(8453, "http://a", "settler.key"))?.contains("is missing") == true)
        #expect(try await refusal(network(8453, "http://a", "settler.key"), key: "0x12")?.contains("is missing") == true)
    }

    @Test func `a file that is no shop is told`() async throws {
        let directory = try TestDirectory()
        try Data("hello".utf8).write(to: URL(fileURLWithPath: "\(directory.path)/shop.sqlite"))
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: "\(directory.path)/shop.sqlite\(suffix)") }
        let failure = await #expect(throws: CommandFailure.self) { try await directory.assemble { _ in } }
        #expect(failure?.exitCode == 1)
        #expect(failure?.sentence.hasPrefix("The shop's database cannot be opened") == true)
    }

    // MARK: The node's key

    private func opens(_ directory: TestDirectory) async throws {
        let emails = try await directory.assemble { assembly in try await assembly.access.people.list().map(\.email) }
        #expect(emails == ["Me@Example.com"])
    }

    @Test func `the node's key is replaced and what was sealed still opens, also after a rotation that was cut off`() async throws {
        let directory = try TestDirectory()
        try await setUp(directory)
        let file = "\(directory.path)/keys/node.key"
        let first = try String(contentsOfFile: file, encoding: .utf8)
        try await NodeKeyCommand.Rotate.parse(["--data", directory.path]).run()
        let second = try String(contentsOfFile: file, encoding: .utf8)
        #expect(first != second)
        try await opens(directory)
        // The next key was written, and then the power went.
        _ = try NodeKey.next(beside: file, isMade: true)
        try await opens(directory)
        #expect(try String(contentsOfFile: file, encoding: .utf8) != second)
        #expect(!FileManager.default.fileExists(atPath: "\(file).next"))
        let failure = await #expect(throws: CommandFailure.self) {
            try await NodeKeyCommand.Rotate.parse(["--data", directory.path, "--from", "x"]).run()
        }
        #expect(failure?.exitCode == 2)
    }

    @Test func `a node's address that stood open is sealed at the start, and used`() async throws {
        let directory = try TestDirectory()
        try await directory.open { database, directory in
            try directory.store(Data(Self.key.utf8), "settler.key")
            let network = ShopNetwork(
                network: try #require(Network(chainID: 8453)), payTo: [UInt8](repeating: 5, count: 20),
                node: .open("http://127.0.0.1:1/planted-secret"), settlerKey: "settler.key")
            try await database.writer.setNetwork(network, actor: "test", at: Timestamp(seconds: 1))
        }
        try await directory.assemble { assembly in try await assembly.prepare() }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) where name.hasPrefix("shop.sqlite") {
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/\(name)")).range(of: Data("planted-secret".utf8)) == nil, "\(name)")
        }
        let network = try #require(try await directory.open { database, _ in try database.reader.networks().first })
        guard case .sealed? = network.node else {
            Issue.record("the address stands open")
            return
        }
        try await directory.assemble { assembly in #expect(!assembly.shop.isPractice) }
    }
}
