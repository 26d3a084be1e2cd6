import Domain
import EVM
import X402
import X402EVM

/// Terms that a buyer has checked and may sign. What the money is called and how it is counted comes from what is known of the
/// chain, never from the offer.
struct BuyTerms: Sendable {
    let version: Int
    let network: Network
    let preset: NetworkPreset
    let amount: AtomicAmount
    let payTo: EVMAddress
    /// How long the signature is good, in seconds.
    let window: Int64
    /// Practice money: the shop settles nothing on any chain.
    let sandbox: Bool
    let requirements: PaymentRequirements?

    /// Longer windows are cut to this: a signed permission should not lie around.
    static let longestWindow: Int64 = 3600

    /// Money that is worth nothing. Only here is an offer believed that says it is practice: a signature for any other chain pays.
    static let testNetworks: Set<UInt64> = [84532, 43113]

    var asset: Asset { preset.asset(on: network) }

    /// Such as `0.01 USDC (practice money) on Base Sepolia`.
    var price: String { "\(asset.text(amount))\(sandbox ? " (practice money)" : "") on \(preset.name)" }
}

extension NetworkPreset {
    /// The token as Domain has it, which knows how amounts are written.
    func asset(on network: Network) -> Asset {
        Asset(
            network: network, address: token.address.bytes, addressText: token.address.checksummed, symbol: token.symbol, decimals: token.decimals,
            currency: Currency(token.currency) ?? .usd, domainName: token.domainName, domainVersion: token.domainVersion)
    }
}
