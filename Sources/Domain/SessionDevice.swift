/// What a session was begun with, for the person to recognise it by.
public struct SessionDevice: Hashable, Sendable {
    /// At most 256 characters of what the program called itself.
    public let userAgent: String
    public let address: String

    public init(userAgent: String, address: String) {
        self.userAgent = String(userAgent.prefix(256))
        self.address = String(address.prefix(64))
    }
}
