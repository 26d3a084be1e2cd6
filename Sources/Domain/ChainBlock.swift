/// A block of a chain, by its number and its hash: the number alone may mean another block after a reorganisation.
public struct ChainBlock: Hashable, Sendable {
    public let number: UInt64
    /// 32 bytes.
    public let hash: [UInt8]

    public init(number: UInt64, hash: [UInt8]) {
        self.number = number
        self.hash = hash
    }
}
