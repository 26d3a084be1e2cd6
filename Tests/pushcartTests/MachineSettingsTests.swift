import Foundation
import Logging
import Testing

@testable import pushcart

@Suite struct MachineSettingsTests {
    private let folder: BuyTemporaryFolder

    init() throws { folder = try BuyTemporaryFolder() }

    private func read(_ yaml: String, _ environment: [String: String] = [:]) async throws -> MachineSettings {
        try await MachineSettings.read(file: try folder.write(yaml, to: "pushcart.yaml", mode: 0o644), environment: environment)
    }

    /// The sentence with which settings are refused.
    private func refusal(_ yaml: String, _ environment: [String: String] = [:]) async throws -> String {
        do {
            _ = try await read(yaml, environment)
            return "taken"
        } catch let failure as CommandFailure { return failure.sentence.replacing("\(folder.path)/", with: "") }
    }

    @Test func `without a file and an environment the settings are the standard ones`() async throws {
        for settings in [
            try await MachineSettings.read(file: nil, environment: [:]), try await read(""), try await read("# nothing\n"), try await read("---\n"),
        ] {
            #expect(settings.host == "127.0.0.1" && settings.port == 4020 && settings.origin == nil && settings.data == nil)
            #expect(settings.logLevel == .info && settings.settlementWait == .seconds(4) && settings.networks.isEmpty)
        }
    }

    @Test func `each request and each step of a payment is told only to who asked for it`() async throws {
        let standard = try await read("")
        #expect(!standard.logsAccess && !standard.traces)
        let on = try await read("access-log: \"on\"\ntrace: \"on\"\n")
        #expect(on.logsAccess && on.traces)
        let off = try await read("access-log: \"on\"", ["PUSHCART_ACCESS_LOG": "off", "PUSHCART_TRACE": "on"])
        #expect(!off.logsAccess && off.traces)
        #expect(try await refusal("trace: maybe") == "“trace” is on or off, not “maybe”.")
    }

    @Test func `the file is read`() async throws {
        let settings = try await read(
            """
            listen: 0.0.0.0:8080
            origin: https://shop.example/
            data: /srv/shop
            log-level: debug
            settlement-wait: 2.5
            networks:
              base:
                chain-id: 8453
            """)
        #expect(settings.host == "0.0.0.0" && settings.port == 8080 && settings.origin == "https://shop.example" && settings.data == "/srv/shop")
        #expect(settings.logLevel == .debug && settings.settlementWait == .milliseconds(2500))
        #expect(settings.networks.map(\.chainID) == [8453])
    }

