import Foundation
import Synchronization

/// A shop in a directory of its own, with the daemon that a test starts, kills and starts again.
final class Shop: Sendable {
    let scenario: Scenario
    let data: String
    let port: Int
    private let daemon = Mutex<Subprocess?>(nil)

    var origin: String { "http://127.0.0.1:\(port)" }
    func url(_ slug: String) -> String { "\(origin)/p/\(slug)" }
    var database: String { data + "/shop.sqlite" }

    /// What is sold as `song` and `hello` unless a test says otherwise.
    static let song = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) })
    static let hello = "# Hello\n\nThis is free.\n\n<!-- more -->\n\nThis was *paid* for.\n"
    /// A cent in USDC's smallest unit.
    static let price = 10_000

    init(_ scenario: Scenario, data name: String = "data") {
        self.scenario = scenario
        data = scenario.path(name)
        port = Workshop.port()
    }

    /// A shop that runs and sells a file and an article for a cent each, for practice money or on a chain.
    static func open(_ scenario: Scenario, on node: Node? = nil, environment: [String: String] = [:], refunds: Wallet? = nil, config: String? = nil)
        async throws -> Shop
    {
        let shop = Shop(scenario)
        if let node { try await shop.setUp(on: node, refunds: refunds) }
        try await shop.start(environment, config: config)
        try await shop.add("song", file: Self.song)
        try await shop.add("hello", article: Self.hello)
        if node != nil {
            try await eventually("the network is confirmed") { try await Web.request(shop.port, "GET", "/readyz").status == 200 }
        }
        return shop
    }

    /// - Parameter refunds: the wallet that refunds are paid from.
    func setUp(on node: Node, refunds: Wallet? = nil) async throws {
        let key = try scenario.write("settler.key", node.settler.key + "\n")
        let password = try scenario.write("password", "correct horse battery staple\n")
        var arguments = [
            "setup", "--email", "owner@example.com", "--password-file", password, "--network", Node.network, "--pay-to", node.payTo.address,
            "--rpc-url", node.url, "--settler-key-file", key,
        ]
        if let refunds { arguments += ["--refund-key-file", try scenario.write("refunds.key", refunds.key + "\n")] }
        let setup = try await cli(arguments)
        guard setup.code == 0 else { throw Subprocess.Failure(description: "setup: \(setup.errors)") }
    }

    func add(_ slug: String, price: String = "0.01", file: Data? = nil, article: String? = nil, _ options: [String] = []) async throws {
        let path = try scenario.write("\(slug).\(article == nil ? "bin" : "md")", file ?? Data((article ?? "").utf8))
        let added = try await cli(
            ["product", "add", "--slug", slug, "--title", "The \(slug)", "--price", price, article == nil ? "--file" : "--article", path] + options)
        guard added.code == 0 else { throw Subprocess.Failure(description: "product add: \(added.errors)") }
    }

    // MARK: The daemon

    /// Starts the daemon and returns when it listens.
    func start(_ environment: [String: String] = [:], config: String? = nil) async throws {
        let process = try await scenario.start(
            [Workshop.binary, "serve", "--data", data, "--listen", "127.0.0.1:\(port)"] + (config.map { ["--config", $0] } ?? []),
            environment: ["PUSHCART_RATE_LIMIT": "off"].merging(environment) { $1 })
        daemon.withLock { $0 = process }
        try await eventually("the daemon listens", within: .seconds(20)) {
            if let ended = process.ended { throw Subprocess.Failure(description: "the daemon ended with \(ended): \(process.errorText)") }
            return (try? await Web.request(port, "GET", "/healthz", timeout: .seconds(5)))?.status == 200
        }
    }

    var process: Subprocess {
        get throws {
            guard let process = daemon.withLock({ $0 }) else { throw Subprocess.Failure(description: "no daemon was started") }
            return process
        }
    }

    /// kill -9.
    func kill() async throws {
        let process = try process
        process.signal(SIGKILL)
        try await process.exit(within: .seconds(5))
        await Desk.forget(process)
    }

    /// SIGTERM; the exit code.
    func stop(within limit: Duration = .seconds(20)) async throws -> Int32 {
        let process = try process
        process.signal(SIGTERM)
        return try await process.exit(within: limit)
    }

    /// The most memory that the daemon had in use, in MB.
    var peakMegabytes: Int {
        get throws {
            let status = FileManager.default.contents(atPath: "/proc/\(try process.pid)/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return (line.flatMap { Int($0.filter(\.isNumber)) } ?? .max) / 1024
        }
    }

    // MARK: Commands

    struct Said: Sendable {
        let code: Int32
        let output: String
        let errors: String
        var json: JSON { (try? JSON(parsing: Data(output.utf8))) ?? .null }
    }

    /// Runs a command on this shop.
    func cli(_ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(60)) async throws -> Said {
        try await Shop.command(arguments + ["--data", data], in: scenario, environment: environment, within: limit)
    }

    static func command(
        _ arguments: [String], in scenario: Scenario, environment: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws -> Said {
        let surroundings = ["XDG_STATE_HOME": scenario.path("state"), "HOME": scenario.directory].merging(environment) { $1 }
        let process = try await scenario.run([Workshop.binary] + arguments, environment: surroundings, within: limit)
        return Said(code: process.ended ?? -1, output: process.outputText, errors: process.errorText)
    }

    /// The orders, newest first, as the command line lists them.
    var orders: [JSON] { get async throws { try await cli(["order", "list", "--json", "--limit", "500"]).json["items"].array ?? [] } }

    /// The states of all payments, oldest first.
    var states: [String] { get async throws { try await rows("SELECT state FROM payments ORDER BY id").compactMap { $0.first?.text } } }

    func rows(_ query: String) async throws -> [[JSON]] { try await Desk.rows(database, query) }

    // MARK: Buying

    func get(_ target: String, _ headers: [(String, String)] = [], timeout: Duration = .seconds(30)) async throws -> Answer {
        try await Web.request(port, "GET", target, headers, timeout: timeout)
    }

    /// An answer without its body, and how many bytes that had.
    func count(_ target: String, _ headers: [(String, String)]) async throws -> (Answer, Int) {
        let port = port
        let lines = headers.map { "\($0): \($1)\r\n" }.joined()
        return try await onThread {
            let socket = try Socket(port, timeout: .seconds(60))
            try socket.send(Data("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(lines)\r\n".utf8))
            return try Web.count(socket)
        }
    }

    /// Signs a payment for a product, with the options of pay.py.
    func sign(_ wallet: Wallet, _ slug: String = "song", _ options: String...) async throws -> Signed {
        try await Desk.sign(url(slug), wallet.key, options)
    }

    /// Sends a payment once.
    func pay(_ signed: Signed, _ slug: String = "song", timeout: Duration = .seconds(30)) async throws -> Answer {
        try await get("/p/\(slug)", [signed.header], timeout: timeout)
    }

    /// Sends the same payment, as an honest buyer does, until it is taken or refused.
    func payPatiently(_ signed: Signed, _ slug: String = "song", within limit: Duration = .seconds(40)) async throws -> Answer {
        try await eventually("an end of the payment", within: limit) {
            guard let answer = try? await pay(signed, slug) else { return nil }
            if answer.status == 503 || answer.isPending {
                try await Task.sleep(for: .milliseconds(200))
                return nil
            }
            return answer
        }
    }
}

extension Answer {
    /// Pending as PRODUCT.md says: no terms in it, so that no client signs twice.
    var isPending: Bool {
        status == 402 && self["PAYMENT-REQUIRED"] == nil && outcome["errorReason"] == "settlement_pending" && outcome["success"] == false
            && self["Retry-After"] != nil && self["Location"] != nil && json["accepts"] == .null
    }
}
