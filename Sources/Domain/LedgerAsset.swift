/// What the ledger counts in. Practice money is an asset of its own, so that it can never meet real money in an entry or a sum.
public struct LedgerAsset: Hashable, Sendable {
    public let network: Network
    /// Contract address, 20 bytes; empty for the network's own coin.
    public let address: [UInt8]
    public let sandbox: Bool

    public init(network: Network, address: [UInt8], sandbox: Bool) {
        precondition(address.isEmpty || address.count == 20, "an asset's address has 20 bytes, a coin none")
        self.network = network
        self.address = address
        self.sandbox = sandbox
    }

    /// The coin in which a network charges its fees; it has 18 decimals on every EVM chain.
    public static func coin(of network: Network) -> LedgerAsset { LedgerAsset(network: network, address: [], sandbox: false) }
}