    @Test func `the environment goes before the file, and the file where it says nothing`() async throws {
        let settings = try await read(
            "listen: 127.0.0.1:1\norigin: https://file.example\nlog-level: debug\nnetworks:\n  base:\n    chain-id: 8453\n    rpc-urls: [https://file.example]\n",
            [
                "PUSHCART_LISTEN": "127.0.0.1:2", "PUSHCART_SETTLEMENT_WAIT": "0", "PUSHCART_DATA": "/from/environment",
                "PUSHCART_NETWORKS_BASE_RPC_URLS": "https://a.example,https://b.example", "LISTEN": "127.0.0.1:3", "PUSHCART_OUTPUT": "json",
            ])
        #expect(
            settings.port == 2 && settings.origin == "https://file.example" && settings.logLevel == .debug && settings.data == "/from/environment")
        #expect(settings.settlementWait == .zero)
        #expect(settings.networks.first?.rpcURLs == ["https://a.example", "https://b.example"])
        var flagged = settings
        try flagged.set(listen: "[::1]:5")
        #expect(flagged.host == "::1" && flagged.port == 5)
    }

    @Test func `a file that is named must be there`() async throws {
        await #expect(throws: CommandFailure.refused("/nowhere.yaml cannot be read; check its name and permissions.")) {
            try await MachineSettings.read(file: "/nowhere.yaml", environment: [:])
        }
    }

    // MARK: What is wrong

    static let unknown: [(yaml: String, says: String)] = [
        ("lisen: 1", "pushcart.yaml: “lisen” is no setting; did you mean “listen”?"), ("Origin: x", "“Origin” is no setting; did you mean “origin”?"),
        ("log_level: x", "did you mean “log-level”?"), ("settlementwait: 1", "did you mean “settlement-wait”?"), ("5: x", "“5” is no setting"),
        ("networks: {base: {chainid: 1}}", "“networks.base.chainid” is no setting; did you mean “networks.base.chain-id”?"),
        ("networks: {base: {chain-id: 1, rpc-url: [x]}}", "did you mean “networks.base.rpc-urls”?"),
        ("networks: {b: {asset: {adress: x}}}", "“networks.b.asset.adress” is no setting; did you mean “networks.b.asset.address”?"),
        ("networks: {b: {fees: {budget: 1}}}", "did you mean “networks.b.fees.daily-budget”?"),
    ]

    @Test(arguments: unknown) func `a key that nobody reads is refused with the nearest one that is read`(_ row: (yaml: String, says: String))
        async throws
    {
        let said = try await refusal(row.yaml)
        #expect(said.contains(row.says), "\(said)")
    }

    static let misshapen: [(yaml: String, says: String)] = [
        ("[1]", "holds no keys and values"), ("words", "holds no keys and values"), ("a: [", "is not YAML"),
        ("listen: [1]", "“listen” has one value"),
        ("origin: {a: b}", "“origin” has one value"), ("networks: base", "“networks” has keys and values below it"),
        ("networks:", "“networks” has keys and values below it"), ("networks: {base: 8453}", "a name with keys below it"),
        ("networks: {base: {chain-id: [1]}}", "“networks.base.chain-id” has one value"),
        ("networks: {base: {chain-id: 8453, rpc-urls: https://a.example}}", "“networks.base.rpc-urls” has a list below it"),
        ("networks: {base: {chain-id: 8453, asset: USDC}}", "“networks.base.asset” has keys and values below it"),
        ("networks: {base: {chain-id: 8453, fees: 1}}", "“networks.base.fees” has keys and values below it"),
    ]

    @Test(arguments: misshapen) func `a value of another shape is refused, not passed over`(_ row: (yaml: String, says: String)) async throws {
        let said = try await refusal(row.yaml)
        #expect(said.contains(row.says), "\(said)")
    }

    static let wrong: [(key: String, value: String, says: String)] = [
        ("listen", "4020", "“4020” is no address to listen on"), ("listen", "", "no address to listen on"), ("origin", "shop.example", "no origin"),
        ("log-level", "loud", "“log-level” is one of trace, debug, info, notice, warning, error, critical, not “loud”."),
        ("settlement-wait", "-1", "number of seconds from 0 to 600"), ("settlement-wait", "601", "number of seconds"),
        ("settlement-wait", "soon", "not “soon”"),
        ("settlement-wait", "nan", "number of seconds"),
    ]

    @Test(arguments: wrong) func `a wrong value is refused, from the file as from the environment`(_ row: (key: String, value: String, says: String))
        async throws
    {
        let fromFile = try await refusal("\(row.key): \"\(row.value)\"")
        #expect(fromFile.contains(row.says), "\(fromFile)")
        let name = "PUSHCART_" + row.key.uppercased().replacing("-", with: "_")
        let fromEnvironment = try await refusal("", [name: row.value])
        #expect(row.value.isEmpty || fromEnvironment.contains(row.says), "\(fromEnvironment)")
    }

    // MARK: Addresses

    static let listens: [(text: String, host: String?, port: Int)] = [
        ("127.0.0.1:4020", "127.0.0.1", 4020), ("localhost:1", "localhost", 1), (":80", "0.0.0.0", 80), ("0.0.0.0:65535", "0.0.0.0", 65_535),
        ("[::1]:4020", "::1", 4020), ("[::]:4020", "::", 4020), ("127.0.0.1", nil, 0), ("127.0.0.1:", nil, 0), ("127.0.0.1:65536", nil, 0),
        ("127.0.0.1:-1", nil, 0), ("127.0.0.1:http", nil, 0), ("", nil, 0), (":", nil, 0), ("[::1]", nil, 0), ("::1", nil, 0), ("::1:4020", nil, 0),
        ("http://127.0.0.1:80", nil, 0), ("127.0.0.1:0", nil, 0),
    ]

    @Test(arguments: listens) func `an address to listen on has a host and a port`(_ row: (text: String, host: String?, port: Int)) async throws {
        var settings = try await MachineSettings.read(file: nil, environment: [:])
        if let host = row.host {
            try settings.set(listen: row.text)
            #expect(settings.host == host && settings.port == row.port)
        } else {
            let failure = #expect(throws: CommandFailure.self) { try settings.set(listen: row.text) }
            #expect(failure?.exitCode == 2)
            #expect(settings.host == "127.0.0.1" && settings.port == 4020)
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1:1", "http://127.0.0.1:7"), ("0.0.0.0:1", "http://127.0.0.1:7"), ("[::]:1", "http://127.0.0.1:7"),
            ("[::1]:1", "http://[::1]:7"),
            ("shop.local:1", "http://shop.local:7"),
        ])
    func `without an origin the address listened on stands for it`(_ listen: String, _ origin: String) async throws {
        var settings = try await MachineSettings.read(file: nil, environment: [:])
        try settings.set(listen: listen)
        #expect(settings.standardOrigin(port: 7) == origin)
    }

    static let origins: [(text: String, origin: String?)] = [
        ("https://shop.example", "https://shop.example"), ("https://shop.example/", "https://shop.example"),
        ("http://127.0.0.1:4020", "http://127.0.0.1:4020"),
        ("http://[::1]:80", "http://[::1]:80"), ("https://shop.example:8443/", "https://shop.example:8443"), ("shop.example", nil),
        ("ftp://shop.example", nil),
        ("https://", nil), ("https:///", nil), ("https://shop.example/x", nil), ("https://shop.example//", nil), ("https://shop.example?x", nil),
        ("https://shop.example#x", nil), ("https://me@shop.example", nil), ("https://localhost:x@shop.example", nil), ("https://shop example", nil),
        ("https://shöp.example", nil), ("", nil), ("javascript:alert(1)", nil), ("https://a\r\nb", nil),
    ]

    @Test(arguments: origins) func `an origin is a scheme and a host and nothing more`(_ row: (text: String, origin: String?)) throws {
        if let origin = row.origin {
            #expect(try MachineSettings.origin(row.text) == origin)
        } else {
            let failure = #expect(throws: CommandFailure.self) { try MachineSettings.origin(row.text) }
            #expect(failure?.exitCode == 2)
        }
    }
}
