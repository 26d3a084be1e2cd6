import Foundation

/// chain.py: a real EVM with USDC on it, which does wrong on request.
struct Node: Sendable {
    static let network = "eip155:84532"
    static let usdc = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
    /// What every buyer starts with: 5 USDC.
    static let purse = 5_000_000

    let port: Int
    let settler: Wallet
    let payTo: Wallet
    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameter options: more arguments of chain.py.
    static func start(_ scenario: Scenario, blockTime: String = "0", _ options: [String] = []) async throws -> Node {
        let wallets = try await Desk.wallets(2)
        let process = try await scenario.start(
            [
                try await Workshop.pythons.v2, Workshop.tools + "/chain.py", "--fund", "\(wallets[0].address)=1000000000000000000", "--block-time",
                blockTime,
            ] + options, keepsInput: true)
        guard let port = try await process.firstLine()["port"].int else { throw Subprocess.Failure(description: "the chain names no port") }
        return Node(port: port, settler: wallets[0], payTo: wallets[1])
    }

    @discardableResult
    func admin(_ wishes: JSON) async throws -> JSON { try await Web.post(port, "/admin", wishes) }

    /// A new wallet with money.
    func buyer() async throws -> Wallet { try await buyers(1)[0] }

    func buyers(_ count: Int) async throws -> [Wallet] {
        let wallets = try await Desk.wallets(count)
        try await fund(wallets.map(\.address))
        return wallets
    }

    func fund(_ addresses: [String]) async throws {
        try await admin(["mint": .object(Dictionary(uniqueKeysWithValues: addresses.map { ($0, JSON.text("\(Self.purse)")) }))])
        // Where blocks come by hand, the mint's block is made by the mint itself.
    }

    func balance(_ address: String) async throws -> Int {
        Int(try await admin(["balances": [.text(address)]])["balances"][address].text ?? "") ?? -1
    }

    /// What the shop has earned.
    var income: Int { get async throws { try await balance(payTo.address) } }

    struct Stats: Sendable {
        /// Mined transactions of the settler, good and reverted ones.
        let mined: Int
        let pool: Int
        /// HTTP requests for RPC.
        let requests: Int
        let calls: [String: Int]

        init(_ stats: JSON) {
            mined = stats["mined"].int ?? -1
            pool = stats["pool"].int ?? -1
            requests = stats["requests"].int ?? -1
            calls = (stats["calls"].object ?? [:]).compactMapValues(\.int)
        }
    }

    var stats: Stats { get async throws { Stats(try await admin(["stats": true])["stats"]) } }

    var transactions: [JSON] { get async throws { try await admin(["transactions": true])["transactions"].array ?? [] } }

    /// Spoils answers from now on.
    func spoil(_ rule: JSON) async throws { try await admin(["fault": rule]) }
}
