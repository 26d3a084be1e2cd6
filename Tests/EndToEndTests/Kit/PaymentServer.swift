import Foundation

/// facilitator.py: the reference facilitator on a chain, paying fees from the chain's settler.
struct PaymentServer: Sendable {
    let port: Int
    let process: Subprocess
    static let token = "a-token-of-the-service"
    var url: String { "http://127.0.0.1:\(port)" }

    static func start(_ scenario: Scenario, on node: Node, port: Int? = nil) async throws -> PaymentServer {
        let port = port ?? Workshop.port()
        let process = try await scenario.start(
            [
                try await Workshop.pythons.v2, Workshop.tools + "/facilitator.py", "--rpc", node.url, "--key", node.settler.key, "--network",
                Node.network, "--port", "\(port)", "--token", token,
            ], keepsInput: true)
        _ = try await process.firstLine()
        return PaymentServer(port: port, process: process)
    }

    @discardableResult
    func admin(_ wishes: JSON) async throws -> JSON { try await Web.post(port, "/admin", wishes) }

    func calls(_ path: String) async throws -> Int { try await admin([:])["calls"][path].int ?? 0 }
}

extension Shop {
    /// A shop that runs and sells, with a payment service to settle for it.
    /// - Parameter hasNode: whether it knows a node of the chain too.
    static func open(_ scenario: Scenario, on node: Node, settledBy server: PaymentServer, hasNode: Bool) async throws -> Shop {
        let shop = Shop(scenario)
        let password = try scenario.write("password", "correct horse battery staple\n")
        let token = try scenario.write("token", PaymentServer.token + "\n")
        let setup = try await shop.cli(
            [
                "setup", "--email", "owner@example.com", "--password-file", password, "--network", Node.network, "--pay-to", node.payTo.address,
                "--facilitator-url", server.url, "--facilitator-token-file", token,
            ] + (hasNode ? ["--rpc-url", node.url] : []))
        guard setup.code == 0 else { throw Subprocess.Failure(description: "setup: \(setup.errors)") }
        try await shop.start()
        try await shop.add("song", file: song)
        try await shop.add("hello", article: hello)
        try await eventually("the service is confirmed") { try await Web.request(shop.port, "GET", "/readyz").status == 200 }
        return shop
    }
}
