/// A token in which the shop is paid, as its contract really describes itself.
public struct Asset: Hashable, Sendable {
    public let network: Network
    /// Contract address, 20 bytes.
    public let address: [UInt8]
    /// The address as it is written on the wire (EIP-55 capitals).
    public let addressText: String
    /// What people read, such as `USDC`.
    public let symbol: String
    public let decimals: Int
    /// The currency of which one whole unit of the asset stands for one.
    public let currency: Currency
    /// EIP-712 domain name and version, by which signatures are bound to the contract.
    public let domainName: String
    public let domainVersion: String

    public init(
        network: Network, address: [UInt8], addressText: String, symbol: String, decimals: Int, currency: Currency, domainName: String,
        domainVersion: String
    ) {
        precondition(address.count == 20, "an asset's address has 20 bytes")
        self.network = network
        self.address = address
        self.addressText = addressText
        self.symbol = symbol
        self.decimals = decimals
        self.currency = currency
        self.domainName = domainName
        self.domainVersion = domainVersion
    }

    /// An amount for people, such as `0.01 USDC`.
    public func text(_ amount: AtomicAmount) -> String {
        "\(decimalText(amount.units, scale: decimals, atLeast: 2)) \(symbol)"
    }

    /// An amount for machines, such as `0.01`.
    public func decimal(_ amount: AtomicAmount) -> String { decimalText(amount.units, scale: decimals, atLeast: 2) }
}
