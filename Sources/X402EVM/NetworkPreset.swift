public import EVM

/// What is known of a chain and its USDC beforehand; a shop compares it with the chain before it offers anything.
public struct NetworkPreset: Sendable {
    public struct Token: Sendable {
        public let address: EVMAddress
        public let symbol: String
        public let decimals: Int
        /// ISO 4217 code of the currency that the token stands for.
        public let currency: String
        /// EIP-712 domain name and version, which differ from chain to chain for the same coin.
        public let domainName: String
        public let domainVersion: String

        public init(address: EVMAddress, symbol: String, decimals: Int, currency: String, domainName: String, domainVersion: String) {
            self.address = address
            self.symbol = symbol
            self.decimals = decimals
            self.currency = currency
            self.domainName = domainName
            self.domainVersion = domainVersion
        }
    }

    public let chainID: UInt64
    /// What people call it.
    public let name: String
    public let token: Token
    /// A block explorer's page of a transaction, with `{tx}` in the hash's place.
    public let explorer: String?

    public init(chainID: UInt64, name: String, token: Token, explorer: String?) {
        self.chainID = chainID
        self.name = name
        self.token = token
        self.explorer = explorer
    }

    public static func of(chainID: UInt64) -> NetworkPreset? { all.first { $0.chainID == chainID } }

    /// Circle's native USDC, by chain.
    public static let all: [NetworkPreset] = [
        usdc(8453, "Base", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin", "basescan.org"),
        usdc(84532, "Base Sepolia", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", "sepolia.basescan.org"),
        usdc(137, "Polygon", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin", "polygonscan.com"),
        usdc(42161, "Arbitrum", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USD Coin", "arbiscan.io"),
        usdc(43114, "Avalanche", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin", "snowtrace.io"),
        usdc(43113, "Avalanche Fuji", "0x5425890298aed601595a70AB815c96711a31Bc65", "USD Coin", "testnet.snowtrace.io"),
        usdc(10, "Optimism", "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", "USD Coin", "optimistic.etherscan.io"),
        usdc(1, "Ethereum", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin", "etherscan.io"),
    ]

    private static func usdc(
        _ chainID: UInt64, _ name: String, _ address: String, _ domainName: String, _ explorer: String
    ) -> NetworkPreset {
        guard let address = EVMAddress(hex: address) else { preconditionFailure("the preset of \(name) has no address") }
        return NetworkPreset(
            chainID: chainID, name: name,
            token: Token(address: address, symbol: "USDC", decimals: 6, currency: "USD", domainName: domainName, domainVersion: "2"),
            explorer: "https://\(explorer)/tx/{tx}")
    }
}
