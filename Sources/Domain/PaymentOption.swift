/// A way in which the shop may be paid now: an asset on a network, and where the money goes.
public struct PaymentOption: Hashable, Sendable {
    public let asset: Asset
    /// The owner's address, 20 bytes, and as it is written.
    public let payTo: [UInt8]
    public let payToText: String
    public let sandbox: Bool
    /// What people call the network, such as `Base`.
    public let networkName: String
    /// The name that x402 version 1 knows, such as `base`; nil where it knows none.
    public let v1Name: String?
    /// Address of a block explorer's page for a transaction, with `{tx}` in the hash's place.
    public let explorer: String?

    public init(
        asset: Asset, payTo: [UInt8], payToText: String, sandbox: Bool, networkName: String, v1Name: String?, explorer: String?
    ) {
        self.asset = asset
        self.payTo = payTo
        self.payToText = payToText
        self.sandbox = sandbox
        self.networkName = networkName
        self.v1Name = v1Name
        self.explorer = explorer
    }

    public var network: Network { asset.network }
}
