/// A payment service as it is stored: its address may hold a key and its token is one, so that both are sealed.
public struct SealedFacilitator: Hashable, Sendable {
    public let url: [UInt8]
    /// Nil for a service that asks for none.
    public let token: [UInt8]?

    public init(url: [UInt8], token: [UInt8]?) {
        self.url = url
        self.token = token
    }
}
